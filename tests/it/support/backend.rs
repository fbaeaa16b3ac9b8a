//! The storages that tests of the middleware run on, each of them the same tests.

use axum::Router;
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{CachedSessionStorage, MemorySessionStorage, SessionsBuilder};

use super::{Call, Clock, Fault, Setup, Spy};

/// A kind of storage.
pub(crate) trait Backend {
    type Storage: SessionStorage + Clone;

    /// A storage without sessions, in which no other test lists an owner's.
    async fn storage() -> Self::Storage;

    async fn setup() -> Setup<Self::Storage> {
        Self::build(Router::new(), |builder| builder).await
    }

    /// With `routes` beside `/`.
    async fn serving(routes: Router) -> Setup<Self::Storage> {
        Self::build(routes, |builder| builder).await
    }

    async fn configured(
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Setup<Self::Storage> {
        Self::build(Router::new(), configure).await
    }

    async fn build(
        routes: Router,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Setup<Self::Storage> {
        let storage = Spy::over(Self::storage().await);
        Setup::over(storage, Clock::at_present(), routes, configure)
    }
}

pub(crate) struct Memory;

impl Backend for Memory {
    type Storage = MemorySessionStorage;

    async fn storage() -> MemorySessionStorage {
        MemorySessionStorage::new()
    }
}

/// A cache in front of a storage that yields to other requests, as one across a network does.
pub(crate) struct Cached;

impl Backend for Cached {
    type Storage = CachedSessionStorage<Spy>;

    async fn storage() -> CachedSessionStorage<Spy> {
        let remote = Spy::new();
        for call in [Call::Load, Call::Save, Call::Touch, Call::Delete] {
            remote.fault(call, Fault::Yield);
        }
        CachedSessionStorage::new(remote)
    }
}

/// Makes a test of each function, for each storage. Those after `; on four threads:` get a runtime of so many.
macro_rules! on_each_storage {
    ($($tests:tt)*) => {
        $crate::support::on_storage! { memory $crate::support::Memory, $($tests)* }
        $crate::support::on_storage! { cached $crate::support::Cached, $($tests)* }
        #[cfg(feature = "redis")]
        $crate::support::on_storage! { redis $crate::redis::OneServer, $($tests)* }
        #[cfg(feature = "redis")]
        $crate::support::on_storage! { redis_sentinel $crate::redis::OneMaster, $($tests)* }
        #[cfg(feature = "redis")]
        $crate::support::on_storage! { redis_cluster $crate::redis::SixNodes, $($tests)* }
        #[cfg(feature = "redis")]
        $crate::support::on_storage! { cached_redis $crate::redis::CachedServer, $($tests)* }
        #[cfg(feature = "postgres")]
        $crate::support::on_storage! { postgres $crate::sql::Postgres, $($tests)* }
        #[cfg(feature = "mysql")]
        $crate::support::on_storage! { mysql $crate::sql::MySql, $($tests)* }
        #[cfg(feature = "sqlite")]
        $crate::support::on_storage! { sqlite $crate::sql::Sqlite, $($tests)* }
    };
}

macro_rules! on_storage {
    ($module:ident $backend:ty, $($test:ident)* $(; on four threads: $($parallel:ident)*)?) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test::<$backend>().await;
                }
            )*
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $parallel() {
                    super::$parallel::<$backend>().await;
                }
            )*)?
        }
    };
}

pub(crate) use {on_each_storage, on_storage};
