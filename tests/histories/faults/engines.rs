use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use super::engine::{Engine, Fault};
use super::proxy::Proxy;
use crate::Failure;
use crate::redis::{OneServer, Replicated};
use crate::sql::SqlServer;
use crate::worker::Storage;

fn moment(random: &mut fastrand::Rng) -> Duration {
    Duration::from_millis(random.u64(50..1_200))
}

/// A database server behind a proxy.
pub(super) struct Single {
    server: SqlServer,
    proxy: Proxy,
}

impl Single {
    pub(super) fn start(server: SqlServer) -> Self {
        let proxy = Proxy::start(server.port());
        Self { server, proxy }
    }
}

impl Engine for Single {
    fn storage(&self) -> Storage {
        self.server.storage_at(self.proxy.port)
    }

    fn faults(&self) -> &'static [Fault] {
        &[
            Fault::KillServer,
            Fault::PauseServer,
            Fault::CutConnections,
            Fault::LoseAnswers,
        ]
    }

    fn strike(&mut self, fault: Fault, random: &mut fastrand::Rng) {
        match fault {
            Fault::KillServer => {
                self.server.kill();
                sleep(moment(random));
                self.server.restart();
            }
            // Longer than a call may take, now and then.
            Fault::PauseServer => self.server.pause(|| sleep(moment(random) * 2)),
            _ => self.proxy.strike(fault, moment(random)),
        }
    }
}

/// A Redis server behind a proxy.
pub(super) struct SingleRedis {
    server: OneServer,
    proxy: Proxy,
}

impl SingleRedis {
    pub(super) fn start(server: OneServer) -> Self {
        let proxy = Proxy::start(server.port());
        Self { server, proxy }
    }
}

impl Engine for SingleRedis {
    fn storage(&self) -> Storage {
        Storage::Redis(format!("redis://127.0.0.1:{}", self.proxy.port))
    }

    fn faults(&self) -> &'static [Fault] {
        &[
            Fault::KillServer,
            Fault::PauseServer,
            Fault::CutConnections,
            Fault::LoseAnswers,
            Fault::Fill,
        ]
    }

    fn strike(&mut self, fault: Fault, random: &mut fastrand::Rng) {
        match fault {
            Fault::KillServer => {
                self.server.kill();
                sleep(moment(random));
                self.server.restart();
            }
            Fault::PauseServer => self.server.pause(|| sleep(moment(random) * 2)),
            Fault::Fill => self.server.fill(|| sleep(moment(random))),
            _ => self.proxy.strike(fault, moment(random)),
        }
    }
}

/// Redis with replicas, which its clients reach at their own addresses.
pub(super) struct Replicas(pub(super) Replicated);

impl Engine for Replicas {
    fn storage(&self) -> Storage {
        self.0.storage()
    }

    fn faults(&self) -> &'static [Fault] {
        &[
            Fault::FailOver,
            Fault::FailOverBehind,
            Fault::PauseServer,
            Fault::Depose,
        ]
    }

    fn strike(&mut self, fault: Fault, random: &mut fastrand::Rng) {
        let chosen = random.usize(0..6);
        match fault {
            Fault::FailOver => self.0.fail_over(chosen),
            Fault::FailOverBehind => {
                self.0
                    .fail_over_behind(chosen, || sleep(Duration::from_millis(500)));
            }
            // Too short for a failover.
            Fault::PauseServer => self.0.pause(chosen, || sleep(moment(random) / 4)),
            _ => self.0.pause(chosen, || sleep(Duration::from_secs(4))),
        }
    }
}

/// One process that holds the sessions itself.
pub(super) struct InMemory;

impl Engine for InMemory {
    fn storage(&self) -> Storage {
        Storage::Memory
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn faults(&self) -> &'static [Fault] {
        &[]
    }

    fn strike(&mut self, fault: Fault, _: &mut fastrand::Rng) {
        unreachable!("{fault:?} is done to the process");
    }
}

/// A file that all processes write to.
pub(super) struct SqliteFile {
    folder: PathBuf,
}

impl SqliteFile {
    pub(super) fn start() -> Result<Self, Failure> {
        let name = format!("histories-{}-{}", std::process::id(), fastrand::u32(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self { folder })
    }

    fn file(&self) -> PathBuf {
        self.folder.join("sessions.db")
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Engine for SqliteFile {
    fn storage(&self) -> Storage {
        Storage::Sqlite(self.file().display().to_string())
    }

    fn faults(&self) -> &'static [Fault] {
        &[Fault::Fill, Fault::Lock]
    }

    fn strike(&mut self, fault: Fault, random: &mut fastrand::Rng) {
        assert_eq!(fault, Fault::Lock, "what fills it is done to the processes");
        let Ok(other) = rusqlite::Connection::open(self.file()) else {
            return;
        };
        let _ = other.busy_timeout(Duration::from_secs(5));
        if other.execute_batch("BEGIN IMMEDIATE").is_ok() {
            // Longer than a writer waits, now and then.
            sleep(moment(random) * 5);
            let _ = other.execute_batch("ROLLBACK");
        }
    }

    fn process_file_limit(&self) -> Option<u64> {
        Some(16_384)
    }
}
