use std::collections::BTreeSet;

use axum_bare_session::SessionId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Reply;

/// One `Set-Cookie` line, taken apart. The order of attributes means nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) attributes: BTreeSet<String>,
}

impl SetCookie {
    pub(crate) fn parse(line: &str) -> Self {
        let mut parts = line.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<_> = parts.map(str::to_owned).collect();
        let count = attributes.len();
        let attributes = BTreeSet::from_iter(attributes);
        assert_eq!(attributes.len(), count, "an attribute twice: {line}");
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            attributes,
        }
    }

    /// The value of the attribute of that name, or `None`.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let pairs = self.attributes.iter().filter_map(|a| a.split_once('='));
        pairs.into_iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// The attributes that make a cookie outlive the browser.
    pub(crate) fn lifetime(&self) -> (Option<i64>, Option<&str>) {
        let max_age = self.attribute("Max-Age").map(|age| age.parse().unwrap());
        (max_age, self.attribute("Expires"))
    }
}

impl Reply {
    /// The only `Set-Cookie`, or `None`.
    pub(crate) fn set_cookie(&self) -> Option<SetCookie> {
        let lines = self.set_cookies();
        assert!(lines.len() <= 1, "{lines:?}");
        lines.first().map(|line| SetCookie::parse(line))
    }
}

/// The 16 bytes of id and 32 bytes of secret in a cookie's value.
pub(crate) fn token_bytes(value: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value).unwrap()
}

/// The public id in a cookie's value.
pub(crate) fn id_of(value: &str) -> SessionId {
    let id: [u8; 16] = token_bytes(value)[..16].try_into().unwrap();
    uuid::Uuid::from_bytes(id).into()
}

/// The attributes as a set, to compare with [`SetCookie::attributes`].
pub(crate) fn attributes(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|a| (*a).to_owned()).collect()
}
