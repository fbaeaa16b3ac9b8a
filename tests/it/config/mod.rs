//! Configuration: what browsers or reason would refuse is refused when it is built.

mod cookie;
mod lengths;
mod limits;

use axum_bare_session::{ConfigError, MemorySessionStorage, Sessions, SessionsBuilder};

/// Builds defaults that `configure` has changed.
fn build(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Result<(), ConfigError> {
    let builder = Sessions::builder(MemorySessionStorage::new());
    configure(builder).build().map(drop)
}
