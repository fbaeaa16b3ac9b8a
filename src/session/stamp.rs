use super::data::SessionData;
use super::error::SessionError;
use super::handle::Reload;
use crate::record::Stamps;

/// What ends every older session when a password is changed, wherever that happens.
impl<S> SessionData<S> {
    /// Notes what the owner has just proved themselves by, such as the hash of their password, and renews the session.
    ///
    /// Whoever then [checks](Self::check_stamp) each request against what the account has by then logs out every
    /// session that began under another password (ASVS 5.0, 7.4.3): also where the password is changed by a script that
    /// knows no session. What is stored is a SHA-256 digest. Give it a hash or a number that grows with every change,
    /// and never the password itself.
    ///
    /// It belongs to each log-in, since [`log_in`](Self::log_in) drops it, as a log-out does; renewals and
    /// [`reauthenticated`](Self::reauthenticated) keep it. A change of the password keeps the session that it is made
    /// in by giving it the new stamp. Until the next change or log-in that session has the former one too, so that it
    /// can be saved first, and no parallel request finds it with neither. The former one is what the same request has
    /// [checked](Self::check_stamp), so that a change which failed between its two writes can be made again; where it
    /// has checked none, the latest that was set.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # async fn set_password_hash(owner: &str, hash: &str) -> Result<(), SessionError> { Ok(()) }
    /// async fn log_in(session: SessionData, id: &str, hash: &str) -> Result<(), SessionError> {
    ///     session.log_in(id)?;
    ///     session.set_stamp(hash)
    /// }
    ///
    /// async fn change_password(session: LoggedIn, new_hash: &str) -> Result<(), SessionError> {
    ///     session.set_stamp(new_hash)?;
    ///     session.save().await?;
    ///     set_password_hash(session.owner(), new_hash).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If nobody is logged in, if the session has ended, or the response has been sent.
    pub fn set_stamp(&self, stamp: impl AsRef<[u8]>) -> Result<(), SessionError> {
        self.session().set_stamp(stamp.as_ref())
    }

    /// Fails, and logs the session out for every request, if its stamp is not `current`: its owner has another password
    /// by now. A session without a stamp fails too.
    ///
    /// It belongs where a request loads its user. Stamps are compared in constant time. The storage is called only
    /// where they differ: if the session has got another secret meanwhile, only this request fails.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.set_stamp("$argon2id$…")?;
    /// session.check_stamp("$argon2id$…").await?;
    /// let changed = session.check_stamp("$argon2id$… of another password").await;
    /// assert!(matches!(changed, Err(SessionError::NotLoggedIn)));
    /// assert_eq!(session.owner(), None);
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`SessionError::NotLoggedIn`] if it is another one, or nobody is logged in; or if the storage fails.
    pub async fn check_stamp(&self, current: impl AsRef<[u8]>) -> Result<(), SessionError> {
        self.session().owner().ok_or(SessionError::NotLoggedIn)?;
        let current = Stamps::digest(current.as_ref());
        if self.session().confirm_stamp(current) {
            return Ok(());
        }
        // The password may be changed in this very session, by a request that is ahead of this one.
        let is_there = self.is_new() || self.handle.reload(Reload::PastMemory).await?;
        if self.session().confirm_stamp(current) {
            return Ok(());
        }
        if is_there {
            self.log_out();
        }
        Err(SessionError::NotLoggedIn)
    }
}
