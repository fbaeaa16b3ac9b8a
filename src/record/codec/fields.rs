use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::decode_error::FORMAT;
use crate::record::{DecodeError, Values};

/// The field that an error names where no single one is at fault.
const WHOLE: &str = "record";

/// The fields of a stored form, read in one pass, in whatever order they come.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) version: Option<u64>,
    pub(super) digest: Option<Text<'a>>,
    pub(super) created_at: Option<i64>,
    pub(super) last_seen: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) authenticated_at: Option<i64>,
    pub(super) owner: Option<Text<'a>>,
    pub(super) remember: Option<i64>,
    pub(super) label: Option<Text<'a>>,
    pub(super) renewals: Option<u32>,
    pub(super) generation: Option<u32>,
    pub(super) marks: Option<Vec<u32>>,
    pub(super) scope: Option<Text<'a>>,
    pub(super) transport: Option<Text<'a>>,
    pub(super) binding: Option<Object<'a>>,
    pub(super) stamps: Option<Vec<Text<'a>>>,
    pub(super) former_secret: Option<Object<'a>>,
    /// Those before it.
    pub(super) earlier_secrets: Option<Vec<Object<'a>>>,
    pub(super) values: Option<Object<'a>>,
    pub(super) unknown: Object<'a>,
    format: Option<u32>,
    /// The one being read.
    current: Option<&'static str>,
}

/// A text, borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The pairs of a JSON object, their values still text.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Fields<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, DecodeError> {
        let mut fields = Self::default();
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read = fields.deserialize(&mut deserializer);
        match read.and_then(|()| deserializer.end()) {
            Ok(()) => required(fields.format, "format").and_then(check_format)?,
            Err(_) => {
                check_format(format(json).unwrap_or(FORMAT))?;
                let field = fields.current.unwrap_or(WHOLE);
                return Err(DecodeError::Malformed { field });
            }
        }
        Ok(fields)
    }

    fn next<M: MapAccess<'a>, T: Deserialize<'a>>(
        &mut self,
        field: &'static str,
        map: &mut M,
    ) -> Result<Option<T>, M::Error> {
        self.current = Some(field);
        let value = map.next_value()?;
        self.current = None;
        Ok(Some(value))
    }
}

impl<'de> DeserializeSeed<'de> for &mut Fields<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Fields<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "format" => self.format = self.next("format", &mut map)?,
                "version" => self.version = self.next("version", &mut map)?,
                "digest" => self.digest = self.next("digest", &mut map)?,
                "created_at" => self.created_at = self.next("created_at", &mut map)?,
                "last_seen" => self.last_seen = self.next("last_seen", &mut map)?,
                "expires_at" => self.expires_at = self.next("expires_at", &mut map)?,
                "authenticated_at" => {
                    self.authenticated_at = self.next("authenticated_at", &mut map)?;
                }
                "owner" => self.owner = self.next("owner", &mut map)?,
                "remember" => self.remember = self.next("remember", &mut map)?,
                "label" => self.label = self.next("label", &mut map)?,
                "renewals" => self.renewals = self.next("renewals", &mut map)?,
                "generation" => self.generation = self.next("generation", &mut map)?,
                "marks" => self.marks = self.next("marks", &mut map)?,
                "scope" => self.scope = self.next("scope", &mut map)?,
                "transport" => self.transport = self.next("transport", &mut map)?,
                "binding" => self.binding = self.next("binding", &mut map)?,
                "stamps" => self.stamps = self.next("stamps", &mut map)?,
                "former_secret" => self.former_secret = self.next("former_secret", &mut map)?,
                "earlier_secrets" => {
                    self.earlier_secrets = self.next("earlier_secrets", &mut map)?;
                }
                "values" => self.values = self.next("values", &mut map)?,
                _ => self.unknown.0.push((key, text(map.next_value()?))),
            }
        }
        Ok(())
    }
}

impl Object<'_> {
    /// The pairs of which `is_kept` says so.
    pub(super) fn retain(
        mut self,
        mut is_kept: impl FnMut(&str, &str) -> Result<bool, DecodeError>,
    ) -> Result<Self, DecodeError> {
        let mut kept = Vec::new();
        for (key, json) in self.0 {
            if is_kept(&key, json)? {
                kept.push((key, json));
            }
        }
        self.0 = kept;
        Ok(self)
    }

    pub(super) fn into_values(self) -> Values {
        Values::packed(self.0)
    }
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
                let mut pairs = Vec::with_capacity(8);
                while let Some((Text(key), raw)) = map.next_entry()? {
                    pairs.push((key, text(raw)));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

fn text(raw: &RawValue) -> &str {
    raw.get()
}

pub(super) fn required<T>(value: Option<T>, field: &'static str) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Malformed { field })
}

fn check_format(format: u32) -> Result<(), DecodeError> {
    if format > FORMAT {
        return Err(DecodeError::NewerFormat { format });
    }
    Ok(())
}

/// The format of what may be no record of this one.
fn format(json: &str) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    serde_json::from_str::<Format>(json)
        .ok()
        .map(|it| it.format)
}
