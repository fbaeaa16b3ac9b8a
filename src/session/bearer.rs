use super::data::SessionData;
use super::error::SessionError;
use super::held::Held;
use super::operation::Operation;
use super::session::Session;
use crate::record::{BearerToken, Token, Transport};

/// Sessions of apps, command lines and other services.
impl<S> SessionData<S> {
    /// How the session's secret travels; that of a visitor without a session would travel in a cookie.
    ///
    /// For what concerns browsers alone: a form's protection against other sites ([`guide::csrf`](crate::guide::csrf)).
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.session().transport()
    }

    /// Makes this a bearer session with a new secret, saves it, and returns the token that opens it from now on.
    ///
    /// The application tells it to the client, which sends it as `Authorization: Bearer …` to the same routes that
    /// browsers visit with a cookie. Nothing but this call tells a token: after a [`log_in`](Self::log_in) or
    /// [`renew`](Self::renew) of a bearer session the client needs the new one. A cookie that the request brought is
    /// dead then, and removed.
    ///
    /// All else is as in any session: limits, list, revocation, events. The secrets of bearer sessions are never
    /// renewed periodically, since a client that got no answer could not be told.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// async fn token(session: SessionData) -> Result<String, SessionError> {
    ///     session.log_in("user:42")?;
    ///     session.set_label("command line")?;
    ///     Ok(session.bearer_token().await?.expose().to_owned())
    /// }
    /// # let session = SessionData::detached();
    /// # assert_eq!(token(session.clone()).await?.len(), 64);
    /// # assert_eq!(session.transport(), Transport::Bearer);
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the builder does not allow [`bearer_tokens`](crate::SessionsBuilder::bearer_tokens), if the session has
    /// ended, the response has been sent, or the storage fails.
    pub async fn bearer_token(&self) -> Result<BearerToken, SessionError> {
        let prefix = self.handle.limits().bearer_prefix.clone();
        let prefix = prefix.ok_or(SessionError::BearerTokensNotAllowed)?;
        self.session().renew_by(|_| Operation::Bearer)?;
        self.save().await?;
        let token = self.session().take_bearer_token();
        let token = token.ok_or(SessionError::Superseded)?;
        Ok(BearerToken::new(&prefix, &token))
    }
}

impl Session {
    fn transport(&self) -> Transport {
        self.with(|state| match state.record() {
            Some(record) => record.transport(),
            None => state.came_by,
        })
    }

    /// The token that was made for the client, which is told now.
    fn take_bearer_token(&self) -> Option<Token> {
        self.with(|state| {
            let stored = state.status.live()?;
            let held = state.held.as_mut()?;
            let secret = held.outgoing(&stored.record)?.clone();
            held.tell();
            let id = stored.id;
            Some(Token { id, secret })
        })
    }

    /// Notes that the request came with a bearer token.
    pub(crate) fn came_by_bearer(&self) {
        self.with(|state| state.came_by = Transport::Bearer);
    }

    /// Whether the request brought a bearer token that opens nothing.
    pub(crate) fn is_token_refused(&self) -> bool {
        self.with(|state| state.came_by == Transport::Bearer && state.brought.is_empty())
    }

    /// Whether the response tells a token.
    pub(crate) fn tells_token(&self) -> bool {
        self.with(|state| state.held.as_ref().is_some_and(Held::is_told))
    }

    /// Whether the request has made a token that nobody was told.
    pub(crate) fn loses_token(&self) -> bool {
        self.with(|state| {
            let live = state.status.live();
            let is_bearer = live.is_some_and(|it| it.record.transport() == Transport::Bearer);
            is_bearer && state.held.as_ref().is_some_and(Held::is_untold)
        })
    }
}
