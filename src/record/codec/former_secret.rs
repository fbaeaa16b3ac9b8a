use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::digest;
use super::fields::{Object, required};
use crate::record::former_secret::{FormerSecret, Successor};
use crate::record::{DecodeError, Nonce, Timestamp};

const FIELD: &str = "former_secret";

/// A former secret as it is stored: with a nonce where periodic renewal has replaced it.
pub(super) struct Stored<'a>(pub(super) &'a FormerSecret);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let FormerSecret {
            digest,
            replaced_at,
            successor,
            unknown,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("digest", &digest::encode(digest))?;
        map.serialize_entry("replaced_at", &replaced_at.as_micros())?;
        if let Successor::Derived { nonce, used_at } = successor {
            map.serialize_entry("nonce", &URL_SAFE_NO_PAD.encode(nonce.0))?;
            if let Some(used_at) = used_at {
                map.serialize_entry("used_at", &used_at.as_micros())?;
            }
        }
        for (key, json) in unknown.iter() {
            let json: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, json)?;
        }
        map.end()
    }
}

pub(super) fn read(stored: Object<'_>) -> Result<FormerSecret, DecodeError> {
    let (mut digest, mut replaced_at, mut nonce, mut used_at) = (None, None, None, None);
    let unknown = stored.retain(|key, json| {
        match key {
            "digest" => digest = Some(text(json)?),
            "replaced_at" => replaced_at = Some(time(json)?),
            "nonce" => nonce = Some(read_nonce(&text(json)?)?),
            "used_at" => used_at = Some(time(json)?),
            _ => return Ok(true),
        }
        Ok(false)
    })?;
    let successor = nonce.map_or(Successor::Drawn, |nonce| Successor::Derived {
        nonce,
        used_at,
    });
    Ok(FormerSecret {
        digest: digest::decode(&required(digest, FIELD)?)?,
        replaced_at: required(replaced_at, FIELD)?,
        successor,
        unknown: unknown.into_values(),
    })
}

fn read_nonce(text: &str) -> Result<Nonce, DecodeError> {
    let mut bytes = [0; 16];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(16) => Ok(Nonce(bytes)),
        _ => Err(DecodeError::Malformed { field: FIELD }),
    }
}

fn text(json: &str) -> Result<String, DecodeError> {
    parse(json)
}

fn time(json: &str) -> Result<Timestamp, DecodeError> {
    Timestamp::decode(parse(json)?, FIELD)
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|_| DecodeError::Malformed { field: FIELD })
}

#[cfg(test)]
mod tests;
