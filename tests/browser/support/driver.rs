use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A WebDriver server on a free port. Dropping it ends it and its browsers, also when a test fails.
pub(crate) struct Driver {
    process: Child,
    pub(crate) port: u16,
}

/// How often a server is started that does not say where it listens. Of many that start at the same moment, one was
/// seen to end at once.
const MAX_STARTS: usize = 10;

impl Driver {
    pub(crate) fn start() -> Self {
        let mut said = String::new();
        for _ in 0..MAX_STARTS {
            match Self::try_start() {
                Ok(driver) => return driver,
                Err(lines) => said += &lines,
            }
        }
        panic!("chromedriver ended {MAX_STARTS} times before it told its port: {said}");
    }

    /// What the server said instead, where it ends before it tells its port.
    fn try_start() -> Result<Self, String> {
        let mut process = Command::new(installed(&["chromedriver"]))
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let mut driver = Self { process, port: 0 };
        let mut lines = BufReader::new(stdout);
        driver.port = announced_port(&mut lines)?;
        // Keeps the pipe open: the server would fail to write to a closed one.
        driver.process.stdout = Some(lines.into_inner());
        Ok(driver)
    }

    /// Asks the server to end its browsers and itself.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream
            .write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.port == 0 || self.shut_down().is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// The path of the first of `programs` that is installed.
pub(crate) fn installed(programs: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = std::env::split_paths(&path).collect();
    let paths = programs.iter().flat_map(|program| {
        directories
            .iter()
            .map(move |directory| directory.join(program))
    });
    let mut installed = paths.filter(|path| path.is_file());
    installed.next().unwrap_or_else(|| {
        panic!(
            "{} is not installed: these tests need the Debian packages chromium and chromium-driver, \
             which tests/run installs",
            programs[0]
        )
    })
}

fn announced_port(lines: &mut impl BufRead) -> Result<u16, String> {
    let announcement = "ChromeDriver was started successfully on port ";
    let mut said = String::new();
    for line in lines.lines() {
        let line = line.unwrap();
        if let Some(port) = line.strip_prefix(announcement) {
            return Ok(port.trim_end_matches('.').parse().unwrap());
        }
        said += &line;
        said.push('\n');
    }
    Err(said)
}
