use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::Duration;

use super::renewal::FormerSecret;
use super::{Digest, SessionRecord, Timestamp, Values, Version};

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
        let mut fields = Fields(object(json, "record")?);
        let format = fields.take("format")?;
        if format > FORMAT {
            return Err(DecodeError::NewerFormat { format });
        }
        let version = Version::from(fields.take::<u64>("version")?);
        let digest = digest(&fields.take::<String>("digest")?)?;
        let (created_at, last_seen) = (fields.time("created_at")?, fields.time("last_seen")?);
        let mut record = Self::new(digest, created_at, fields.time("expires_at")?);
        record.version = version;
        record.last_seen = last_seen;
        record.authenticated_at = fields.optional_time("authenticated_at")?;
        record.owner = fields.optional::<String>("owner")?.map(Arc::from);
        record.set_remember(fields.optional("remember")?.map(Duration::seconds));
        let label = fields.optional::<String>("label")?.map(Arc::from);
        record.set_label(label);
        record.renewals = fields.optional("renewals")?.unwrap_or(0);
        let former_secret = fields.optional::<StoredFormerSecret>("former_secret")?;
        record.set_former_secret(former_secret.map(StoredFormerSecret::read).transpose()?);
        record.values = entries(&object(fields.raw("values")?.get(), "values")?);
        record.set_unknown(entries(&fields.0));
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

/// The pairs of a JSON object, their values still text.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

fn object<'a>(json: &'a str, field: &'static str) -> Result<Object<'a>, DecodeError> {
    serde_json::from_str(json).map_err(|_| DecodeError::Malformed { field })
}

fn entries(object: &Object<'_>) -> Values {
    let pairs = object.0.iter();
    Values::packed(
        pairs
            .map(|(key, raw)| (key.as_bytes(), raw.get().as_bytes()))
            .collect(),
    )
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

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::with_capacity(16);
                while let Some((Key(key), raw)) = map.next_entry()? {
                    pairs.push((key, raw));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// A key, borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Fields<'a>(Object<'a>);

impl<'a> Fields<'a> {
    fn find(&mut self, field: &'static str) -> Option<&'a RawValue> {
        let at = self.0.0.iter().position(|(key, _)| key == field)?;
        Some(self.0.0.remove(at).1)
    }

    fn raw(&mut self, field: &'static str) -> Result<&'a RawValue, DecodeError> {
        self.find(field).ok_or(DecodeError::Malformed { field })
    }

    fn take<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, DecodeError> {
        parse(self.raw(field)?, field)
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        self.find(field).map_or(Ok(None), |raw| parse(raw, field))
    }

    fn time(&mut self, field: &'static str) -> Result<Timestamp, DecodeError> {
        Timestamp::decode(self.take(field)?, field)
    }

    fn optional_time(&mut self, field: &'static str) -> Result<Option<Timestamp>, DecodeError> {
        let micros = self.optional(field)?;
        micros
            .map(|micros| Timestamp::decode(micros, field))
            .transpose()
    }
}

fn parse<T: DeserializeOwned>(raw: &RawValue, field: &'static str) -> Result<T, DecodeError> {
    serde_json::from_str(raw.get()).map_err(|_| DecodeError::Malformed { field })
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
