use time::OffsetDateTime;

use crate::service::builder::SessionsBuilder;

/// What a test decides for itself.
impl<S> SessionsBuilder<S> {
    /// Where the time comes from: for tests, a clock that stands still or is moved by hand.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, OffsetDateTime, Sessions};
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .clock(|| OffsetDateTime::UNIX_EPOCH)
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.settings.clock = Box::new(move || clock().into());
        self
    }

    /// For tests alone: ids and secrets follow from `seed` and the [`clock`](Self::clock), so that a test finds the
    /// same ones each time it runs. **Whoever knows the seed can open every session**, which [`build`](Self::build)
    /// warns of.
    ///
    /// By default they are made of random bytes from the operating system. Two services of one seed need a storage
    /// each.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sessions = || Sessions::builder(MemorySessionStorage::new())
    ///     .clock(|| OffsetDateTime::UNIX_EPOCH)
    ///     .insecure_seed(7)
    ///     .build();
    /// let one = sessions()?.create(|session| session.log_in("ada")).await?;
    /// let other = sessions()?.create(|session| session.log_in("ada")).await?;
    /// assert_eq!(one.id(), other.id());
    /// assert_eq!(one.cookie(), other.cookie());
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn insecure_seed(mut self, seed: u64) -> Self {
        self.settings.insecure_seed = Some(seed);
        self
    }
}
