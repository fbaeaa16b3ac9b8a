//! A private database server, on a free port of 127.0.0.1 with its data in a temporary directory.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use crate::Failure;

/// What a kind of server is started with.
pub struct Recipe {
    pub engine: &'static str,
    /// The Debian package, and the user that it creates.
    pub package: &'static str,
    pub user: &'static str,
    /// What the figures depend on.
    pub settings: &'static str,
    /// Fills the directory, which the command runs in.
    pub prepare: Option<fn() -> Command>,
    pub run: fn(u16) -> Command,
    pub url: fn(u16) -> String,
}

/// Runs the server until its standard input ends: with this process, however that ends.
const KEEPER: &str = r#"
"$@" >log 2>&1 </dev/null &
server=$!
while read -r _; do :; done
# The one is heard by PostgreSQL, which then waits for nobody, and the other by MariaDB.
kill -INT $server
kill -TERM $server 2>/dev/null
wait $server
rm -rf "$PWD"
"#;

pub struct Server {
    keeper: Child,
    pub port: u16,
}

impl Server {
    /// The number of the process that all of it are below.
    pub fn process(&self) -> u32 {
        self.keeper.id()
    }

    pub fn start(recipe: &Recipe) -> Result<Self, Failure> {
        let directory = temporary_directory()?;
        let server = Self::start_in(recipe, &directory);
        if server.is_err() {
            let _ = fs::remove_dir_all(&directory);
        }
        server
    }

    fn start_in(recipe: &Recipe, directory: &Path) -> Result<Self, Failure> {
        let user = server_user(recipe, directory)?;
        if let Some(prepare) = recipe.prepare {
            let mut prepare = prepare();
            run_as(&mut prepare, user).current_dir(directory);
            let output = prepare.output().map_err(|error| missing(recipe, &error))?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let run = (recipe.run)(port);
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(run.get_program())
            .args(run.get_args());
        keeper
            .current_dir(directory)
            .process_group(0)
            .stdin(Stdio::piped());
        let server = Self {
            keeper: run_as(&mut keeper, user).spawn()?,
            port,
        };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
        Err(missing(recipe, &io::Error::other(log)).into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn missing(recipe: &Recipe, error: &io::Error) -> String {
    format!(
        "{error}: is the Debian package {} installed?",
        recipe.package
    )
}

fn temporary_directory() -> io::Result<PathBuf> {
    let directory = std::env::temp_dir().join(format!("peers-{}", std::process::id()));
    fs::create_dir(&directory)?;
    Ok(directory)
}

/// Servers refuse to run as root, who gives the directory to the server's own user, and runs it as that.
fn server_user(recipe: &Recipe, directory: &Path) -> Result<Option<(u32, u32)>, Failure> {
    if fs::metadata(directory)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        (name == recipe.user).then_some((uid, gid))
    });
    let no_user = || {
        missing(
            recipe,
            &io::Error::other(format!("no user {}", recipe.user)),
        )
    };
    let (uid, gid) = user.ok_or_else(no_user)?;
    chown(directory, Some(uid), Some(gid))?;
    Ok(Some((uid, gid)))
}

fn run_as(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    match user {
        Some((uid, gid)) => command.uid(uid).gid(gid),
        None => command,
    }
}
