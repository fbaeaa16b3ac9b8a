use std::collections::BTreeMap;

use crate::history::Request;

/// What a history is held to, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// How old the answers of these processes may be: those with a cache. What such a process itself wrote, it knows.
    pub staleness: BTreeMap<u32, u64>,
    /// How long a session lives after its creation or its last log-in.
    pub absolute: Option<u64>,
    /// How long a session lives after it was last opened.
    pub idle: Option<u64>,
}

impl Rules {
    /// By how much later than `fact` was certain `reader` has to know of it.
    pub(super) fn slack(&self, reader: &Request, fact_process: u32) -> u64 {
        if reader.process == fact_process {
            return 0;
        }
        self.staleness_of(reader.process)
    }

    pub(super) fn staleness_of(&self, process: u32) -> u64 {
        self.staleness.get(&process).copied().unwrap_or(0)
    }
}
