use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::Duration;

use super::session_record::MAX_CLOCK_SKEW;
use super::{Random, SessionRecord, Timestamp, Values, redacted};

#[cfg(feature = "device-bound")]
mod issue;

/// The bytes of a key that authenticates: as many as the digest has (RFC 2104, section 3).
const KEY_BYTES: usize = 32;
/// The bytes of a point of P-256, x and then y.
pub(crate) const POINT_BYTES: usize = 64;
const TIME_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// What bound cookies are authenticated for.
const COOKIE: &str = "cookie";
/// How long a bound cookie is worth something.
const COOKIE_LIFETIME: Duration = Duration::minutes(10);
/// For how long after its end a bound cookie is no sign of theft. Its browser drops it before, but the clock of the
/// process that made it may be behind, and a request may be on its way for longer: a proxy may wait for the whole of an
/// upload.
const MAY_BE_LATE: Duration = MAX_CLOCK_SKEW;
/// For how long a new binding asks for no bound cookie: requests may be under way that were sent before.
const GRACE: Duration = Duration::seconds(10);

/// How a session is bound to a key that does not leave its browser's device (Device Bound Session Credentials).
///
/// What a browser is given to prove itself with is authenticated by a key of the session's own, and so costs no write
/// and no configuration: every process that reads the record knows its own from another's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    pub(super) key: BindingKey,
    /// When it was offered, or when the browser has registered its key.
    pub(super) at: Timestamp,
    /// `None` as long as no browser has.
    pub(super) device: Option<DeviceKey>,
    /// Fields of a stored form that this version of the crate does not know.
    pub(super) unknown: Values,
}

/// What authenticates the bound cookies and the challenges of one session. It is random, and not made of the session's
/// secret: who has stolen a cookie has that.
#[derive(Clone, PartialEq)]
pub(crate) struct BindingKey(pub(super) [u8; KEY_BYTES]);

/// The public key of a device: an uncompressed point of P-256, without the octet that says so.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DeviceKey(pub(crate) Box<[u8; POINT_BYTES]>);

/// What a bound cookie is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BoundCookie {
    /// Nothing: it is none of the session's.
    Unknown,
    /// It is one of the session's, long after its end.
    Ended,
    /// It is one of the session's, and not of now: it ended a short while ago, or a clock was set back.
    Stale,
    /// It proves that the browser had the device's key a short while ago.
    Valid,
}

impl Binding {
    /// An offer to the browser that logs in at `at`.
    pub(crate) fn offer(key: BindingKey, at: Timestamp) -> Self {
        Self {
            key,
            at,
            device: None,
            unknown: Values::default(),
        }
    }

    /// The key that the session is bound to, if it is.
    pub(crate) fn device(&self) -> Option<&DeviceKey> {
        self.device.as_ref()
    }

    /// What the value of a bound cookie is worth at `now`.
    pub(crate) fn check_cookie(&self, value: &[u8], now: Timestamp) -> BoundCookie {
        match self.key.read(COOKIE, value) {
            Some(made_at) if now.is_within(COOKIE_LIFETIME, made_at) => BoundCookie::Valid,
            Some(made_at) if now - made_at >= COOKIE_LIFETIME + MAY_BE_LATE => BoundCookie::Ended,
            Some(_) => BoundCookie::Stale,
            None => BoundCookie::Unknown,
        }
    }

    /// Whether requests may still be under way that were sent before the session was bound.
    pub(crate) fn is_new(&self, now: Timestamp) -> bool {
        now.is_within(GRACE, self.at)
    }
}

impl BindingKey {
    pub(crate) fn generate(random: &Random) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; KEY_BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn mac(&self, purpose: &str, time: &[u8]) -> Hmac<Sha256> {
        // RFC 2104: a key is filled up with zeros to a block of the hash.
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        Hmac::<Sha256>::new(&block.into())
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(time)
    }

    /// The time of a text that was written for this purpose.
    fn read(&self, purpose: &str, text: &[u8]) -> Option<Timestamp> {
        let mut bytes = [0; TIME_BYTES + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (time, mac) = bytes.get(..length)?.split_first_chunk::<TIME_BYTES>()?;
        self.mac(purpose, time).verify_slice(mac).ok()?;
        Timestamp::from_micros(i64::from_be_bytes(*time))
    }
}

// A device's key is no secret, and nothing to read either: one could tell two sessions of a device by it.
redacted!(BindingKey, DeviceKey);

impl SessionRecord {
    /// Whether the session is bound to a device.
    pub(crate) fn is_bound(&self) -> bool {
        self.binding().is_some_and(|it| it.device.is_some())
    }
}
