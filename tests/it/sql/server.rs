//! A private database server: a process of its own on a free port of 127.0.0.1, with its data in a temporary directory.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

#[cfg(feature = "postgres")]
use crate::support::limit_files;

/// Runs the server as often as it is told to, until its standard input ends: with this process, however that ends. So
/// no server outlives the tests.
const KEEPER: &str = r#"
dir=$1; shift
trap '' INT TERM HUP XFSZ
start() { "$@" >>"$dir/log" 2>&1 </dev/null & server=$!; echo $server; }
start "$@"
while read -r _; do wait $server; start "$@"; done
kill -CONT $server; kill -QUIT $server; kill -TERM $server
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $server || break; sleep 0.2; done
kill -KILL $server
wait $server
rm -rf "$dir"
"#;

pub(super) struct Server {
    pub(super) port: u16,
    dir: PathBuf,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    shell: Child,
    answers: BufReader<std::process::ChildStdout>,
    server: u32,
}

/// What a kind of server is started with.
pub(super) struct Recipe {
    /// The Debian package of the server, for the message that it is missing, and the system's user that it creates.
    pub(super) package: &'static str,
    pub(super) user: &'static str,
    /// Fills the data directory; the paths of the directory and of the server's port follow.
    pub(super) prepare: fn(&Path) -> Command,
    pub(super) run: fn(&Path, u16) -> Command,
}

impl Server {
    pub(super) fn start(recipe: &Recipe) -> Self {
        let dir = tempdir();
        let port = free_port();
        let owner = server_user(recipe, &dir);
        let mut prepare = (recipe.prepare)(&dir);
        run_as(&mut prepare, owner);
        match prepare.output() {
            Ok(output) if output.status.success() => {}
            failed => {
                let _ = fs::remove_dir_all(&dir);
                let package = recipe.package;
                panic!("{prepare:?}: {failed:?}: is the Debian package {package} installed?");
            }
        }

        let run = (recipe.run)(&dir, port);
        let mut shell = Command::new("sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(&dir);
        shell.arg(run.get_program()).args(run.get_args());
        shell.process_group(0).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        shell.stderr(Stdio::null());
        run_as(&mut shell, owner);
        let mut shell = shell.spawn().unwrap();
        let answers = BufReader::new(shell.stdout.take().unwrap());
        let mut keeper = Keeper {
            shell,
            answers,
            server: 0,
        };
        keeper.read_pid();
        Self {
            port,
            dir,
            keeper: Mutex::new(keeper),
        }
    }

    /// Kills the server and all its processes, as a power failure would.
    pub(super) fn kill(&self) {
        let server = self.keeper().server;
        // One that it starts meanwhile would escape, and hold what the next server needs.
        signal("STOP", &[server]);
        let processes = family(server);
        signal("KILL", &processes);
        // PostgreSQL does not start again while one of them still holds its shared memory.
        while processes.iter().any(|process| is_running(*process)) {
            std::thread::yield_now();
        }
    }

    /// Starts the server again after it was killed, on the same port and data.
    pub(super) fn restart(&self) {
        let mut keeper = self.keeper();
        let stdin = keeper.shell.stdin.as_mut().unwrap();
        stdin.write_all(b"start\n").unwrap();
        keeper.read_pid();
    }

    /// Stops the server's processes in their tracks until the answer is dropped.
    pub(super) fn pause(&self) -> Paused {
        let processes = family(self.keeper().server);
        signal("STOP", &processes);
        Paused(processes)
    }

    /// As if the disk had room for files of so many bytes and no more; `None`: as if there were room again.
    #[cfg(feature = "postgres")]
    pub(super) fn limit_files(&self, bytes: Option<u64>) {
        for process in family(self.keeper().server) {
            limit_files(process, bytes);
        }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper
            .lock()
            .unwrap_or_else(|error| error.into_inner())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut keeper = self.keeper();
        drop(keeper.shell.stdin.take());
        let _ = keeper.shell.wait();
    }
}

impl Keeper {
    fn read_pid(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        self.server = line.trim().parse().unwrap();
    }
}

pub(super) struct Paused(Vec<u32>);

impl Drop for Paused {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

/// A directory that every user may pass through, since a server may run as another user.
fn tempdir() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let dir = std::env::temp_dir().join(format!("sessions-{process}-{number}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir(&dir).unwrap();
    dir
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Servers refuse to run as root: its tests give the directory to the server's own user, and run it as that.
fn server_user(recipe: &Recipe, dir: &Path) -> Option<(u32, u32)> {
    if fs::metadata(dir).unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let user = users.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields[0] == recipe.user).then(|| (fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    });
    let Some((uid, gid)) = user else {
        let _ = fs::remove_dir_all(dir);
        panic!(
            "there is no user {}: install the Debian package {}",
            recipe.user, recipe.package
        );
    };
    chown(dir, Some(uid), Some(gid)).unwrap();
    Some((uid, gid))
}

fn run_as(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

/// A process and all that descend from it.
fn family(ancestor: u32) -> Vec<u32> {
    let mut family = vec![ancestor];
    let mut next = 0;
    while next < family.len() {
        let parent = family[next];
        next += 1;
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let pid = process
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if let Some(pid) = pid
                && stat(pid).is_some_and(|stat| stat.1 == parent)
            {
                family.push(pid);
            }
        }
    }
    family
}

/// A process's state and parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

pub(super) fn signal(name: &str, processes: &[u32]) {
    let mut kill = Command::new("sh");
    kill.args([
        "-c",
        r#"signal=$1; shift; kill -s "$signal" "$@""#,
        "kill",
        name,
    ]);
    kill.args(processes.iter().map(u32::to_string));
    // One that has ended meanwhile is no failure.
    let _ = kill.stderr(Stdio::null()).status().unwrap();
}
