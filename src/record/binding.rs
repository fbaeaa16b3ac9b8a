use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::Duration;

use super::{Random, SessionRecord, Timestamp, Values};

/// The bytes of a key that authenticates: as many as the digest has (RFC 2104, section 3).
pub(super) const KEY_BYTES: usize = 32;
/// The bytes of a point of P-256, x and then y.
pub(crate) const POINT_BYTES: usize = 64;
#[cfg(feature = "device-bound")]
/// A whole number of characters.
const IDENTIFIER_BYTES: usize = 18;
const TIME_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// Within what time of a log-in a browser may register its key.
const REGISTRATION: Duration = Duration::minutes(5);
/// How long a bound cookie is worth something.
const COOKIE: Duration = Duration::minutes(10);
/// How long before that browsers drop it, so that one that comes after its end was on no way.
const ON_ITS_WAY: Duration = Duration::seconds(30);
/// How long a challenge may be answered: the browser has it from one refresh to the next.
const CHALLENGE: Duration = Duration::minutes(20);
/// For how long a new binding asks for no bound cookie: requests may be under way that were sent before.
const GRACE: Duration = Duration::seconds(10);

/// How a session is bound to a key that does not leave its browser's device (Device Bound Session Credentials).
///
/// What a browser is given to prove itself with is authenticated by a key of the session's own, and so costs no write
/// and no configuration: every process that reads the record knows its own from another's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    key: BindingKey,
    /// When it was offered, or when the browser has registered its key.
    at: Timestamp,
    /// `None` as long as no browser has.
    device: Option<DeviceKey>,
    /// Fields of a stored form that this version of the crate does not know.
    pub(super) unknown: Values,
}

/// What authenticates the bound cookies and the challenges of one session. It is random, and not made of the session's
/// secret: who has stolen a cookie has that.
#[derive(Clone, PartialEq)]
pub(crate) struct BindingKey([u8; KEY_BYTES]);

/// The public key of a device: an uncompressed point of P-256, without the octet that says so.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DeviceKey(pub(crate) Box<[u8; POINT_BYTES]>);

/// What a text is for that the session's key authenticates.
#[derive(Clone, Copy)]
enum Purpose {
    Registration,
    Refresh,
    Cookie,
    #[cfg(feature = "device-bound")]
    Identifier,
}

/// What a bound cookie is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BoundCookie {
    /// It is not one of the session's.
    Unknown,
    /// It is one of the session's, after its end.
    Ended,
    /// It proves that the browser had the device's key a short while ago.
    Valid,
}

impl Binding {
    /// An offer to the browser that logs in at `at`.
    pub(crate) fn offer(key: BindingKey, at: Timestamp) -> Self {
        Self::restore(key, at, None, Values::default())
    }

    pub(super) fn restore(
        key: BindingKey,
        at: Timestamp,
        device: Option<DeviceKey>,
        unknown: Values,
    ) -> Self {
        Self {
            key,
            at,
            device,
            unknown,
        }
    }

    pub(super) fn key(&self) -> &BindingKey {
        &self.key
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// The key that the session is bound to, if it is.
    pub(crate) fn device(&self) -> Option<&DeviceKey> {
        self.device.as_ref()
    }

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
        self.device.is_none() && is_within(REGISTRATION, self.at, now)
    }

    /// The challenge that a browser has to sign to register its key; always the same one.
    pub(crate) fn registration_challenge(&self) -> String {
        self.key.write(Purpose::Registration, self.at)
    }

    pub(crate) fn is_registration_challenge(&self, text: &str) -> bool {
        self.key.read(Purpose::Registration, text.as_bytes()) == Some(self.at)
    }

    /// The browser's name for the session it has here; another one after another registration.
    #[cfg(feature = "device-bound")]
    pub(crate) fn session_identifier(&self) -> String {
        let mac = self.key.mac(Purpose::Identifier, &[]).finalize();
        URL_SAFE_NO_PAD.encode(&mac.into_bytes()[..IDENTIFIER_BYTES])
    }

