use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::de::{EnumAccess, Error, VariantAccess};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value, map};

use super::map_key::MapKey;
use super::{Mismatch, Step};

type Names = &'static [&'static str];

/// A value that is read to see what its type refuses.
#[derive(Clone, Copy)]
pub(super) struct At<'de>(pub(super) &'de Value);

impl<'de> At<'de> {
    /// `fields` are those of the struct that is read.
    fn visit<V: Visitor<'de>>(self, fields: Names, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(values) => {
                let mut items = Items(values.iter().enumerate());
                let visited = visitor.visit_seq(&mut items)?;
                match items.0.next() {
                    Some(_) => Err(Mismatch::invalid_length(values.len(), &"that of its type")),
                    None => Ok(visited),
                }
            }
            Value::Object(object) => visitor.visit_map(Entries::of(object, fields)),
        }
    }
}

impl<'de> Deserializer<'de> for At<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.visit(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.visit(fields, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        // What is kept as JSON text is the library's own business.
        if name.starts_with("$serde_json::") {
            let read = self.0.deserialize_newtype_struct(name, visitor);
            return read.map_err(Mismatch::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: Names,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Value::Object(object) if object.len() == 1 => {
                visitor.visit_enum(Entries::of(object, variants))
            }
            _ => self.visit(&[], visitor),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            // Of a number beyond 64 bits the value here may have no more than a float, which says nothing.
            Value::Number(number) if is_wide(number) => visitor.visit_i128(0),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Number(number) if is_wide(number) => visitor.visit_u128(0),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// Whether a number is beyond those of 64 bits.
fn is_wide(number: &Number) -> bool {
    let number = number.as_f64().unwrap_or_default();
    number.abs() >= i64::MAX as f64
}

/// The items of a list.
struct Items<'de>(std::iter::Enumerate<std::slice::Iter<'de, Value>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mismatch;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mismatch> {
        let Some((index, value)) = self.0.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(At(value));
        read.map(Some).map_err(|error| error.at(Step::Index(index)))
    }
}

/// The entries of an object, or its only one, which names a variant.
struct Entries<'de> {
    entries: map::Iter<'de>,
    names: Names,
    /// The value whose key was read.
    value: (Step, At<'de>),
}

impl<'de> Entries<'de> {
    fn of(object: &'de Map<String, Value>, names: Names) -> Self {
        Self {
            entries: object.iter(),
            names,
            value: (Step::Entry, At(&Value::Null)),
        }
    }

    fn read_value<T>(
        &self,
        read: impl FnOnce(At<'de>) -> Result<T, Mismatch>,
    ) -> Result<T, Mismatch> {
        let (step, value) = self.value;
        read(value).map_err(|error| error.at(step))
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Mismatch;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Mismatch> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        let name = self.names.iter().find(|name| *name == key);
        let step = name.copied().map_or(Step::Entry, Step::Field);
        self.value = (step, At(value));
        seed.deserialize(MapKey(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mismatch> {
        self.read_value(|value| seed.deserialize(value))
    }
}

impl<'de> EnumAccess<'de> for Entries<'de> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<(S::Value, Self), Mismatch> {
        let variant = self.next_key_seed(seed)?;
        let variant = variant.ok_or_else(|| Mismatch::custom("no variant"))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Entries<'de> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        self.read_value(serde::Deserialize::deserialize)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Mismatch> {
        self.read_value(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.read_value(|value| value.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.read_value(|value| value.visit(fields, visitor))
    }
}
