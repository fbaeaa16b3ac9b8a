use std::fmt;

/// The longest name that leaves room for the names of the table's indexes in PostgreSQL's 63 bytes.
const MAX_LENGTH: usize = 50;

/// The name of the table that holds the sessions, checked: it may be put into a statement.
///
/// A name consists of ASCII letters, digits and underscores, does not begin with a digit, and has at most 50
/// characters. It is always quoted, so upper and lower case are kept. The default is `bare_sessions`.
///
/// ```
/// use axum_bare_session::storage::TableName;
///
/// let name = TableName::new("visitors")?;
/// assert_eq!(name.to_string(), "visitors");
/// assert_eq!(name.in_schema("web")?.to_string(), "web.visitors");
/// assert!(TableName::new("visitors; DROP TABLE users").is_err());
/// # Ok::<(), axum_bare_session::storage::TableNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    schema: Option<Box<str>>,
    table: Box<str>,
}

/// The text cannot be the name of a table or a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is no table or schema name: it takes 1 to {MAX_LENGTH} ASCII letters, digits and underscores, the first no digit"
)]
pub struct TableNameError {
    name: String,
}

impl TableName {
    /// The name of a table in the schema or database that the connections begin in.
    ///
    /// # Errors
    ///
    /// If `table` is no such name.
    pub fn new(table: &str) -> Result<Self, TableNameError> {
        let table = checked(table)?;
        Ok(Self {
            schema: None,
            table,
        })
    }

    /// The table of the same name in `schema`, which must exist: a schema in PostgreSQL, a database in MySQL. A file of
    /// SQLite has none.
    ///
    /// # Errors
    ///
    /// If `schema` is no such name.
    pub fn in_schema(self, schema: &str) -> Result<Self, TableNameError> {
        let schema = Some(checked(schema)?);
        Ok(Self { schema, ..self })
    }

    #[cfg(feature = "sqlite")]
    pub(in crate::storage) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(in crate::storage) fn table(&self) -> &str {
        &self.table
    }

    /// The name for a statement, each part between `quote`s.
    pub(in crate::storage) fn quoted(&self, quote: char) -> String {
        let table = format!("{quote}{}{quote}", self.table);
        match &self.schema {
            Some(schema) => format!("{quote}{schema}{quote}.{table}"),
            None => table,
        }
    }
}

impl Default for TableName {
    fn default() -> Self {
        Self {
            schema: None,
            table: "bare_sessions".into(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

fn checked(name: &str) -> Result<Box<str>, TableNameError> {
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let begins_well = name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if is_plain && begins_well && name.len() <= MAX_LENGTH {
        Ok(name.into())
    } else {
        Err(TableNameError {
            name: name.chars().take(2 * MAX_LENGTH).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_short() {
        for name in ["s", "_s1", "Sessions_2", &"s".repeat(50)] {
            assert_eq!(TableName::new(name).unwrap().to_string(), name);
        }
        let bad = [
            "", "1s", "a b", "a.b", "a\"b", "a`b", "a'", "a;", "é", "a\0",
        ];
        for name in bad.into_iter().chain([&*"s".repeat(51)]) {
            assert!(TableName::new(name).is_err(), "{name:?}");
            assert!(TableName::default().in_schema(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn each_part_is_quoted_by_itself() {
        let name = TableName::new("s").unwrap();
        assert_eq!(name.quoted('`'), "`s`");
        assert_eq!(name.in_schema("web").unwrap().quoted('"'), "\"web\".\"s\"");
    }
}
