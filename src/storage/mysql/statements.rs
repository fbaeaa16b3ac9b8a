use std::sync::Arc;

use mysql_async::Value;

use crate::record::SessionId;
use crate::storage::TableName;
use crate::storage::sql::PAGE;

/// The most rows that one statement removes.
pub(super) const BATCH: usize = 1_000;

/// The most ids that one statement loads.
pub(super) const MOST_LOADED: usize = 100;

/// How many ids there may be to load at once, each by a statement of its own. A list is filled up to one of these
/// lengths with its last id, so that no connection prepares a statement for each length.
const LENGTHS: [usize; 4] = [8, 24, 50, MOST_LOADED];

/// The texts of all that is prepared, once for each connection, and the table's name for the others.
pub(super) struct Statements {
    pub(super) load: Arc<str>,
    pub(super) insert: Arc<str>,
    pub(super) update: Arc<str>,
    pub(super) touch: Arc<str>,
    pub(super) delete: Arc<str>,
    pub(super) list: Arc<str>,
    /// The ids from one on.
    pub(super) ids: Arc<str>,
    /// The ids of an owner's rows.
    pub(super) owned: Arc<str>,
    /// The ids of rows that have expired.
    pub(super) expired: Arc<str>,
    /// Those of so many ids as [`LENGTHS`] has.
    load_many: [Arc<str>; LENGTHS.len()],
    table: String,
}

impl Statements {
    pub(super) fn new(table: &TableName) -> Self {
        let table = quoted(table);
        let select =
            format!("SELECT id, version, last_seen_micros, expires_at_micros, record FROM {table}");
        Self {
            load: format!("{select} WHERE id = ?").into(),
            insert: format!(
                "INSERT INTO {table} (version, last_seen_micros, expires_at_micros, owner, record, id) \
                 VALUES (?, ?, ?, ?, ?, ?)"
            )
            .into(),
            update: format!(
                "UPDATE {table} SET version = ?, last_seen_micros = ?, expires_at_micros = ?, owner = ?, record = ? \
                 WHERE id = ? AND version = ?"
            )
            .into(),
            touch: format!(
                "UPDATE {table} SET last_seen_micros = ?, expires_at_micros = ? WHERE id = ? AND version = ?"
            )
            .into(),
            delete: format!("DELETE FROM {table} WHERE id = ?").into(),
            list: format!("{select} WHERE owner = ? AND expires_at_micros > ?").into(),
            ids: format!("SELECT id FROM {table} WHERE id >= ? ORDER BY id LIMIT {PAGE}").into(),
            owned: format!("SELECT id FROM {table} WHERE owner = ?").into(),
            expired: format!(
                "SELECT id FROM {table} WHERE expires_at_micros <= ? ORDER BY expires_at_micros LIMIT {BATCH}"
            )
            .into(),
            load_many: LENGTHS.map(|length| {
                let ids = vec!["?"; length].join(", ");
                format!("{select} WHERE id IN ({ids})").into()
            }),
            table,
        }
    }

    /// All that is prepared.
    pub(super) fn all(&self) -> [&Arc<str>; 9] {
        [
            &self.load,
            &self.insert,
            &self.update,
            &self.touch,
            &self.delete,
            &self.list,
            &self.ids,
            &self.owned,
            &self.expired,
        ]
    }

    /// What loads those of these ids, of which there are [`MOST_LOADED`] at most, and its values.
    pub(super) fn load_many(&self, ids: &[SessionId]) -> (&Arc<str>, Vec<Value>) {
        let at = LENGTHS.partition_point(|length| *length < ids.len());
        let at = at.min(LENGTHS.len() - 1);
        let mut values: Vec<Value> = ids.iter().map(|id| id.as_bytes().into()).collect();
        let last = values.last().cloned().unwrap_or(Value::NULL);
        values.resize(LENGTHS[at], last);
        (&self.load_many[at], values)
    }

    /// The table's name for a statement that is sent once, as it stands.
    pub(super) fn table(&self) -> &str {
        &self.table
    }
}

pub(super) fn quoted(table: &TableName) -> String {
    table.quoted('`')
}

/// Ids as literals, for a statement whose text no connection should keep: there are as many as there are ids.
pub(super) fn literals(ids: &[SessionId]) -> String {
    let literals: Vec<_> = ids.iter().map(|id| literal(id.as_bytes())).collect();
    literals.join(",")
}

/// Bytes as a literal, which no `sql_mode` and no charset reads in another way.
pub(super) fn literal(bytes: &[u8]) -> String {
    use std::fmt::Write;

    let mut literal = String::with_capacity(3 + 2 * bytes.len());
    literal.push_str("x'");
    for byte in bytes {
        let _ = write!(literal, "{byte:02x}");
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Each id that a list is filled up with is sent, and looked up by the server.
    #[test]
    fn a_list_of_ids_is_filled_up_with_few() {
        let statements = Statements::new(&TableName::default());
        for length in 1..=MOST_LOADED {
            let ids: Vec<_> = (0..length).map(|_| Uuid::new_v4().into()).collect();
            let (sql, values) = statements.load_many(&ids);
            assert_eq!(sql.matches('?').count(), values.len(), "of {length} ids");
            let sent = values.len();
            assert!(sent <= 2 * length + 8, "{sent} are sent of {length} ids");
        }
    }
}
