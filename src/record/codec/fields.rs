use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Error, SerializeMap};
use serde_json::value::RawValue;

use crate::record::decode_error::FORMAT;
use crate::record::{DecodeError, Timestamp, Values};

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
            macro_rules! read {
                ($($field:ident)+) => {
                    match &*key {
                        $(stringify!($field) => self.$field = self.next(stringify!($field), &mut map)?,)+
                        _ => self.unknown.0.push((key, text(map.next_value()?))),
                    }
                };
            }
            read! {
                format version digest created_at last_seen expires_at authenticated_at owner remember label renewals
                generation marks scope transport binding stamps former_secret earlier_secrets values
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

/// Writes fields that this version of the crate does not know, each with its exact text.
pub(super) fn write_unknown<M: SerializeMap>(
    map: &mut M,
    unknown: &Values,
) -> Result<(), M::Error> {
    for (key, json) in unknown.iter() {
        let json: &RawValue = serde_json::from_str(json).map_err(M::Error::custom)?;
        map.serialize_entry(key, json)?;
    }
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str, field: &'static str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|_| DecodeError::Malformed { field })
}

pub(super) fn time(json: &str, field: &'static str) -> Result<Timestamp, DecodeError> {
    Timestamp::decode(parse(json, field)?, field)
}

pub(super) fn string<'a>(json: &'a str, field: &'static str) -> Result<Cow<'a, str>, DecodeError> {
    parse(json, field).map(|Text(text)| text)
}

pub(super) fn bytes<const N: usize>(
    text: &str,
    field: &'static str,
) -> Result<[u8; N], DecodeError> {
    let mut bytes = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(DecodeError::Malformed { field }),
    }
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
