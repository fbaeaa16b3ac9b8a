use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{MemorySessionStorage, Owned, Saved, SessionStorage, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

type Loaded = (SessionId, Arc<SessionRecord>);

/// Declares and implements [`ErasedStorage`] by the calls of [`SessionStorage`], their futures in boxes.
macro_rules! erased {
    ($(fn $call:ident(&$a:lifetime self, $($argument:ident: $type:ty),+) -> $answer:ty;)+) => {
        /// [`SessionStorage`] behind a pointer, so that no public type carries a storage parameter.
        pub(crate) trait ErasedStorage: Send + Sync {
            /// The storage itself, if it is the one in memory.
            fn in_memory(&self) -> Option<&MemorySessionStorage>;
            $(
                fn $call<$a>(&$a self, $($argument: $type),+)
                -> BoxFuture<$a, Result<$answer, StorageError>>;
            )+
        }

        impl<T: SessionStorage> ErasedStorage for T {
            fn in_memory(&self) -> Option<&MemorySessionStorage> {
                (self as &dyn Any).downcast_ref()
            }
            $(
                fn $call<$a>(&$a self, $($argument: $type),+)
                -> BoxFuture<$a, Result<$answer, StorageError>> {
                    Box::pin(SessionStorage::$call(self, $($argument),+))
                }
            )+
        }
    };
}

erased! {
    fn load(&'a self, id: SessionId) -> Option<Arc<SessionRecord>>;
    fn load_many(&'a self, ids: &'a [SessionId]) -> Vec<Loaded>;
    fn revalidate(&'a self, id: SessionId, loaded: Arc<SessionRecord>) -> Option<Arc<SessionRecord>>;
    fn save(&'a self, id: SessionId, record: Arc<SessionRecord>, expected: Option<Version>) -> Saved;
    fn touch(&'a self, id: SessionId, expected: Version, last_seen: Timestamp, expires_at: Timestamp) -> bool;
    fn delete(&'a self, id: SessionId) -> bool;
    fn list(&'a self, owner: &'a str, now: Timestamp) -> Vec<Loaded>;
    fn delete_owned(&'a self, owner: &'a str, which: Owned, now: Timestamp) -> Vec<SessionId>;
    fn delete_expired(&'a self, now: Timestamp) -> u64;
}
