//! A digest as text: 43 characters of base64url.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serializer;

use crate::record::{DecodeError, Digest};

pub(super) fn encode(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

pub(super) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(digest))
}

pub(super) fn decode(text: &str) -> Result<Digest, DecodeError> {
    let mut bytes = [0; 32];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(32) => Ok(Digest::from(bytes)),
        _ => Err(DecodeError::Malformed { field: "digest" }),
    }
}
