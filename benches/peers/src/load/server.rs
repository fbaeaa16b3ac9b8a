//! A variant in a process of its own, on one thread.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;

use crate::{Failure, harness};

/// Ends with its owner.
pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    /// Starts a variant, in memory or on the database at that URL, as soon as it listens.
    pub fn start(variant: &str, url: Option<&str>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(variant).args(url);
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().map(BufReader::new);
        let mut server = Self {
            process,
            address: String::new(),
        };
        if let Some(mut output) = output {
            output.read_line(&mut server.address)?;
        }
        server.address.truncate(server.address.trim_end().len());
        if server.address.is_empty() {
            return Err(io::Error::other(format!(
                "{variant} ended before it listened"
            )));
        }
        Ok(server)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves on a free port, and prints the address.
pub fn serve(router: impl Future<Output = Result<Router, Failure>>) -> Result<(), Failure> {
    harness::runtime()?.block_on(async {
        let router = router.await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}
