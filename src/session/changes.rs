use super::draft::Draft;
use super::operation::{Operation, Operations};
use crate::record::SessionRecord;

/// What a request has changed and not saved yet.
pub(super) struct Changes {
    pub(super) operations: Operations,
    /// What the operations make of the record: what the handler reads.
    pub(super) draft: Draft,
    /// Whether the draft was made over another record than the one that is stored.
    pub(super) stale: bool,
}

impl Changes {
    /// None yet, over a record.
    pub(super) fn of(record: Option<&SessionRecord>) -> Self {
        Self {
            operations: Operations::new(),
            draft: Draft::of(record),
            stale: false,
        }
    }

    /// Adds what the draft has already, and returns the operation before it, if that made no difference any more.
    pub(super) fn push(&mut self, operation: Operation) -> Option<Operation> {
        let overwritten = |last: &Operation| last.is_overwritten_by(&operation);
        let discarded = if self.operations.last().is_some_and(overwritten) {
            self.operations.pop()
        } else {
            None
        };
        self.operations.push(operation);
        discarded
    }

    /// Whether they make a difference to what is stored.
    pub(super) fn matter(&self, record: Option<&SessionRecord>) -> bool {
        let Some(record) = record else {
            return self.draft.is_worth_keeping();
        };
        let changes = |operation: &Operation| operation.changes(&record.values, &self.draft);
        self.stale
            || !self.draft.record.is_described_as(record)
            || self.operations.iter().any(changes)
    }

    pub(super) fn any(&self, is_such: fn(&Operation) -> bool) -> bool {
        self.operations.iter().any(is_such)
    }

    /// Puts the operations over another record, or over none. An update shows its former outcome until a save calls its
    /// closure again.
    pub(super) fn rebase(&mut self, record: Option<&SessionRecord>) {
        let former = std::mem::replace(&mut self.draft, Draft::of(record));
        for operation in &mut self.operations {
            operation.preview(&mut self.draft, &former.record.values);
        }
        self.stale = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Entry;

    fn set(key: &str) -> Operation {
        Operation::Set(Entry::new(key, b"1"))
    }

    fn remove(key: &str) -> Operation {
        Operation::Remove(key.into())
    }

    fn label(label: &str) -> Operation {
        Operation::Label(label.into())
    }

    /// A socket that writes for days would otherwise keep whatever it ever wrote.
    #[test]
    fn what_the_next_operation_makes_irrelevant_is_not_kept() {
        for (before, next, is_kept) in [
            (set("a"), set("a"), false),
            (set("a"), remove("a"), false),
            (remove("a"), set("a"), false),
            (set("a"), set("b"), true),
            (label("a"), set("a"), true),
            (label("a"), label("b"), false),
            (set("a"), label("b"), true),
            (set("a"), Operation::Clear, false),
            (Operation::Clear, Operation::Clear, false),
            (label("a"), Operation::Clear, true),
            (Operation::Renew, Operation::Clear, true),
            (Operation::Renew, set("a"), true),
            (Operation::Clear, set("a"), true),
        ] {
            let mut changes = Changes::of(None);
            assert!(changes.push(before).is_none());
            assert_eq!(changes.push(next).is_none(), is_kept);
            assert_eq!(changes.operations.len(), 1 + usize::from(is_kept));
        }
    }
}
