use super::engine::Value;
use super::statements::{Dialect, Statement};
use crate::record::SessionId;
use crate::storage::Owned;

/// The statements about an owner's rows, one for each way to name them. Where a `DELETE` returns what it removed, they
/// are the whole work.
pub(super) struct OwnedStatements {
    all: Statement,
    all_but: Statement,
    one: Statement,
}

impl OwnedStatements {
    pub(super) fn new(dialect: &Dialect, name: &str) -> Self {
        let (owner, id) = (dialect.parameter(1), dialect.parameter(2));
        let statement = |rows: String, parameters: usize| {
            Statement::new(if dialect.deletes_return {
                let now = dialect.time_parameter(parameters + 1);
                format!("DELETE FROM {name} WHERE {rows} RETURNING id, expires_at > {now}")
            } else {
                format!("SELECT id FROM {name} WHERE {rows}")
            })
        };
        Self {
            all: statement(format!("owner = {owner}"), 1),
            all_but: statement(format!("owner = {owner} AND id <> {id}"), 2),
            one: statement(format!("owner = {owner} AND id = {id}"), 2),
        }
    }

    pub(super) fn of(&self, which: Owned) -> &Statement {
        match which {
            Owned::All => &self.all,
            Owned::AllBut(_) => &self.all_but,
            Owned::One(_) => &self.one,
        }
    }
}

/// A row that was removed.
pub(super) struct Removed {
    pub(super) id: SessionId,
    pub(super) was_alive: bool,
}

/// The values of a statement about an owner's rows, but for the time.
pub(super) fn values(owner: &str, which: Owned) -> Vec<Value> {
    let owner = Value::Owner(Some(owner.as_bytes().into()));
    match which {
        Owned::All => vec![owner],
        Owned::AllBut(id) | Owned::One(id) => vec![owner, Value::Id(id)],
    }
}

/// The ids of those that were alive.
pub(super) fn alive(removed: impl Iterator<Item = Removed>) -> Vec<SessionId> {
    removed
        .filter(|row| row.was_alive)
        .map(|row| row.id)
        .collect()
}
