//! The contract on each database, with all its tests in one table at once.

use axum_bare_session::storage::conformance::TwoHandles;
use axum_bare_session::storage_conformance;

#[cfg(feature = "mysql")]
storage_conformance!(mysql, crate::sql::mysql::storage().await);
#[cfg(feature = "mysql")]
storage_conformance!(
    mysql_with_odd_settings,
    crate::sql::mysql::odd_storage().await
);
#[cfg(feature = "postgres")]
storage_conformance!(postgres, crate::sql::postgres::storage().await);
#[cfg(feature = "sqlite")]
storage_conformance!(sqlite, crate::sql::sqlite::storage().await);
#[cfg(feature = "sqlite")]
storage_conformance!(sqlite_in_memory, crate::sql::sqlite::in_memory().await);
#[cfg(feature = "mysql")]
storage_conformance!(
    mysql_of_two_processes,
    TwoHandles::new(
        crate::sql::mysql::storage().await,
        crate::sql::mysql::storage().await
    )
);
#[cfg(feature = "postgres")]
storage_conformance!(
    postgres_of_two_processes,
    TwoHandles::new(
        crate::sql::postgres::storage().await,
        crate::sql::postgres::storage().await
    )
);
#[cfg(feature = "sqlite")]
storage_conformance!(
    sqlite_of_two_processes,
    TwoHandles::new(
        crate::sql::sqlite::storage().await,
        crate::sql::sqlite::storage().await
    )
);
