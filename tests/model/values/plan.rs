//! What a request's commit is to do: its operations, made over the record as it is known to be now.

use super::record::{KEYS, Key, Operation, Record};
use crate::mechanisms::Mechanisms;
use crate::storage::Stored;

/// What is to be done in the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    Touch,
    Save(Record),
    Delete,
    /// Nothing of the request's is left to be written: as if it had come before what others wrote since.
    Nothing,
    /// The session as this request knew it has ended: its changes go with it, and an event says so.
    Drop,
    /// Nothing is written, and the response is an error that says to try again.
    Superseded,
}

/// Makes `operations` of request `by`, which opened the session as `opened`, over the record as it is now.
pub fn plan(
    by: usize,
    operations: &[Operation],
    opened: &Stored<Record>,
    current: &Stored<Record>,
    mechanisms: &Mechanisms,
) -> Plan {
    let is_late = opened.record.renewals != current.record.renewals;
    if is_late && mechanisms.before_renewal {
        return plan_late(by, operations, &opened.record, &current.record, mechanisms);
    }
    if operations.contains(&Operation::LogOut) {
        return Plan::Delete;
    }
    if operations.is_empty() {
        return Plan::Touch;
    }
    let mut record = current.record.clone();
    for operation in operations {
        record.apply(*operation, by, mechanisms);
    }
    Plan::Save(record)
}

/// Rule 6: a request that opened the session before a renewal is treated as if it had ended before it.
fn plan_late(
    by: usize,
    operations: &[Operation],
    opened: &Record,
    current: &Record,
    mechanisms: &Mechanisms,
) -> Plan {
    // Its log-out ends the session, also one that was to keep something.
    if operations.iter().any(|operation| operation.logs_out()) {
        return Plan::Delete;
    }
    // Its own renewal is not made, and says so.
    if operations.iter().any(|operation| operation.renews()) {
        return Plan::Superseded;
    }
    if operations.is_empty() {
        return Plan::Nothing;
    }
    // What was cleared, logged out or given to another owner gets nothing more.
    if opened.generation != current.generation {
        return if mechanisms.tells_late_after_log_out {
            Plan::Drop
        } else {
            Plan::Nothing
        };
    }
    let changed = |key: Key| opened.content.get(key) != current.content.get(key);
    let overwrites = |operation: &Operation, key| operation.overwrites(key) && changed(key);
    let is_in_the_way = |key: &Key| {
        operations
            .iter()
            .any(|operation| overwrites(operation, *key))
    };
    if mechanisms.tells_late_overwrite && KEYS.iter().any(is_in_the_way) {
        return Plan::Superseded;
    }
    let mut record = current.clone();
    for operation in operations {
        match operation {
            Operation::Set(key) if changed(*key) => {}
            Operation::Clear if KEYS.into_iter().any(changed) => {
                for key in KEYS.into_iter().filter(|key| !changed(*key)) {
                    record.content.values[key as usize] = None;
                }
            }
            _ => record.apply(*operation, by, mechanisms),
        }
    }
    if record == *current {
        Plan::Nothing
    } else {
        Plan::Save(record)
    }
}
