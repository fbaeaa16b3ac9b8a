use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};
use time::Duration;

use self::fields::{Fields, Text, required};
use super::renewal::FormerSecret;
use super::{Digest, SessionRecord, Timestamp, Values};

mod fields;

/// The format that this version of the crate writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// A stored record that cannot be read. It names the field, never what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is not a record: not JSON, or a field is missing or of another type.
    #[error("the stored session is malformed at `{field}`")]
    Malformed {
        /// The field that could not be read.
        field: &'static str,
    },
    /// The record was written by a newer version of this crate, in a format that this one does not know.
    #[error("the stored session has format {format}, newer than this program's {FORMAT}")]
    NewerFormat {
        /// The number of that format.
        format: u32,
    },
}

/// All but the values and what is unknown, which are JSON already.
#[derive(Serialize)]
struct Stored<'a> {
    format: u32,
    version: u64,
    #[serde(serialize_with = "base64url")]
    digest: &'a Digest,
    created_at: i64,
    last_seen: i64,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remember: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    renewals: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    former_secret: Option<StoredFormerSecret>,
}

#[derive(Serialize, serde::Deserialize)]
struct StoredFormerSecret {
    digest: String,
    accepted_until: i64,
    replaced_at: i64,
    successor_used: bool,
}

impl SessionRecord {
    /// The stored form: a JSON object. Times are in microseconds since 1970, durations in seconds, the digest in base64url.
    ///
    /// # Errors
    ///
    /// If memory runs out; every part of a record is text that was JSON before.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let stored = Stored {
            format: FORMAT,
            version: self.version.into(),
            digest: &self.digest,
            created_at: self.created_at.as_micros(),
            last_seen: self.last_seen.as_micros(),
            expires_at: self.expires_at.as_micros(),
            authenticated_at: self.authenticated_at.map(Timestamp::as_micros),
            owner: self.owner.as_deref(),
            remember: self.remember().map(Duration::whole_seconds),
            label: self.label().map(|label| &**label),
            renewals: self.renewals,
            former_secret: self.former_secret().map(StoredFormerSecret::of),
        };
        let mut json = Vec::with_capacity(256 + self.values.size() + 8 * self.values.len());
        serde_json::to_writer(&mut json, &stored)?;
        json.pop();
        json.extend_from_slice(b",\"values\":{");
        write_pairs(&mut json, &self.values)?;
        json.push(b'}');
        if let Some(unknown) = self.unknown().filter(|unknown| !unknown.is_empty()) {
            json.push(b',');
            write_pairs(&mut json, unknown)?;
        }
        json.push(b'}');
        Ok(json)
    }

    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// If `json` is not a record, or one of a newer format.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        // Once, instead of at each of its texts.
        let json = std::str::from_utf8(json);
        let json = json.map_err(|_| DecodeError::Malformed { field: "record" })?;
        let fields = Fields::read(json)?;
        let time = |micros, field| Timestamp::decode(required(micros, field)?, field);
        let digest = digest(&required(fields.digest, "digest")?.0)?;
        let created_at = time(fields.created_at, "created_at")?;
        let expires_at = time(fields.expires_at, "expires_at")?;
        let mut record = Self::new(digest, created_at, expires_at);
        record.version = required(fields.version, "version")?.into();
        record.last_seen = time(fields.last_seen, "last_seen")?;
        let authenticated_at = fields.authenticated_at;
        record.authenticated_at = authenticated_at
            .map(|micros| Timestamp::decode(micros, "authenticated_at"))
            .transpose()?;
        record.owner = fields.owner.map(|owner| Arc::from(owner.0));
        record.renewals = fields.renewals.unwrap_or(0);
        record.values = required(fields.values, "values")?.into_values();
        if let Some(remember) = fields.remember {
            record.set_remember(Some(Duration::seconds(remember)));
        }
        if let Some(Text(label)) = fields.label {
            record.set_label(Some(label.into()));
        }
        if let Some(former) = fields.former_secret {
            record.set_former_secret(Some(former.read()?));
        }
        if !fields.unknown.is_empty() {
            record.set_unknown(fields.unknown.into_values());
        }
        Ok(record)
    }
}

impl StoredFormerSecret {
    fn of(former: &FormerSecret) -> Self {
        Self {
            digest: URL_SAFE_NO_PAD.encode(former.digest.as_bytes()),
            accepted_until: former.accepted_until.as_micros(),
            replaced_at: former.replaced_at.as_micros(),
            successor_used: former.successor_used,
        }
    }

    fn read(self) -> Result<FormerSecret, DecodeError> {
        let time = |micros| Timestamp::decode(micros, "former_secret");
        Ok(FormerSecret {
            digest: digest(&self.digest)?,
            accepted_until: time(self.accepted_until)?,
            replaced_at: time(self.replaced_at)?,
            successor_used: self.successor_used,
        })
    }
}

/// Writes the inside of an object.
fn write_pairs(json: &mut Vec<u8>, values: &Values) -> Result<(), serde_json::Error> {
    for (index, (key, value)) in values.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut *json, key)?;
        json.push(b':');
        json.extend_from_slice(value.as_bytes());
    }
    Ok(())
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn base64url<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&URL_SAFE_NO_PAD.encode(digest.as_bytes()))
}

fn digest(text: &str) -> Result<Digest, DecodeError> {
    let mut bytes = [0; 32];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(32) => Ok(Digest::from(bytes)),
        _ => Err(DecodeError::Malformed { field: "digest" }),
    }
}

#[cfg(test)]
mod tests;
