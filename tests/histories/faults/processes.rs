use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::Failure;
use crate::support::limit_files;
use crate::worker::Config;

/// The processes of the application.
pub struct Processes {
    program: PathBuf,
    all: Vec<Process>,
}

struct Process {
    child: Child,
    config: Config,
    port: u16,
}

impl Processes {
    /// Starts one for each of `configs`, all at once: processes of the program that has [`worker`](crate::worker) as
    /// its first word.
    ///
    /// # Errors
    ///
    /// If one does not start.
    pub fn start(program: &Path, configs: Vec<Config>) -> Result<Self, Failure> {
        let starts: Vec<_> = std::thread::scope(|scope| {
            let start = |config| scope.spawn(move || Process::start(program, config));
            let starts: Vec<_> = configs.into_iter().map(start).collect();
            let started = starts
                .into_iter()
                .map(|it| it.join().expect("no start panics"));
            started.collect()
        });
        Ok(Self {
            program: program.to_owned(),
            all: starts.into_iter().collect::<Result<_, _>>()?,
        })
    }

    /// Where they listen now.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.all.iter().map(|process| process.port).collect()
    }

    /// Kills one (SIGKILL), and starts another in its place.
    ///
    /// # Errors
    ///
    /// If that does not start.
    pub fn replace(&mut self, at: usize) -> Result<(), Failure> {
        let old = &mut self.all[at];
        old.child.kill()?;
        old.child.wait()?;
        let config = old.config.clone();
        self.all[at] = Process::start(&self.program, config)?;
        Ok(())
    }

    /// Stops one in its tracks for that long.
    ///
    /// # Errors
    ///
    /// If there is no `kill`.
    pub fn pause(&mut self, at: usize, during: Duration) -> Result<(), Failure> {
        self.signal(at, "STOP")?;
        sleep(during);
        self.signal(at, "CONT")
    }

    /// Lets none write to a file beyond so many bytes, for that long.
    pub fn fill(&self, bytes: u64, during: Duration) {
        for process in &self.all {
            limit_files(process.child.id(), Some(bytes));
        }
        sleep(during);
        for process in &self.all {
            limit_files(process.child.id(), None);
        }
    }

    fn signal(&self, at: usize, name: &str) -> Result<(), Failure> {
        let process = self.all[at].child.id().to_string();
        Command::new("kill").args(["-s", name, &process]).status()?;
        Ok(())
    }
}

impl Process {
    fn start(program: &Path, config: Config) -> Result<Self, Failure> {
        // Tried again, as a process is where a server is on its way.
        let mut tries = 0;
        loop {
            // One that a full disk kills by a signal would tell nothing of what it makes of the error.
            let mut child = Command::new("sh")
                .args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"])
                .arg(program)
                .args(["worker", &serde_json::to_string(&config)?])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            let mut line = String::new();
            let output = child.stdout.take().expect("it is piped");
            BufReader::new(output).read_line(&mut line)?;
            if let Ok(port) = line.trim().parse() {
                return Ok(Self {
                    child,
                    config,
                    port,
                });
            }
            child.wait()?;
            tries += 1;
            if tries > 120 {
                return Err(format!("no process starts with {config:?}").into());
            }
            sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
