use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SessionError;
use super::handle::Handle;
use super::key::KeyFor;
use super::mismatch::Mismatch;
use super::session::Session;
use crate::record::{Entry, Timestamp};

/// The scope of a session for which none is named: `SessionData` is `SessionData<DefaultScope>`.
#[derive(Clone, Copy, Debug)]
pub enum DefaultScope {}

/// A visitor's session, as a handler holds it: a typed map, whose changes the middleware saves after the handler
/// returns.
///
/// Name it among a handler's parameters. The first extractor of a request loads the session; everything else works in
/// memory, so that all methods but [`save`](Self::save) and [`reload`](Self::reload) are sync. Clones are the same
/// session.
///
/// A visitor without a session gets an empty one, and a cookie only if something is written. To tell the two apart,
/// extract `Option<SessionData>`, or ask [`is_new`](Self::is_new).
///
/// `S` is the session's scope, for applications with several sessions; plain `SessionData` is the default one.
///
/// ```
/// use axum_bare_session::{SessionData, SessionError};
///
/// async fn visits(session: SessionData) -> Result<String, SessionError> {
///     let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
///     Ok(format!("visit {visits}"))
/// }
/// ```
///
/// # Several sessions in one application
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_bare_session::{MemorySessionStorage, SessionData, Sessions, add_session_middleware};
///
/// struct Admin;
///
/// async fn page(visitor: SessionData, admin: Option<SessionData<Admin>>) -> &'static str {
///     if admin.is_some() { "hello, admin" } else { "hello" }
/// }
///
/// let admins = Sessions::builder(MemorySessionStorage::new())
///     .scope::<Admin>()
///     .cookie_name("__Host-admin")
///     .build()?;
/// let app: Router = Router::new().route("/", get(page));
/// let app = add_session_middleware(app, MemorySessionStorage::new());
/// let app = add_session_middleware(app, admins);
/// # Ok::<(), axum_bare_session::ConfigError>(())
/// ```
#[doc(alias("Session", "AuthSession"))]
pub struct SessionData<S = DefaultScope> {
    pub(super) handle: Arc<dyn Handle>,
    pub(super) scope: PhantomData<fn() -> S>,
}

impl<S> SessionData<S> {
    pub(crate) fn new(handle: Arc<dyn Handle>) -> Self {
        Self {
            handle,
            scope: PhantomData,
        }
    }

    /// The value of `key`, or `None` if the session has no such key.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("visits", 3)?;
    /// assert_eq!(session.get::<u64>("visits")?, Some(3));
    /// assert_eq!(session.get::<u64>("cart")?, None);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value is not a `T`, as when the type has changed since: [`guide::values`](crate::guide::values) has what
    /// to do.
    #[doc(alias = "get_value")]
    pub fn get<T: DeserializeOwned>(&self, key: impl KeyFor<T>) -> Result<Option<T>, SessionError> {
        let json = self.session().json(key.as_ref());
        json.map(|json| parse(key.as_ref(), &json)).transpose()
    }

    /// Sets `key` to `value`.
    ///
    /// A blind write: of two requests that insert the same key at once, the later one wins, whatever it read before.
    /// What depends on the former value belongs into [`update`](Self::update) or [`modify`](Self::modify).
    ///
    /// A value is whatever serde serializes as JSON; an [`OffsetDateTime`](crate::OffsetDateTime) is stored in the form
    /// that the crate `time` gives it: numbers, by default.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("language", "fr")?;
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// What it takes, [`get`](Self::get) gives back: what JSON cannot hold is refused, and listed in
    /// [`guide::values`](crate::guide::values). Bytes are best stored as text; the recipe is there too.
    ///
    /// # Errors
    ///
    /// If `value` does not serialize as JSON or could not be read back from it, if the session's values would take more
    /// bytes than they may, or if the session has ended or would need a cookie after the response.
    #[doc(alias("set", "insert_value"))]
    pub fn insert<T: Serialize>(&self, key: impl KeyFor<T>, value: T) -> Result<(), SessionError> {
        let entry = entry(key.as_ref(), &value)?;
        self.session().set(entry, self.handle.limits())
    }

    /// Removes `key`, and returns whether it was there.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// assert!(session.remove("cart"));
    /// assert!(!session.remove("cart"));
    /// # Ok::<(), SessionError>(())
    /// ```
    pub fn remove(&self, key: impl AsRef<str>) -> bool {
        self.session().remove(key.as_ref())
    }

    /// Removes `key` and returns its value: a flash message.
    ///
    /// Requests that take at once may each get it, so a message is shown at least once.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("flash", "Saved.")?;
    /// assert_eq!(session.take::<String>("flash")?.as_deref(), Some("Saved."));
    /// assert_eq!(session.take::<String>("flash")?, None);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value is not a `T`; it then stays.
    #[doc(alias("remove_value", "remove_as", "get_remove", "pop"))]
    pub fn take<T: DeserializeOwned>(
        &self,
        key: impl KeyFor<T>,
    ) -> Result<Option<T>, SessionError> {
        let Some(json) = self.session().json(key.as_ref()) else {
            return Ok(None);
        };
        let value = parse(key.as_ref(), &json)?;
        self.session().take(Entry::new(key.as_ref(), &json));
        Ok(Some(value))
    }

    /// Whether the session has `key`.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// assert!(session.contains_key("cart"));
    /// # Ok::<(), SessionError>(())
    /// ```
    pub fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.session().json(key.as_ref()).is_some()
    }

    /// The session's keys, sorted.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("name", "Ada")?;
    /// session.insert("cart", ["apple"])?;
    /// assert_eq!(session.keys(), ["cart", "name"]);
    /// # Ok::<(), SessionError>(())
    /// ```
    #[doc(alias = "entries")]
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.session().keys()
    }

    /// The number of keys.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// assert_eq!(session.len(), 1);
    /// # Ok::<(), SessionError>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.session().len()
    }

    /// Whether there is no key. Not whether the visitor is known: see [`is_new`](Self::is_new).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// assert!(session.is_empty());
    /// session.insert("cart", ["apple"])?;
    /// assert!(!session.is_empty());
    /// # Ok::<(), SessionError>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn session(&self) -> &Session {
        self.handle.session()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.handle.now()
    }
}

pub(crate) fn parse<T: DeserializeOwned>(key: &str, json: &[u8]) -> Result<T, SessionError> {
    // The error of `serde_json` quotes what it found, which may be a secret.
    serde_json::from_slice(json).map_err(|_| SessionError::Deserialize {
        key: key.to_owned(),
        expected: type_name::<T>(),
        mismatch: Mismatch::of::<T>(json).to_string(),
    })
}

pub(super) fn entry<T: Serialize>(key: &str, value: &T) -> Result<Entry, SessionError> {
    Entry::serialize(key, value).map_err(|source| SessionError::Serialize {
        key: key.to_owned(),
        source,
    })
}
