use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::TableName;
use super::owned::OwnedStatements;

/// How a database's SQL differs from the others'.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) quote: char,
    /// Written before a parameter's number, or without one where parameters have no numbers.
    pub(super) parameter: Parameter,
    /// How a parameter becomes a time, and a time a result: text before and after it.
    pub(super) to_time: (&'static str, &'static str),
    pub(super) from_time: (&'static str, &'static str),
    /// The same for the record's JSON text.
    pub(super) to_record: (&'static str, &'static str),
    pub(super) from_record: (&'static str, &'static str),
    /// What an `INSERT` ends with so that it writes nothing where the id is there already.
    pub(super) on_conflict: &'static str,
    /// Whether a `DELETE` can return what it removed.
    pub(super) deletes_return: bool,
}

/// How a parameter is written.
#[derive(Clone, Copy)]
pub(super) enum Parameter {
    /// `$1`, `$2`, …
    #[cfg(feature = "sqlite")]
    Numbered,
    /// `?`
    #[cfg(feature = "mysql")]
    Positional,
}

impl Dialect {
    /// Parameter number `n`. In every statement they stand in the order of their numbers, each once.
    pub(super) fn parameter(&self, n: usize) -> String {
        match self.parameter {
            #[cfg(feature = "sqlite")]
            Parameter::Numbered => format!("${n}"),
            #[cfg(feature = "mysql")]
            Parameter::Positional => {
                let _ = n;
                "?".to_owned()
            }
        }
    }

    /// Parameter number `n` as a time.
    pub(super) fn time_parameter(&self, n: usize) -> String {
        between(self.to_time, &self.parameter(n))
    }
}

fn between((before, after): (&str, &str), text: &str) -> String {
    format!("{before}{text}{after}")
}

/// A statement's text, shared by all that run it.
#[derive(Clone)]
pub(super) struct Statement(Arc<str>);

impl Statement {
    pub(super) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text for a query. All that was put into it is constant or a checked [`TableName`].
    pub(super) fn sql(&self) -> SqlStr {
        AssertSqlSafe(Arc::clone(&self.0)).into_sql_str()
    }
}

/// The statements that are the same in every database but for its [`Dialect`].
pub(super) struct Statements {
    pub(super) load: Statement,
    pub(super) insert: Statement,
    pub(super) update: Statement,
    pub(super) touch: Statement,
    pub(super) delete: Statement,
    pub(super) list: Statement,
    pub(super) owned: OwnedStatements,
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, table: &TableName) -> Self {
        let name = table.quoted(dialect.quote);
        let p = |n| dialect.parameter(n);
        let time = |n| dialect.time_parameter(n);
        let json = |n| between(dialect.to_record, &dialect.parameter(n));
        let select = format!(
            "SELECT id, version, {}, {}, {} FROM {name}",
            between(dialect.from_time, "last_seen"),
            between(dialect.from_time, "expires_at"),
            between(dialect.from_record, "record"),
        );
        Self {
            load: Statement::new(format!("{select} WHERE id = {}", p(1))),
            insert: Statement::new(format!(
                "INSERT INTO {name} (version, last_seen, expires_at, owner, record, id) \
                 VALUES ({}, {}, {}, {}, {}, {}){}",
                p(1),
                time(2),
                time(3),
                p(4),
                json(5),
                p(6),
                dialect.on_conflict
            )),
            update: Statement::new(format!(
                "UPDATE {name} SET version = {}, last_seen = {}, expires_at = {}, owner = {}, record = {} \
                 WHERE id = {} AND version = {}",
                p(1),
                time(2),
                time(3),
                p(4),
                json(5),
                p(6),
                p(7)
            )),
            touch: Statement::new(format!(
                "UPDATE {name} SET last_seen = {}, expires_at = {} WHERE id = {} AND version = {}",
                time(1),
                time(2),
                p(3),
                p(4)
            )),
            delete: Statement::new(format!("DELETE FROM {name} WHERE id = {}", p(1))),
            list: Statement::new(format!(
                "{select} WHERE owner = {} AND expires_at > {}",
                p(1),
                time(2)
            )),
            owned: OwnedStatements::new(dialect, &name),
        }
    }
}
