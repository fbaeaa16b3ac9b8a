//! Messages with levels, each shown by the next page, whichever that is.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_bare_session::{Key, SessionData, SessionError, SessionRejection};
use serde::{Deserialize, Serialize};

const MESSAGES: Key<Vec<Message>> = Key::new("messages");

/// The latest that wait for a page. A script that never looks at one would fill the session with them.
const MAX_MESSAGES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Info,
    Success,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Message {
    pub(crate) level: Level,
    /// A page must escape it.
    pub(crate) text: String,
}

/// The messages of a visitor's session: `messages.success("Saved.")?`.
pub(crate) struct Messages(SessionData);

impl Messages {
    pub(crate) fn info(&self, text: impl Into<String>) -> Result<(), SessionError> {
        self.push(Level::Info, text.into())
    }

    pub(crate) fn success(&self, text: impl Into<String>) -> Result<(), SessionError> {
        self.push(Level::Success, text.into())
    }

    pub(crate) fn error(&self, text: impl Into<String>) -> Result<(), SessionError> {
        self.push(Level::Error, text.into())
    }

    /// Those that no page has shown yet, for this one.
    pub(crate) fn take(&self) -> Result<Vec<Message>, SessionError> {
        Ok(self.0.take(MESSAGES)?.unwrap_or_default())
    }

    fn push(&self, level: Level, text: String) -> Result<(), SessionError> {
        let message = Message { level, text };
        // Made again if another tab got in first, so that neither's message is lost.
        self.0.modify(MESSAGES, move |messages| {
            messages.push(message);
            let excess = messages.len().saturating_sub(MAX_MESSAGES);
            messages.drain(..excess);
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Messages {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionRejection> {
        SessionData::from_request_parts(parts, state)
            .await
            .map(Self)
    }
}
