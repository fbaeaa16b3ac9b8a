use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;

/// The parts of a JWT in its compact form (RFC 7515, section 7.1), as far as they are what they have to be.
pub(crate) struct Jwt<'t> {
    pub(crate) header: Object,
    pub(crate) payload: Object,
    pub(crate) signed: &'t str,
    pub(crate) signature: [u8; 64],
}

/// The members of an object of JSON, in their order: a doubled one is there twice.
pub(crate) struct Object(Vec<(String, Box<RawValue>)>);

impl<'t> Jwt<'t> {
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        Some(Self {
            header: Object::of(&decoded(header)?)?,
            payload: Object::of(&decoded(payload)?)?,
            signed,
            signature: decoded(signature)?.try_into().ok()?,
        })
    }
}

pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

impl Object {
    fn of(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The member of that name: none, the only one, or an error where there are more.
    fn member(&self, name: &str) -> Result<Option<&RawValue>, Doubled> {
        let mut found = self.0.iter().filter(|(of, _)| of == name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|(_, value)| &**value)),
            (_, Some(_)) => Err(Doubled),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !matches!(self.member(name), Ok(None))
    }

    /// The text of that name, which has to be there once.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = self.member(name).ok()??;
        serde_json::from_str(value.get()).ok()
    }

    /// The object of that name, which has to be there once.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        let value = self.member(name).ok()??;
        Self::of(value.get().as_bytes())
    }
}

struct Doubled;

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: serde::de::MapAccess<'de>>(
                self,
                mut map: M,
            ) -> Result<Object, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
