use serde::Serialize;
use serde::de::DeserializeOwned;

use super::data::{SessionData, entry, parse};
use super::error::SessionError;
use super::key::KeyFor;

/// How often an update is tried again because another clone of the session wrote the key meanwhile. Only a closure that
/// itself writes its key comes so far.
const MAX_UPDATES: usize = 64;

/// What depends on the value that stands there, so that it is made again over what another request wrote first.
impl<S> SessionData<S> {
    /// Sets `key` to what `update` makes of its value, and returns that.
    ///
    /// `update` is called again if another request changed the session first, so that parallel updates all count; what
    /// is returned is the outcome of the first call. It is called outside any lock, must not depend on how often it is
    /// called, and should not hold the session itself. One that uses up what was moved into it belongs into
    /// [`modify`](Self::modify). A value that comes out unchanged is not written; a `HashMap`
    /// does not, since its order is another each time, and a `BTreeMap` does.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    /// assert_eq!(visits, 1);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`insert`](Self::insert).
    #[doc(alias = "update_or")]
    pub fn update<T, F>(&self, key: impl KeyFor<T>, mut update: F) -> Result<T, SessionError>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> T + Send + 'static,
    {
        let (value, ()) = self.change(key, move |value| (update(value), ()))?;
        Ok(value)
    }

    /// Changes the value of `key` in place, beginning with the type's default where there is none, and returns what
    /// `modify` returns.
    ///
    /// As [`update`](Self::update), it counts among parallel requests: `modify` is made again if another request
    /// changed the session first. Each time a clone of it is called, so that what it was given, by `move`, may be used
    /// up.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// const CART: Key<Vec<String>> = Key::new("cart");
    ///
    /// fn add(session: &SessionData, item: String) -> Result<(), SessionError> {
    ///     session.modify(CART, move |cart| cart.push(item))
    /// }
    /// # let session = SessionData::detached();
    /// # add(&session, "apple".into())?;
    /// # assert_eq!(session.get(CART)?, Some(vec!["apple".to_owned()]));
    ///
    /// let items = session.modify(CART, |cart| cart.len())?;
    /// # assert_eq!(items, 1);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    #[doc(alias = "get_mut")]
    pub fn modify<T, R, F>(&self, key: impl KeyFor<T>, modify: F) -> Result<R, SessionError>
    where
        T: Serialize + DeserializeOwned + Default,
        F: FnOnce(&mut T) -> R + Clone + Send + 'static,
    {
        let (_, returned) = self.change(key, move |value: Option<T>| {
            let mut value = value.unwrap_or_default();
            let returned = modify.clone()(&mut value);
            (value, returned)
        })?;
        Ok(returned)
    }

    /// Sets `key` to what `change` makes of its value, and returns that with what else came of it.
    fn change<T, R, F>(&self, key: impl KeyFor<T>, mut change: F) -> Result<(T, R), SessionError>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> (T, R) + Send + 'static,
    {
        let name: Box<str> = key.as_ref().into();
        let mut change = move |json: Option<&[u8]>| {
            let value = json.map(|json| parse(&name, json)).transpose()?;
            let outcome = change(value);
            Ok((entry(&name, &outcome.0)?, outcome))
        };
        for _ in 0..MAX_UPDATES {
            let before = self.session().json(key.as_ref());
            let (after, outcome) = change(before.as_deref())?;
            let (session, limits) = (self.session(), self.handle.limits());
            match session.set_updated(before.as_deref(), &after, change, limits)? {
                // Another clone of this session wrote the key while the closure ran.
                Some(again) => change = again,
                None => return Ok(outcome),
            }
        }
        Err(SessionError::Conflict)
    }
}