    /// A challenge for the next refresh.
    pub(crate) fn challenge(&self, now: Timestamp) -> String {
        self.key.write(Purpose::Refresh, now)
    }

    /// Whether the session has given that challenge, not long before `now`.
    pub(crate) fn is_challenge(&self, text: &str, now: Timestamp) -> bool {
        let given_at = self.key.read(Purpose::Refresh, text.as_bytes());
        given_at.is_some_and(|at| is_within(CHALLENGE, at, now))
    }

    /// The value of a bound cookie that is made at `now`.
    pub(crate) fn cookie(&self, now: Timestamp) -> String {
        self.key.write(Purpose::Cookie, now)
    }

    /// How long a bound cookie is worth something.
    #[cfg(feature = "device-bound")]
    pub(crate) const fn cookie_lifetime() -> Duration {
        COOKIE
    }

    /// How long a browser keeps it.
    pub(crate) const fn cookie_age() -> Duration {
        Duration::seconds(COOKIE.whole_seconds() - ON_ITS_WAY.whole_seconds())
    }

    /// What the value of a bound cookie is worth at `now`.
    pub(crate) fn check_cookie(&self, value: &[u8], now: Timestamp) -> BoundCookie {
        match self.key.read(Purpose::Cookie, value) {
            Some(made_at) if is_within(COOKIE, made_at, now) => BoundCookie::Valid,
            Some(_) => BoundCookie::Ended,
            None => BoundCookie::Unknown,
        }
    }

    /// Whether requests may still be under way that were sent before the session was bound.
    pub(crate) fn is_new(&self, now: Timestamp) -> bool {
        is_within(GRACE, self.at, now)
    }
}

impl BindingKey {
    pub(crate) fn generate(random: &Random) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; KEY_BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn mac(&self, purpose: Purpose, time: &[u8]) -> Hmac<Sha256> {
        // RFC 2104: a key is filled up with zeros to a block of the hash.
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        Hmac::<Sha256>::new(&block.into())
            .chain_update(purpose.name())
            .chain_update(time)
    }

    /// A text for this purpose: a time, and what authenticates it.
    fn write(&self, purpose: Purpose, time: Timestamp) -> String {
        let time = time.as_micros().to_be_bytes();
        let mac = self.mac(purpose, &time).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&time[..], &mac].concat())
    }

    /// The time of a text that was written for this purpose.
    fn read(&self, purpose: Purpose, text: &[u8]) -> Option<Timestamp> {
        let mut bytes = [0; TIME_BYTES + MAC_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (time, mac) = bytes.get(..length)?.split_first_chunk::<TIME_BYTES>()?;
        self.mac(purpose, time).verify_slice(mac).ok()?;
        Timestamp::from_micros(i64::from_be_bytes(*time))
    }
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration\0",
            Self::Refresh => "refresh\0",
            Self::Cookie => "cookie\0",
            #[cfg(feature = "device-bound")]
            Self::Identifier => "identifier\0",
        }
    }
}

impl fmt::Debug for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingKey(REDACTED)")
    }
}

/// It is no secret, and nothing to read either: one could tell two sessions of a device by it.
impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(REDACTED)")
    }
}

impl SessionRecord {
    /// Whether the session is bound to a device.
    pub(crate) fn is_bound(&self) -> bool {
        self.binding().is_some_and(|it| it.device.is_some())
    }

    /// When the session was bound to a device, if it is.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bound_at(&self) -> Option<Timestamp> {
        self.binding()?.bound_at()
    }
}

