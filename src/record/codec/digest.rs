//! A digest as text: 43 characters of base64url.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fields::bytes;
use crate::record::{DecodeError, Digest};

pub(super) fn encode(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

pub(super) fn decode(text: &str) -> Result<Digest, DecodeError> {
    bytes(text, "digest").map(Digest::from)
}
