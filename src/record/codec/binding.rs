use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::fields::{Object, bytes, required, string, time, write_unknown};
use crate::record::DecodeError;
use crate::record::binding::{Binding, BindingKey, DeviceKey};

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
        write_unknown(&mut map, &binding.unknown)?;
        map.end()
    }
}

pub(super) fn read(stored: Object<'_>) -> Result<Binding, DecodeError> {
    let (mut key, mut at, mut device) = (None, None, None);
    let unknown = stored.retain(|name, json| {
        match name {
            "key" => key = Some(BindingKey(bytes(&string(json, FIELD)?, FIELD)?)),
            "at" => at = Some(time(json, FIELD)?),
            "device" => device = Some(DeviceKey(Box::new(bytes(&string(json, FIELD)?, FIELD)?))),
            _ => return Ok(true),
        }
        Ok(false)
    })?;
    Ok(Binding {
        key: required(key, FIELD)?,
        at: required(at, FIELD)?,
        device,
        unknown: unknown.into_values(),
    })
}

#[cfg(test)]
mod tests;
