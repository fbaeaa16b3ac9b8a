use std::fs;

use serde::{Deserialize, Serialize};

/// What a process has in its hands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Figures {
    pub resident_kilobytes: u64,
    pub tasks: usize,
    pub open_files: usize,
    /// Those of the open files that are connections.
    pub sockets: usize,
}

impl Figures {
    /// Of this process, on Linux.
    pub(super) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|it| it.trim().strip_suffix(" kB"));
        let files: Vec<_> = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok())
            .collect();
        let is_socket = |it: &&std::path::PathBuf| it.to_string_lossy().starts_with("socket:");
        Self {
            resident_kilobytes: resident.and_then(|it| it.parse().ok()).unwrap_or(0),
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            open_files: files.len(),
            sockets: files.iter().filter(is_socket).count(),
        }
    }
}
