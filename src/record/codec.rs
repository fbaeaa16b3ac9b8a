use std::sync::Arc;

use serde::Serialize;
use time::Duration;

use self::fields::{Fields, Text, required};
use super::decode_error::FORMAT;
use super::{DecodeError, Digest, SessionRecord, Stamps, Timestamp, Transport, Values};

mod binding;
mod digest;
mod fields;
mod former_secret;

/// All but the values and what is unknown, which are JSON already.
#[derive(Serialize)]
struct Stored<'a> {
    format: u32,
    version: u64,
    #[serde(serialize_with = "digest::serialize")]
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
        let (former, earlier) = match self.former_secrets() {
            [earlier @ .., former] => (Some(former), earlier),
            [] => (None, &[][..]),
        };
        let stamps = self.stamps().map_or(&[][..], Stamps::as_slice);
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
            generation: self.generation,
            marks: self.marks(),
            scope: self.scope().map(|scope| &**scope),
            transport: self.transport().name(),
            binding: self.binding().map(|it| binding::Stored(it)),
            stamps: stamps.iter().map(digest::encode).collect(),
            former_secret: former.map(former_secret::Stored),
            earlier_secrets: earlier.iter().map(former_secret::Stored).collect(),
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
        let digest = digest::decode(&required(fields.digest, "digest")?.0)?;
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
        record.generation = fields.generation.unwrap_or(0);
        if let Some(marks) = fields.marks.filter(|marks| !marks.is_empty()) {
            record.set_marks(marks.into());
        }
        if let Some(Text(scope)) = fields.scope {
            record.set_scope(Some(scope.into()));
        }
        if let Some(Text(name)) = fields.transport {
            let transport = Transport::of_name(&name);
            record.set_transport(required(transport, "transport")?);
        }
        if let Some(stored) = fields.binding {
            record.set_binding(Some(binding::read(stored)?.into()));
        }
        if let Some(stamps) = fields.stamps {
            let stamps: Result<Stamps, _> = stamps.iter().map(|it| digest::decode(&it.0)).collect();
            record.set_stamps(stamps?);
        }
        if let Some(former) = fields.former_secret {
            let earlier = fields.earlier_secrets.unwrap_or_default();
            let stored = earlier.into_iter().chain([former]);
            let former: Result<_, _> = stored.map(former_secret::read).collect();
            record.set_former_secrets(former?);
        }
        if !fields.unknown.is_empty() {
            record.set_unknown(fields.unknown.into_values());
        }
        Ok(record)
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
