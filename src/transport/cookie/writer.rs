use axum::http::HeaderValue;
use axum_extra::extract::cookie::Cookie;
use time::{Duration, OffsetDateTime};

use super::{CookieConfig, Signatures};
use crate::record::{SessionRecord, Timestamp, Token};

/// RFC 6265bis, section 5.5: browsers keep no cookie for longer.
const MAX_AGE: Duration = Duration::days(400);

/// Writes the session cookie and its removal from one set of attributes, so that a removal always matches.
#[derive(Debug)]
pub(crate) struct CookieWriter {
    name: String,
    /// All attributes but those of time, from the first `;` on.
    pub(super) attributes: String,
    max_age: Option<Duration>,
    expires: Option<Timestamp>,
    signatures: Signatures,
    /// The cookies in which sessions were before.
    former: Vec<Self>,
}

impl CookieWriter {
    pub(crate) fn new(config: &CookieConfig) -> Self {
        Self {
            name: config.name().to_owned(),
            attributes: config.attributes(),
            max_age: config.max_age,
            expires: config.expires.map(Into::into),
            signatures: config.signatures.clone().unwrap_or_default(),
            former: config.former().map(|config| Self::new(&config)).collect(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// The cookies in which sessions were before.
    pub(crate) fn former(&self) -> &[Self] {
        &self.former
    }

    /// Whether a session's cookie is sent again whenever the session's expiry moves: since it outlives the browser, or
    /// may still be one of the same name with other attributes, which no request tells.
    pub(crate) fn is_sent_again(&self, remembered: bool, now: Timestamp) -> bool {
        remembered
            || self.max_age.is_some()
            || self.expires.is_some_and(|expires| expires > now)
            || self.former.iter().any(|former| former.name == self.name)
    }

    /// The cookie that opens the session of `record`.
    pub(crate) fn set(
        &self,
        token: &Token,
        record: &SessionRecord,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Option<HeaderValue> {
        // Exactly as long as most cookies are: the header keeps the vector as it is, where none of it is unused.
        let length = self.name.len() + "=".len() + Token::LENGTH + self.signatures.length();
        let mut line = Vec::with_capacity(length + self.attributes.len());
        self.write_pair(token, &mut line);
        // To the nearest second, so that the moments since the save cost none.
        let left = ends_at - now + Duration::milliseconds(500);
        let limit = left.clamp(Duration::ZERO, MAX_AGE);
        let max_age = match record.remember() {
            Some(_) => Some(limit),
            None => self.max_age.map(|max_age| max_age.min(limit)),
        };
        // Of two ends the earlier one counts, and one attribute tells it.
        match (max_age, self.expires.filter(|expires| *expires > now)) {
            (Some(max_age), expires) => {
                let max_age = expires.map_or(max_age, |expires| max_age.min(expires - now));
                line.extend_from_slice(b"; Max-Age=");
                line.extend_from_slice(max_age.whole_seconds().to_string().as_bytes());
            }
            (None, Some(expires)) => {
                let expires = OffsetDateTime::from(expires.min(now + limit));
                let dated = Cookie::build("").expires(expires);
                line.extend_from_slice(&dated.to_string().as_bytes()["=".len()..]);
            }
            (None, None) => {}
        }
        line.extend_from_slice(self.attributes.as_bytes());
        finish(line)
    }

    /// The name and the value alone, as a request brings them.
    pub(crate) fn pair(&self, token: &Token) -> Option<HeaderValue> {
        let mut line = Vec::new();
        self.write_pair(token, &mut line);
        finish(line)
    }

    fn write_pair(&self, token: &Token, line: &mut Vec<u8>) {
        line.extend_from_slice(self.name.as_bytes());
        line.push(b'=');
        let value = line.len();
        token.write_cookie_value(line);
        if let Some(signature) = self.signatures.sign(&self.name, &line[value..]) {
            line.extend_from_slice(signature.as_bytes());
        }
    }

    /// The removal of the cookie, with the attributes it was set with.
    pub(crate) fn remove(&self) -> Option<HeaderValue> {
        let mut line = self.name.clone().into_bytes();
        line.extend_from_slice(b"=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        line.extend_from_slice(self.attributes.as_bytes());
        finish(line)
    }
}

/// `None` only if a name or an attribute cannot stand in a header, which the configuration has ruled out.
pub(super) fn finish(line: Vec<u8>) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(line).ok()?;
    // Keeps the secret out of `Debug`, and out of HTTP/2's header compression.
    value.set_sensitive(true);
    Some(value)
}
