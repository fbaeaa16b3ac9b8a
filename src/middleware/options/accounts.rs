use tokio::sync::mpsc::Sender;

use crate::middleware::{SessionEvent, SessionsBuilder};

/// What concerns accounts and those who watch over them.
impl<S> SessionsBuilder<S> {
    /// Where events go, beside the log: a channel of the application's. By default nowhere.
    ///
    /// A request never waits for it, and never fails for its sake: while the channel is full, events are dropped, which the log tells.
    ///
    /// ```
    /// use axum_bare_session::{MemorySessionStorage, SessionEventKind, Sessions};
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let (sender, mut events) = tokio::sync::mpsc::channel(1024);
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .events(sender)
    ///     .build()?;
    /// let mails = tokio::spawn(async move {
    ///     while let Some(event) = events.recv().await {
    ///         if event.kind == SessionEventKind::LoggedIn {
    ///             // tell the owner by mail
    ///         }
    ///     }
    /// });
    /// # drop(sessions); mails.await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(mut self, events: Sender<SessionEvent>) -> Self {
        self.settings.events = Some(events);
        self
    }
}
