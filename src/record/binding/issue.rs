//! What a process that binds sessions gives to browsers, and takes from them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use time::Duration;

use super::{Binding, BindingKey, COOKIE, COOKIE_LIFETIME, DeviceKey};
use crate::record::{SessionRecord, Timestamp};

const REGISTRATION: &str = "registration";
const REFRESH: &str = "refresh";
const IDENTIFIER: &str = "identifier";
/// A whole number of characters.
const IDENTIFIER_BYTES: usize = 18;

/// Within what time of a log-in a browser may register its key.
const REGISTRATION_LIFETIME: Duration = Duration::minutes(5);
/// How long a challenge may be answered: the browser has it from one refresh to the next.
const CHALLENGE_LIFETIME: Duration = Duration::minutes(20);
/// How long before its end browsers drop a bound cookie, so that one which is on its way then still counts.
const ON_ITS_WAY: Duration = Duration::seconds(30);

impl Binding {
    /// When the session was bound, if it was.
    pub(crate) fn bound_at(&self) -> Option<Timestamp> {
        self.device.is_some().then_some(self.at)
    }

    /// This offer, taken by the browser of that key.
    pub(crate) fn bound(&self, device: DeviceKey, at: Timestamp) -> Self {
        Self {
            at,
            device: Some(device),
            ..self.clone()
        }
    }

    /// Whether the session may be bound at `now`.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.device.is_none() && now.is_within(REGISTRATION_LIFETIME, self.at)
    }

    /// The challenge that a browser has to sign to register its key; always the same one.
    pub(crate) fn registration_challenge(&self) -> String {
        self.key.write(REGISTRATION, self.at)
    }

    pub(crate) fn is_registration_challenge(&self, text: &str) -> bool {
        self.key.read(REGISTRATION, text.as_bytes()) == Some(self.at)
    }

    /// The browser's name for the session it has here; another one after another log-in.
    pub(crate) fn session_identifier(&self) -> String {
        let mac = self.key.mac(IDENTIFIER, &[]).finalize();
        URL_SAFE_NO_PAD.encode(&mac.into_bytes()[..IDENTIFIER_BYTES])
    }

    /// A challenge for the next refresh.
    pub(crate) fn challenge(&self, now: Timestamp) -> String {
        self.key.write(REFRESH, now)
    }

    /// Whether the session has given that challenge, not long before `now`.
    pub(crate) fn is_challenge(&self, text: &str, now: Timestamp) -> bool {
        let given_at = self.key.read(REFRESH, text.as_bytes());
        given_at.is_some_and(|at| now.is_within(CHALLENGE_LIFETIME, at))
    }

    /// The value of a bound cookie that is made at `now`.
    pub(crate) fn cookie(&self, now: Timestamp) -> String {
        self.key.write(COOKIE, now)
    }

    /// How long a bound cookie is worth something.
    pub(crate) const fn cookie_lifetime() -> Duration {
        COOKIE_LIFETIME
    }

    /// How long a browser keeps it.
    pub(crate) const fn cookie_age() -> Duration {
        Duration::seconds(COOKIE_LIFETIME.whole_seconds() - ON_ITS_WAY.whole_seconds())
    }
}

impl BindingKey {
    /// A text for this purpose: a time, and what authenticates it.
    fn write(&self, purpose: &str, time: Timestamp) -> String {
        let time = time.as_micros().to_be_bytes();
        let mac = self.mac(purpose, &time).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&time[..], &mac].concat())
    }
}

impl SessionRecord {
    /// When the session was bound to a device, if it is.
    pub(crate) fn bound_at(&self) -> Option<Timestamp> {
        self.binding()?.bound_at()
    }
}

#[cfg(test)]
mod tests;
