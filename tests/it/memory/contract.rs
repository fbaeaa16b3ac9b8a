use axum_bare_session::{MemorySessionStorage, storage_conformance};

storage_conformance!(alone, MemorySessionStorage::new());
storage_conformance!(shared, std::sync::Arc::new(MemorySessionStorage::new()));
