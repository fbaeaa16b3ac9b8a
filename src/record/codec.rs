use std::sync::Arc;

use serde::Serialize;
use time::Duration;

use self::fields::{Fields, Text, required};
use super::decode_error::FORMAT;
use super::session_record::RareFields;
use super::{DecodeError, SessionRecord, Timestamp, Transport, Values};

mod binding;
mod digest;
mod fields;
mod former_secret;

/// All but the values and what is unknown, which are JSON already.
#[derive(Serialize)]
struct Stored<'a> {
    format: u32,
    version: u64,
    digest: String,
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
    #[serde(skip_serializing_if = "is_zero")]
    generation: u32,
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    marks: &'a [u32],
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stamps: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<binding::Stored<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    former_secret: Option<former_secret::Stored<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier_secrets: Vec<former_secret::Stored<'a>>,
}

impl SessionRecord {
    /// The stored form: a JSON object. Times are in microseconds since 1970, durations in seconds, the digest in
    /// base64url.
    ///
    /// # Errors
    ///
    /// If memory runs out; every part of a record is text that was JSON before.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let rare = self.rare();
        let (former, earlier) = match &rare.former_secrets[..] {
            [earlier @ .., former] => (Some(former), earlier),
            [] => (None, &[][..]),
        };
        let stored = Stored {
            format: FORMAT,
            version: self.version.into(),
            digest: digest::encode(&self.digest),
            created_at: self.created_at.as_micros(),
            last_seen: self.last_seen.as_micros(),
            expires_at: self.expires_at.as_micros(),
            authenticated_at: self.authenticated_at.map(Timestamp::as_micros),
            owner: self.owner.as_deref(),
            remember: rare.remember.map(Duration::whole_seconds),
            label: rare.label.as_deref(),
            renewals: self.renewals,
            generation: self.generation,
            marks: &rare.marks,
            scope: rare.scope.as_deref(),
            transport: rare.transport.name(),
            binding: rare.binding.as_deref().map(binding::Stored),
            stamps: rare.stamps.as_slice().iter().map(digest::encode).collect(),
            former_secret: former.map(former_secret::Stored),
            earlier_secrets: earlier.iter().map(former_secret::Stored).collect(),
        };
        let mut json = Vec::with_capacity(256 + self.values.size() + 8 * self.values.len());
        serde_json::to_writer(&mut json, &stored)?;
        json.pop();
        json.extend_from_slice(b",\"values\":{");
        write_pairs(&mut json, &self.values)?;
        json.push(b'}');
        if !rare.unknown.is_empty() {
            json.push(b',');
            write_pairs(&mut json, &rare.unknown)?;
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
        let authenticated_at = |micros| Timestamp::decode(micros, "authenticated_at");
        let transport = |Text(name)| required(Transport::of_name(&name), "transport");
        let stamps = fields.stamps.unwrap_or_default();
        let stamps = stamps.iter().map(|stamp| digest::decode(&stamp.0));
        let former = fields.former_secret;
        // Without the latest, earlier ones are none.
        let earlier = fields.earlier_secrets.filter(|_| former.is_some());
        let former = earlier.into_iter().flatten().chain(former);
        Ok(Self {
            digest: digest::decode(&required(fields.digest, "digest")?.0)?,
            created_at: time(fields.created_at, "created_at")?,
            expires_at: time(fields.expires_at, "expires_at")?,
            version: required(fields.version, "version")?.into(),
            last_seen: time(fields.last_seen, "last_seen")?,
            authenticated_at: fields.authenticated_at.map(authenticated_at).transpose()?,
            owner: fields.owner.map(|owner| owner.0.into()),
            renewals: fields.renewals.unwrap_or(0),
            generation: fields.generation.unwrap_or(0),
            values: required(fields.values, "values")?.into_values(),
            rare: RareFields {
                remember: fields.remember.map(Duration::seconds),
                label: fields.label.map(|label| label.0.into()),
                marks: fields.marks.unwrap_or_default().into(),
                scope: fields.scope.map(|scope| scope.0.into()),
                transport: fields.transport.map_or(Ok(Transport::Cookie), transport)?,
                binding: fields.binding.map(binding::read).transpose()?.map(Arc::new),
                stamps: stamps.collect::<Result<_, _>>()?,
                former_secrets: former.map(former_secret::read).collect::<Result<_, _>>()?,
                unknown: fields.unknown.into_values(),
            }
            .boxed(),
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

#[cfg(test)]
mod tests;
