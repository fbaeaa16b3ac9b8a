use std::error::Error;

/// What can go wrong with a session.
///
/// It implements `IntoResponse`, so that `?` works in handlers: 503 where the client may try again, since the storage
/// is down or other requests were first; 409 where the session has ended or its owner has too many; 403 where nobody is
/// logged in; else 500. The body is empty, and the log says why; but where a storage was not migrated, or nothing is
/// logged since the application installed no subscriber of `tracing`, the body says which call is missing. The texts
/// name keys and sizes, never values.
///
/// ```
/// use axum_bare_session::{SessionData, SessionError};
///
/// let session: SessionData = SessionData::detached();
/// session.insert("name", "Ada")?;
/// let error = session.get::<u64>("name").unwrap_err();
/// assert!(matches!(error, SessionError::Deserialize { .. }));
/// assert_eq!(error.to_string(), r#"the session key "name" holds no u64: text where u64 is expected"#);
/// # Ok::<(), SessionError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The value does not serialize as JSON, such as a map whose keys are no text, or could not be read back from it,
    /// such as a float that is NaN. The [guide](crate::guide::values) lists what cannot.
    #[error("the value for the session key {key:?} cannot be stored as JSON")]
    Serialize {
        /// The key that was to be set.
        key: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// The stored value is of another type, or of a former form of this one, to which a field was added for example.
    /// What stands there is not told, since it may be a secret. The [guide](crate::guide::values) has what to do.
    #[error("the session key {key:?} holds no {expected}: {mismatch}")]
    #[non_exhaustive]
    Deserialize {
        /// The key that was read.
        key: String,
        /// The name of the type that was asked for.
        expected: &'static str,
        /// What differs, and where: ``no field `zip` at `address` ``.
        mismatch: String,
    },
    /// The session's keys and values would take more bytes than it may have.
    #[error("the session's values would take {size} bytes, and may take {limit}")]
    TooLarge {
        /// The bytes they would take.
        size: usize,
        /// The bytes they may take.
        limit: usize,
    },
    /// An owner has 1 to 255 bytes; in a [scope](crate::SessionsBuilder::scope), whose name a storage keeps with it,
    /// fewer.
    #[error("an owner has 1 to {max} bytes, not {length}")]
    InvalidOwner {
        /// The bytes of the refused one.
        length: usize,
        /// The bytes that one may have.
        max: usize,
    },
    /// A label has at most 255 bytes.
    #[error("a label has at most 255 bytes, not {length}")]
    InvalidLabel {
        /// The bytes of the refused one.
        length: usize,
    },
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The owner has as many sessions as one may have, and the log-in was refused. The session is as it was before.
    #[error("the owner has {max} sessions, and may have no more")]
    TooManySessions {
        /// How many an owner may have.
        max: usize,
    },
    /// A session is remembered for at least a second.
    #[error("a session is remembered for at least a second")]
    InvalidDuration,
    /// The builder does not allow [`bearer_tokens`](crate::SessionsBuilder::bearer_tokens).
    #[error("no bearer tokens: allow them by `bearer_tokens` on the builder")]
    BearerTokensNotAllowed,
    /// The session was destroyed or revoked, or expired, or the handler panicked. Its changes are dropped.
    #[error("the session has ended")]
    Ended,
    /// Another request logged in, logged out or renewed the session first, and this one does not know the new secret.
    /// The client may try again, with the cookie that it has by then.
    #[error("another request has renewed the session: try again")]
    Superseded,
    /// A session that holds no value and has no owner is not kept, and so cannot be
    /// [created](crate::Sessions::create).
    #[error("a session without a value and without an owner is not kept")]
    Empty,
    /// The response is on its way, so no cookie can be sent any more, and this would need one.
    #[error("the response has been sent, and this needs a cookie")]
    ResponseSent,
    /// Other requests changed the session each time this one tried to save it. The client may try again.
    #[error("the session was changed by too many requests at once")]
    Conflict,
    /// The storage failed. The source is a [`StorageError`](crate::storage::StorageError).
    #[error("the session storage failed")]
    Storage(#[source] Box<dyn Error + Send + Sync>),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random(#[source] Box<dyn Error + Send + Sync>),
}
