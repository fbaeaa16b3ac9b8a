use std::fmt;
use std::marker::PhantomData;

/// A session key with the type of its value: one place, one type.
///
/// ```
/// use axum_bare_session::{Key, SessionData, SessionError};
///
/// const VISITS: Key<u64> = Key::new("visits");
///
/// fn count(session: &SessionData) -> Result<u64, SessionError> {
///     session.update(VISITS, |visits| visits.unwrap_or(0) + 1)?;
///     Ok(session.get(VISITS)?.unwrap_or_default())
/// }
/// # let session = SessionData::detached();
/// # assert_eq!(count(&session)?, 1);
/// # assert_eq!(count(&session)?, 2);
/// # Ok::<(), SessionError>(())
/// ```
pub struct Key<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// The key of that name.
    ///
    /// ```
    /// # use axum_bare_session::Key;
    /// const CART: Key<Vec<String>> = Key::new("cart");
    /// ```
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The key's name.
    ///
    /// ```
    /// # use axum_bare_session::Key;
    /// assert_eq!(Key::<u64>::new("visits").name(), "visits");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> AsRef<str> for Key<T> {
    fn as_ref(&self) -> &str {
        self.name
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.name)
    }
}

/// What names a value of type `T`: a `&str`, a `String`, or a [`Key<T>`](Key).
///
/// Text names a value of any type; a `Key<T>` only one of its own, so that a call with one needs no type. An
/// application may have keys of a type of its own:
///
/// ```
/// use axum_bare_session::{KeyFor, SessionData};
///
/// enum Setting {
///     Theme,
///     Language,
/// }
///
/// impl AsRef<str> for Setting {
///     fn as_ref(&self) -> &str {
///         match self {
///             Self::Theme => "setting.theme",
///             Self::Language => "setting.language",
///         }
///     }
/// }
///
/// impl KeyFor<String> for Setting {}
///
/// let session = SessionData::detached();
/// session.insert(Setting::Theme, "dark".to_owned())?;
/// assert_eq!(session.get(Setting::Theme)?.as_deref(), Some("dark"));
/// assert_eq!(session.get(Setting::Language)?, None);
/// # Ok::<(), axum_bare_session::SessionError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no session value of type `{T}`",
    label = "neither a `&str`, a `String` nor a `Key<{T}>`",
    note = "other text names a value as `&*key`"
)]
pub trait KeyFor<T>: AsRef<str> {}

impl<T> KeyFor<T> for Key<T> {}
impl<T> KeyFor<T> for str {}
impl<T> KeyFor<T> for String {}
impl<T, K: KeyFor<T> + ?Sized> KeyFor<T> for &K {}
