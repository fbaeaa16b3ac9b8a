//! One load by `wrk`, and what it says about it.

use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use crate::settings;

/// Requests a second, then the 50th, 99th and 99.9th percentile of latencies in microseconds.
pub type Figures = [f64; 4];

/// Sends the cookies in turn, and prints what `wrk` does not by itself.
const SCRIPT: &str = r#"
local requests, turn = {}, 0
init = function()
  for index, cookie in ipairs(COOKIES) do
    requests[index] = wrk.format("GET", nil, { Cookie = cookie })
  end
  requests[1] = requests[1] or wrk.format("GET")
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %f %d %d %d %d\n",
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// What a load came to.
pub struct Load {
    pub requests: f64,
    pub figures: Figures,
}

/// What `wrk` sends, in a file that ends with this.
pub struct Wrk {
    script: PathBuf,
}

impl Wrk {
    pub fn new(cookies: &[String]) -> io::Result<Self> {
        let name = format!("wrk-{}-{:x}.lua", std::process::id(), fastrand::u64(..));
        let script = std::env::temp_dir().join(name);
        let cookies: String = cookies
            .iter()
            .map(|cookie| format!("{cookie:?},\n"))
            .collect();
        fs::write(&script, format!("COOKIES = {{\n{cookies}}}\n{SCRIPT}"))?;
        Ok(Self { script })
    }

    /// Loads a route for some seconds, or for the default of them.
    pub fn load(&self, url: &str, connections: usize, seconds: usize) -> io::Result<Load> {
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads=1", &format!("--connections={connections}")]);
        wrk.arg(format!("--duration={}s", settings::seconds(seconds)));
        wrk.arg("--script").arg(&self.script).arg(url);
        let missing = |error| io::Error::other(format!("wrk, of the Debian package wrk: {error}"));
        let output = wrk.output().map_err(missing)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let numbers = result.into_iter().flat_map(str::split_whitespace);
        let numbers: Vec<f64> = numbers.filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [requests, rate, half, most, nearly_all, 0.0] => Ok(Load {
                requests,
                figures: [rate, half, most, nearly_all],
            }),
            _ => Err(io::Error::other(format!("{url}: wrk saw errors: {text}"))),
        }
    }
}

impl Drop for Wrk {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.script);
    }
}
