use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::digest;
use super::fields::{Object, bytes, required, string, time, write_unknown};
use crate::record::former_secret::{FormerSecret, Successor};
use crate::record::{DecodeError, Nonce};

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
        write_unknown(&mut map, unknown)?;
        map.end()
    }
}

pub(super) fn read(stored: Object<'_>) -> Result<FormerSecret, DecodeError> {
    let (mut digest, mut replaced_at, mut nonce, mut used_at) = (None, None, None, None);
    let unknown = stored.retain(|key, json| {
        match key {
            "digest" => digest = Some(digest::decode(&string(json, FIELD)?)?),
            "replaced_at" => replaced_at = Some(time(json, FIELD)?),
            "nonce" => nonce = Some(Nonce(bytes(&string(json, FIELD)?, FIELD)?)),
            "used_at" => used_at = Some(time(json, FIELD)?),
            _ => return Ok(true),
        }
        Ok(false)
    })?;
    let successor = nonce.map_or(Successor::Drawn, |nonce| Successor::Derived {
        nonce,
        used_at,
    });
    Ok(FormerSecret {
        digest: required(digest, FIELD)?,
        replaced_at: required(replaced_at, FIELD)?,
        successor,
        unknown: unknown.into_values(),
    })
}

#[cfg(test)]
mod tests;
