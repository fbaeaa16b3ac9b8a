//! What the shared tests need of a database, and the list of databases.

use std::sync::atomic::{AtomicU32, Ordering};

use axum_bare_session::storage::{SessionStorage, StorageError, TableName};

/// A table of a test's own, which is not there until it is migrated.
pub(super) trait Database: Sized + Send + Sync + 'static {
    type Storage: SessionStorage + Clone;

    async fn new(table: &str) -> Self;
    /// A storage in the table, with connections of its own where the database is a file. The table need not be there.
    async fn storage(&self) -> Self::Storage;
    /// Makes the table, and a storage in it.
    fn migrate(&self) -> impl Future<Output = Result<Self::Storage, StorageError>> + Send;
    /// Runs a statement on the database, past the storage.
    async fn execute(&self, sql: &str) -> u64;
}

/// A storage in a new table.
pub(super) async fn migrated<D: Database>(table: &str) -> (D, D::Storage) {
    let database = D::new(table).await;
    let storage = database.migrate().await.unwrap();
    (database, storage)
}

/// A table that no other test has.
pub(super) fn new_table() -> TableName {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    TableName::new(&format!("table_{number}")).unwrap()
}

/// Makes a test of each function, for each database.
macro_rules! on_each_database {
    ($($test:ident)*) => {
        $crate::sql::database::on_each_server! { $($test)* }
        $crate::sql::database::on_each_database! { @on sqlite "sqlite" Sqlite $($test)* }
    };
    (@on $module:ident $feature:literal $database:ident $($test:ident)*) => {
        #[cfg(feature = $feature)]
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test::<$crate::sql::$module::$database>().await;
                }
            )*
        }
    };
}

/// Makes a test of each function, for each database that is a server.
macro_rules! on_each_server {
    ($($test:ident)*) => {
        $crate::sql::database::on_each_database! { @on postgres "postgres" Postgres $($test)* }
        $crate::sql::database::on_each_database! { @on mysql "mysql" MySql $($test)* }
    };
}

pub(super) use {on_each_database, on_each_server};
