use crate::service::builder::SessionsBuilder;
use crate::transport::config_error::ConfigError;
use crate::transport::device_bound::Endpoints;

/// Sessions bound to a device.
impl<S> SessionsBuilder<S> {
    /// Binds sessions to the device on which they are logged in to, where the browser can (Device Bound Session
    /// Credentials, a W3C draft; **experimental**, as the draft may change). By default none is bound.
    ///
    /// The browser keeps a key that never leaves the device, and proves about every ten minutes that it has it. Whoever
    /// has copied its cookies can use them no longer than that. Other browsers go on as before. The
    /// [guide](crate::guide::device_bound) says what this protects from, and what not.
    ///
    /// The middleware itself answers `POST` requests to `path/register` and `path/refresh`; it must be around the whole
    /// router, or around routes of these paths. Each scope needs a path of its own.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.device_bound("/device-bound").build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// [`build`](Self::build) refuses a path of other characters than letters, digits and `/-._~`, one beyond the
    /// cookie's own, and a cookie that browsers do not bind: without `Secure`, with a domain, or partitioned.
    #[doc(alias("dbsc", "DBSC"))]
    pub fn device_bound(mut self, path: impl Into<String>) -> Self {
        self.settings.device_bound = Some(path.into());
        self
    }
}

impl crate::service::builder::Settings {
    pub(in crate::service) fn check_device_bound(&self) -> Result<(), ConfigError> {
        let Some(path) = &self.device_bound else {
            return Ok(());
        };
        let cookie = &self.policy.cookie;
        let parent = cookie.path.strip_suffix('/').unwrap_or(&cookie.path);
        let below = path.strip_prefix(parent);
        let is_below = below.is_some_and(|it| it.is_empty() || it.starts_with('/'));
        if Endpoints::below(path).is_none() || !is_below {
            let path = path.clone();
            return Err(ConfigError::DeviceBoundPath { path });
        }
        if !cookie.secure || cookie.partitioned || cookie.domain.is_some() {
            return Err(ConfigError::DeviceBoundCookie);
        }
        Ok(())
    }
}
