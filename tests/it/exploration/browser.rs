//! A browser's jar, and what a cookie's value says.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum_bare_session::SessionId;
use axum_bare_session::storage::Digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::Sha256;

pub(super) const COOKIE_NAME: &str = "__Host-Http-id";

/// What a response says about our cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Remove,
    Set(Cookie),
}

/// A cookie's value, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cookie {
    pub(super) value: String,
    pub(super) id: SessionId,
    pub(super) digest: [u8; 32],
}

impl Cookie {
    pub(super) fn parse(value: &str) -> Self {
        let bytes = URL_SAFE_NO_PAD.decode(value).expect("base64url");
        let (id, secret) = bytes.split_at(16);
        assert_eq!(secret.len(), 32);
        Self {
            value: value.to_owned(),
            id: uuid::Uuid::from_slice(id).unwrap().into(),
            digest: <Sha256 as sha2::Digest>::digest(secret).into(),
        }
    }

    /// A cookie that no server has sent, of the session `id` or of none.
    pub(super) fn forged(id: Option<SessionId>) -> Self {
        let id = id.map_or([0x77; 16], |id| uuid::Uuid::from(id).into_bytes());
        let bytes = [&id[..], &[0x5a; 32]].concat();
        Self::parse(&URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn opens(&self, digest: &Digest) -> bool {
        self.digest == *digest.as_bytes()
    }

    /// The part of the value that nobody else may read: behind the id's 16 bytes.
    pub(super) fn secret_part(&self) -> &str {
        &self.value[22..]
    }
}

impl Said {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut said = BTreeSet::new();
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let pair = line.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert_eq!(name, COOKIE_NAME);
            said.insert(value);
        }
        assert!(said.len() <= 1, "two cookies at once");
        match said.first() {
            None => Self::Nothing,
            Some(&"") => Self::Remove,
            Some(value) => Self::Set(Cookie::parse(value)),
        }
    }

    pub(super) fn cookie(&self) -> Option<&Cookie> {
        match self {
            Self::Set(cookie) => Some(cookie),
            _ => None,
        }
    }

    /// Does to a jar what the response says.
    pub(super) fn keep(&self, jar: &mut Option<Cookie>) {
        match self {
            Self::Nothing => {}
            Self::Remove => *jar = None,
            Self::Set(cookie) => *jar = Some(cookie.clone()),
        }
    }
}
