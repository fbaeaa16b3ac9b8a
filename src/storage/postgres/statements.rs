use tokio_postgres::types::Type;

use crate::storage::sql::PAGE;
use crate::storage::{Owned, TableName};

/// The most rows that one statement of a clean-up deletes.
pub(super) const BATCH: usize = 1_000;

/// A statement with the types of its parameters, so that the server is never asked for them.
pub(super) struct Statement {
    /// Its place among the statements, below [`COUNT`](Self::COUNT).
    pub(super) number: usize,
    pub(super) sql: Box<str>,
    pub(super) types: Box<[Type]>,
}

impl Statement {
    pub(super) const COUNT: usize = 13;
}

/// All statements on a table.
pub(super) struct Statements {
    pub(super) load: Statement,
    pub(super) load_many: Statement,
    pub(super) ids: Statement,
    pub(super) insert: Statement,
    pub(super) update: Statement,
    pub(super) touch: Statement,
    pub(super) delete: Statement,
    pub(super) list: Statement,
    owned: [Statement; 3],
    /// First around the rows that others hold, so that many processes share the work; then, in the same order for all,
    /// what they held: rows that another clean-up is deleting, or that a request has prolonged.
    pub(super) expired: [Statement; 2],
}

impl Statements {
    pub(super) fn new(table: &TableName) -> Self {
        let name = table.quoted('"');
        let mut count = 0;
        let mut statement = |sql: String, types: &[Type]| {
            count += 1;
            Statement {
                number: count - 1,
                sql: sql.into(),
                types: types.into(),
            }
        };
        let select = format!("SELECT id, version, last_seen, expires_at, record FROM {name}");
        let columns = [
            Type::INT8,
            Type::TIMESTAMPTZ,
            Type::TIMESTAMPTZ,
            Type::BYTEA,
            Type::JSON,
        ];
        let and = |types: &[Type]| [&columns, types].concat();
        let owned = format!("DELETE FROM {name} WHERE owner = $1");
        let alive = "RETURNING id, expires_at >";
        let expired = format!("SELECT id FROM {name} WHERE expires_at <= $1");
        let mut expired = |order: &str| {
            statement(
                format!(
                    "DELETE FROM {name} WHERE id = ANY (ARRAY({expired} {order})) RETURNING id"
                ),
                &[Type::TIMESTAMPTZ],
            )
        };
        let expired = [
            expired(&format!("LIMIT {BATCH} FOR UPDATE SKIP LOCKED")),
            expired(&format!("ORDER BY id LIMIT {BATCH} FOR UPDATE")),
        ];
        Self {
            load: statement(format!("{select} WHERE id = $1"), &[Type::UUID]),
            load_many: statement(format!("{select} WHERE id = ANY ($1)"), &[Type::UUID_ARRAY]),
            ids: statement(
                format!("SELECT id FROM {name} WHERE id >= $1 ORDER BY id LIMIT {PAGE}"),
                &[Type::UUID],
            ),
            insert: statement(
                format!(
                    "INSERT INTO {name} (version, last_seen, expires_at, owner, record, id) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"
                ),
                &and(&[Type::UUID]),
            ),
            update: statement(
                format!(
                    "UPDATE {name} SET version = $1, last_seen = $2, expires_at = $3, owner = $4, record = $5 \
                     WHERE id = $6 AND version = $7"
                ),
                &and(&[Type::UUID, Type::INT8]),
            ),
            touch: statement(
                format!(
                    "UPDATE {name} SET last_seen = $1, expires_at = $2 WHERE id = $3 AND version = $4"
                ),
                &[Type::TIMESTAMPTZ, Type::TIMESTAMPTZ, Type::UUID, Type::INT8],
            ),
            delete: statement(format!("DELETE FROM {name} WHERE id = $1"), &[Type::UUID]),
            list: statement(
                format!("{select} WHERE owner = $1 AND expires_at > $2"),
                &[Type::BYTEA, Type::TIMESTAMPTZ],
            ),
            owned: [
                statement(
                    format!("{owned} {alive} $2"),
                    &[Type::BYTEA, Type::TIMESTAMPTZ],
                ),
                statement(
                    format!("{owned} AND id <> $3 {alive} $2"),
                    &[Type::BYTEA, Type::TIMESTAMPTZ, Type::UUID],
                ),
                statement(
                    format!("{owned} AND id = $3 {alive} $2"),
                    &[Type::BYTEA, Type::TIMESTAMPTZ, Type::UUID],
                ),
            ],
            expired,
        }
    }

    /// The one that removes so many of an owner's rows.
    pub(super) fn owned(&self, which: Owned) -> &Statement {
        let [all, all_but, one] = &self.owned;
        match which {
            Owned::All => all,
            Owned::AllBut(_) => all_but,
            Owned::One(_) => one,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_has_a_number_of_its_own() {
        let all = Statements::new(&TableName::default());
        let [all_1, all_2, all_3] = &all.owned;
        let [around, rest] = &all.expired;
        let mut numbers: Vec<_> = [
            &all.load,
            &all.load_many,
            &all.ids,
            &all.insert,
            &all.update,
            &all.touch,
            &all.delete,
            &all.list,
            all_1,
            all_2,
            all_3,
            around,
            rest,
        ]
        .map(|statement| statement.number)
        .into();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..Statement::COUNT));
    }
}
