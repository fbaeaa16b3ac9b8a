use std::alloc::System;
use std::collections::HashSet;
use std::fs;

use cap::Cap;
use serde::{Deserialize, Serialize};

/// Counts what is allocated, and limits nothing.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// What a process has in its hands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Figures {
    /// What its Rust code has allocated and not given back, in bytes.
    pub heap: u64,
    /// Memory of any kind, in bytes.
    pub resident: u64,
    /// Tasks of the runtime that have not ended.
    pub tasks: u64,
    pub threads: u64,
    /// Open files, of which connections are some.
    pub files: u64,
    /// Established connections that it has made itself: those to its storage.
    pub connections: u64,
}

impl Figures {
    /// Of this process, which listens at `port`, on Linux.
    pub(super) fn now(port: u16) -> Self {
        let files: Vec<_> = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| Some(fs::read_link(file.path()).ok()?.display().to_string()))
            .collect();
        Self {
            heap: HEAP.allocated() as u64,
            resident: status("VmRSS:") * 1_024,
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks() as u64,
            threads: status("Threads:"),
            files: files.len() as u64,
            connections: connections(&files, port) as u64,
        }
    }

    /// Each with its name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("bytes of heap", self.heap),
            ("bytes resident", self.resident),
            ("tasks", self.tasks),
            ("threads", self.threads),
            ("open files", self.files),
            ("connections", self.connections),
        ]
    }
}

/// The number behind that name in the process's status.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|it| it.strip_prefix(name));
    let number = value.and_then(|it| it.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// How many of the open files are established connections over TCP, but for those that came in at `port`.
fn connections(files: &[String], port: u16) -> usize {
    let own: HashSet<_> = files
        .iter()
        .filter_map(|file| file.strip_prefix("socket:[")?.strip_suffix(']'))
        .collect();
    let local = format!(":{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let made = table.lines().skip(1).filter(|line| {
        // Number, local address, the other one, state, and six more up to the file's number.
        let columns: Vec<_> = line.split_whitespace().collect();
        let [_, from, _, state, _, _, _, _, _, inode, ..] = columns[..] else {
            return false;
        };
        state == "01" && own.contains(inode) && !from.ends_with(&local)
    });
    made.count()
}
