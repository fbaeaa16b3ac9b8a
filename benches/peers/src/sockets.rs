//! Requests a second and latencies over loopback: each variant in a process of its own, `wrk` in another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::{fs, io};

use crate::{Outcome, variants};

const ROUNDS: usize = 3;
const SECONDS: &str = "3s";
const CONNECTIONS: &str = "64";

/// Prints what `wrk` does not by itself: one line of requests a second and of three percentiles, in microseconds.
const SCRIPT: &str = r#"
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %f %d %d %d %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn run() -> Outcome {
    let script = std::env::temp_dir().join(format!("sockets-{}.lua", std::process::id()));
    fs::write(&script, SCRIPT)?;
    for (case, path) in [("reading", "/read/1"), ("counting", "/modify")] {
        println!(
            "\n{case:16} {:>10} {:>7} {:>8} {:>8} {:>8}",
            "requests/s", "of bare", "50 %", "99 %", "99.9 %"
        );
        let mut rounds: Vec<(&str, Vec<[f64; 4]>)> = variants::NAMES
            .iter()
            .map(|name| (*name, Vec::new()))
            .collect();
        for _ in 0..ROUNDS {
            for (name, results) in &mut rounds {
                results.push(measure(name, path, &script)?);
            }
        }
        let medians: Vec<_> = rounds
            .into_iter()
            .map(|(name, results)| (name, [0, 1, 2, 3].map(|index| median(&results, index))))
            .collect();
        let bare = medians[0].1[0];
        for (name, [requests, half, most, nearly_all]) in medians {
            let share = requests / bare;
            println!(
                "  {name:14} {requests:10.0} {share:7.2} {half:8.0} {most:8.0} {nearly_all:8.0}"
            );
        }
    }
    Ok(fs::remove_file(script)?)
}

fn median(results: &[[f64; 4]], index: usize) -> f64 {
    let mut values: Vec<f64> = results.iter().map(|result| result[index]).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(variant: &str, path: &str, script: &std::path::Path) -> io::Result<[f64; 4]> {
    let server = start(variant)?;
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c", CONNECTIONS, "-d", SECONDS, "-s"])
        .arg(script);
    if let Some(cookie) = fill(&server.address)? {
        wrk.args(["-H", &format!("Cookie: {cookie}")]);
    }
    let output = wrk.arg(format!("http://{}{path}", server.address)).output();
    let output =
        output.map_err(|error| io::Error::other(format!("wrk (Debian package wrk): {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<f64> = result
        .into_iter()
        .flat_map(str::split_whitespace)
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [requests, half, most, nearly_all, 0.0] => Ok([requests, half, most, nearly_all]),
        _ => Err(io::Error::other(format!(
            "{variant}: wrk saw errors: {text}"
        ))),
    }
}

fn start(variant: &str) -> io::Result<Server> {
    let mut process = Command::new(std::env::current_exe()?)
        .args(["serve", variant])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = process
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no output"))?;
    let mut address = String::new();
    BufReader::new(stdout).read_line(&mut address)?;
    Ok(Server {
        process,
        address: address.trim().to_owned(),
    })
}

/// Fills a session, and returns its cookie; none where a variant has no sessions.
fn fill(address: &str) -> io::Result<Option<String>> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /fill/5 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let cookies = response
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .filter_map(|line| line.split(';').next())
        .filter(|pair| !pair.ends_with('='));
    let cookies: Vec<_> = cookies.collect();
    Ok((!cookies.is_empty()).then(|| cookies.join("; ")))
}

/// Serves one variant on one thread, and prints its address.
pub fn serve(name: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let variant = variants::named(name).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, variant.router).await?;
        Ok(())
    })
}
