use std::sync::Arc;

use super::slot::Slot;
use crate::service::sessions::Sessions;
use crate::session::{Opened, SessionData};
use crate::storage::MemorySessionStorage;

impl SessionData {
    /// A new session that no middleware saves, for the unit test of a handler.
    ///
    /// Call the handler with a clone, and read from the session what it stored. Put into a request's extensions, it is
    /// what the extractors find, whether a session middleware is attached or not.
    ///
    /// ```
    /// use axum_bare_session::{Key, SessionData, SessionError};
    ///
    /// const CART: Key<Vec<String>> = Key::new("cart");
    ///
    /// async fn add(session: SessionData, item: String) -> Result<(), SessionError> {
    ///     session.modify(CART, move |cart| cart.push(item))
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let session = SessionData::detached();
    /// add(session.clone(), "apple".to_owned()).await?;
    /// assert_eq!(session.get(CART)?, Some(vec!["apple".to_owned()]));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn detached() -> Self {
        Self::detached_in()
    }

    /// A new session of another scope that no middleware saves.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// struct Admin;
    ///
    /// let session = SessionData::detached_in::<Admin>();
    /// session.log_in("ada")?;
    /// # Ok::<(), SessionError>(())
    /// ```
    #[must_use]
    pub fn detached_in<S>() -> SessionData<S> {
        let builder = Sessions::builder(MemorySessionStorage::new());
        // Whatever a handler may ask for is allowed.
        let sessions = builder.bearer_tokens("").finish();
        let slot = Slot::new(sessions.into_service());
        slot.session.open(slot.service.now(), Opened::Nothing);
        SessionData::new(Arc::new(slot))
    }
}
