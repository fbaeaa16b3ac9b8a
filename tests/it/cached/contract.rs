use axum_bare_session::{
    CachedSessionStorage, Duration, MemorySessionStorage, storage_conformance,
};

fn small() -> CachedSessionStorage<MemorySessionStorage> {
    CachedSessionStorage::with_limits(MemorySessionStorage::new(), 2, Duration::HOUR)
}

storage_conformance!(
    alone,
    CachedSessionStorage::new(MemorySessionStorage::new())
);
storage_conformance!(with_room_for_two, small());
