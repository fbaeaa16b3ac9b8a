use super::engines::{InMemory, Replicas, Single, SingleRedis, SqliteFile};
use crate::Failure;
use crate::redis::{OneServer, Replicated};
use crate::sql::SqlServer;
use crate::worker::Storage;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The storage's server is killed, and started again a moment later.
    KillServer,
    /// The storage's server stands still.
    PauseServer,
    /// All connections to the server break, and for a moment no new ones are made.
    CutConnections,
    /// What the server answers is lost for a moment; then the connections break.
    LoseAnswers,
    /// A master is killed, and a replica takes over.
    FailOver,
    /// A master is killed whose replicas have not got what it wrote last.
    FailOverBehind,
    /// A master stands still until a replica has taken over.
    Depose,
    /// There is no room for writes.
    Fill,
    /// Another program holds the file's write lock.
    Lock,
    /// A process of the application is killed, and another one started.
    KillProcess,
    /// A process of the application stands still.
    PauseProcess,
}

/// The servers of a storage.
pub trait Engine: Send {
    fn storage(&self) -> Storage;
    /// Whether several processes can share it.
    fn is_shared(&self) -> bool {
        true
    }
    /// What can be done to them.
    fn faults(&self) -> &'static [Fault];
    /// Does it, and returns when the servers are there again.
    fn strike(&mut self, fault: Fault, random: &mut fastrand::Rng);
    /// The limit of the size of the processes' files, where that fills the storage.
    fn process_file_limit(&self) -> Option<u64> {
        None
    }
}

/// What there are histories of.
pub const NAMES: [&str; 9] = [
    "memory",
    "postgres",
    "mysql",
    "sqlite",
    "redis",
    "sentinel",
    "sentinel-wait",
    "cluster",
    "cluster-wait",
];

/// Starts the servers of that name. Needs a runtime of Tokio's.
///
/// # Errors
///
/// If there is none of that name.
///
/// # Panics
///
/// If a server does not start.
pub fn start(name: &str) -> Result<Box<dyn Engine>, Failure> {
    Ok(match name {
        "memory" => Box::new(InMemory),
        "postgres" => Box::new(Single::start(SqlServer::postgres())),
        "mysql" => Box::new(Single::start(SqlServer::mysql())),
        "sqlite" => Box::new(SqliteFile::start()?),
        "redis" => Box::new(SingleRedis::start(OneServer::start())),
        "sentinel" => Box::new(Replicas(Replicated::sentinel(false))),
        "sentinel-wait" => Box::new(Replicas(Replicated::sentinel(true))),
        "cluster" => Box::new(Replicas(Replicated::cluster(false))),
        "cluster-wait" => Box::new(Replicas(Replicated::cluster(true))),
        _ => return Err(format!("there is no {name}; there are {}", NAMES.join(", ")).into()),
    })
}
