use serde::{Deserialize, Serialize};

/// What a process serves, and where its sessions are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Config {
    pub storage: Storage,
    /// Whether a cache is in front of the storage.
    pub is_cached: bool,
    /// Whether saves write whatever is stored meanwhile.
    pub is_unconditional: bool,
    /// Whether it keeps more and more of everything.
    pub is_leaking: bool,
    pub absolute_milliseconds: u64,
    pub idle_milliseconds: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Storage {
    Memory,
    Postgres(String),
    MySql(String),
    Sqlite(String),
    Redis(String),
    /// The Sentinels, and for how many replicas a write waits.
    Sentinel(Vec<String>, u32),
    /// Some nodes, and for how many replicas a write waits.
    Cluster(Vec<String>, u32),
    TowerSessionsMemory,
    TowerSessionsRedis(String),
}

impl Config {
    /// Sessions that no limit ends within a run.
    #[must_use]
    pub fn new(storage: Storage) -> Self {
        Self {
            storage,
            is_cached: false,
            is_unconditional: false,
            is_leaking: false,
            absolute_milliseconds: 3_600_000,
            idle_milliseconds: 3_600_000,
        }
    }
}