/// Whether `now` lies within `span` after `begun`. A clock that was set back prolongs nothing.
fn is_within(span: Duration, begun: Timestamp, now: Timestamp) -> bool {
    (now - begun).abs() < span
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456).unwrap();

    fn offer() -> Binding {
        Binding::offer(BindingKey::generate(&Random::default()).unwrap(), NOW)
    }

    fn bound() -> Binding {
        offer().bound(DeviceKey(Box::new([7; POINT_BYTES])), NOW)
    }

    #[test]
    fn a_bound_cookie_is_worth_ten_minutes_and_browsers_drop_it_before() {
        let binding = bound();
        let cookie = binding.cookie(NOW);
        let check = |after| binding.check_cookie(cookie.as_bytes(), NOW + after);
        assert_eq!(check(Duration::ZERO), BoundCookie::Valid);
        let end = Duration::minutes(10);
        assert_eq!(check(end - Duration::MICROSECOND), BoundCookie::Valid);
        assert_eq!(check(end), BoundCookie::Ended);
        assert_eq!(check(-end), BoundCookie::Ended);
        assert!(Binding::cookie_age() < end);
    }

    #[test]
    fn a_text_is_good_for_its_purpose_and_its_session_alone() {
        let (binding, other) = (bound(), bound());
        let (cookie, challenge) = (binding.cookie(NOW), binding.challenge(NOW));
        let registration = binding.registration_challenge();
        assert!(binding.is_challenge(&challenge, NOW));
        assert!(binding.is_registration_challenge(&registration));
        for text in [&cookie, &registration] {
            assert!(!binding.is_challenge(text, NOW));
        }
        for text in [&cookie, &challenge] {
            assert!(!binding.is_registration_challenge(text));
        }
        for text in [&challenge, &registration] {
            let worth = binding.check_cookie(text.as_bytes(), NOW);
            assert_eq!(worth, BoundCookie::Unknown);
        }
        assert!(!other.is_challenge(&challenge, NOW));
        assert!(!other.is_registration_challenge(&registration));
        let worth = other.check_cookie(cookie.as_bytes(), NOW);
        assert_eq!(worth, BoundCookie::Unknown);
    }

    #[test]
    fn a_text_that_differs_by_a_bit_or_is_no_canonical_base64_is_unknown() {
        let binding = bound();
        let cookie = binding.cookie(NOW).into_bytes();
        for at in 0..cookie.len() {
            for stranger in [b'A', b'B', b'=', b'+', b' ', 0, 0xff] {
                let mut bad = cookie.clone();
                bad[at] = stranger;
                let worth = binding.check_cookie(&bad, NOW);
                let is_same = bad == cookie;
                assert_eq!(worth == BoundCookie::Valid, is_same, "{at} {stranger}");
                assert_ne!(worth, BoundCookie::Ended);
            }
            let worth = binding.check_cookie(&cookie[..at], NOW);
            assert_eq!(worth, BoundCookie::Unknown, "{at}");
        }
        for more in [&b"="[..], b"==", b"A", b"AAAA"] {
            let worth = binding.check_cookie(&[&cookie, more].concat(), NOW);
            assert_eq!(worth, BoundCookie::Unknown);
        }
        let worth = binding.check_cookie(&vec![b'A'; 1_000_000], NOW);
        assert_eq!(worth, BoundCookie::Unknown);
    }

    #[test]
    fn an_offer_is_open_for_five_minutes_and_until_it_is_taken() {
        let offer = offer();
        assert!(offer.is_open(NOW));
        assert!(offer.is_open(NOW + Duration::minutes(5) - Duration::MICROSECOND));
        assert!(!offer.is_open(NOW + Duration::minutes(5)));
        let bound = offer.bound(DeviceKey(Box::new([7; POINT_BYTES])), NOW);
        assert!(!bound.is_open(NOW));
        assert_eq!(bound.bound_at(), Some(NOW));
        assert_eq!(offer.bound_at(), None);
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", bound());
        assert_eq!(shown.matches("REDACTED").count(), 2, "{shown}");
        assert!(!shown.contains("7, 7"), "{shown}");
    }
}
