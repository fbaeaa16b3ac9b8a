use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::fields::{Object, required};
use crate::record::binding::{Binding, BindingKey, DeviceKey, KEY_BYTES, POINT_BYTES};
use crate::record::{DecodeError, Timestamp};

const FIELD: &str = "binding";

/// A binding as it is stored: with a public key where a browser has registered one.
pub(super) struct Stored<'a>(pub(super) &'a Binding);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let binding = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &URL_SAFE_NO_PAD.encode(binding.key.0))?;
        map.serialize_entry("at", &binding.at.as_micros())?;
        if let Some(device) = &binding.device {
            map.serialize_entry("device", &URL_SAFE_NO_PAD.encode(&device.0[..]))?;
        }
        for (key, json) in binding.unknown.iter() {
            let json: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, json)?;
        }
        map.end()
    }
}

pub(super) fn read(stored: Object<'_>) -> Result<Binding, DecodeError> {
    let (mut key, mut at, mut device) = (None, None, None);
    let unknown = stored.retain(|name, json| {
        match name {
            "key" => key = Some(bytes::<KEY_BYTES>(json)?),
            "at" => at = Some(Timestamp::decode(parse(json)?, FIELD)?),
            "device" => device = Some(DeviceKey(Box::new(bytes::<POINT_BYTES>(json)?))),
            _ => return Ok(true),
        }
        Ok(false)
    })?;
    Ok(Binding {
        key: BindingKey(required(key, FIELD)?),
        at: required(at, FIELD)?,
        device,
        unknown: unknown.into_values(),
    })
}

fn bytes<const N: usize>(json: &str) -> Result<[u8; N], DecodeError> {
    let text: String = parse(json)?;
    let mut bytes = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(DecodeError::Malformed { field: FIELD }),
    }
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|_| DecodeError::Malformed { field: FIELD })
}

#[cfg(test)]
mod tests;
