use std::io::{self, Write};

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error as JsonError;
use serde_json::ser::Formatter;

/// How many lists and objects may stand in one another: `serde_json` reads no more.
const MAX_DEPTH: u32 = 127;

/// Writes the JSON text of `value`, unless it could not be read back.
pub(super) fn write<T: Serialize + ?Sized>(
    buffer: &mut Vec<u8>,
    value: &T,
) -> Result<(), JsonError> {
    let mut has_null = false;
    let compact = Compact {
        depth: 0,
        has_null: &mut has_null,
    };
    value.serialize(&mut serde_json::Serializer::with_formatter(buffer, compact))?;
    // What JSON has no word for became a `null`, so that values without any are serialized once.
    if has_null {
        value.serialize(Lossless { in_some: false })?;
    }
    Ok(())
}

/// The shortest JSON, in which the depth is bounded and a `null` is noticed.
struct Compact<'n> {
    depth: u32,
    has_null: &'n mut bool,
}

impl Compact<'_> {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(io::Error::other(
                "lists and objects stand more than 127 deep in one another, which could not be read back",
            ));
        }
        Ok(())
    }
}

impl Formatter for Compact<'_> {
    fn write_null<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        *self.has_null = true;
        writer.write_all(b"null")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }
}

/// Refuses what JSON writes as `null` and a reader takes for something else. Writes nothing.
struct Lossless {
    /// Whether this is what a `Some` holds.
    in_some: bool,
}

impl Lossless {
    fn null(self) -> Result<(), JsonError> {
        if self.in_some {
            return Err(JsonError::custom(
                "a `Some` of what JSON writes as `null`, such as `Some(None)` or `Some(())`, would be read back as `None`",
            ));
        }
        Ok(())
    }
}

macro_rules! ok {
    ($($method:ident($value:ty))*) => {$(
        fn $method(self, _: $value) -> Result<(), JsonError> {
            Ok(())
        }
    )*};
}

macro_rules! finite {
    ($($method:ident($value:ty))*) => {$(
        fn $method(self, value: $value) -> Result<(), JsonError> {
            if value.is_finite() {
                return Ok(());
            }
            Err(JsonError::custom(
                "JSON has no word for a float that is NaN or infinite; an `Option` can hold that there is none",
            ))
        }
    )*};
}

macro_rules! compound {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self, JsonError> {
            Ok(Self { in_some: false })
        }
    )*};
}

impl Serializer for Lossless {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    ok! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    finite! { serialize_f32(f32) serialize_f64(f64) }

    fn serialize_none(self) -> Result<(), JsonError> {
        self.null()
    }

    fn serialize_unit(self) -> Result<(), JsonError> {
        self.null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), JsonError> {
        self.null()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), JsonError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), JsonError> {
        value.serialize(Self { in_some: true })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), JsonError> {
        value.serialize(Self { in_some: false })
    }

    compound! {
        serialize_seq(Option<usize>)
        serialize_tuple(usize)
        serialize_tuple_struct(&'static str, usize)
        serialize_tuple_variant(&'static str, u32, &'static str, usize)
        serialize_map(Option<usize>)
        serialize_struct(&'static str, usize)
        serialize_struct_variant(&'static str, u32, &'static str, usize)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, _: &T) -> Result<(), JsonError> {
        Ok(())
    }
}

macro_rules! parts {
    ($($compound:ident: $method:ident($($name:ty)?))*) => {$(
        impl $compound for Lossless {
            type Ok = ();
            type Error = JsonError;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), JsonError> {
                value.serialize(Self { in_some: false })
            }

            fn end(self) -> Result<(), JsonError> {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element()
    SerializeTuple: serialize_element()
    SerializeTupleStruct: serialize_field()
    SerializeTupleVariant: serialize_field()
    SerializeStruct: serialize_field(&'static str)
    SerializeStructVariant: serialize_field(&'static str)
}

impl SerializeMap for Lossless {
    type Ok = ();
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), JsonError> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonError> {
        value.serialize(Self { in_some: false })
    }

    fn end(self) -> Result<(), JsonError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn any_number_of_lists_and_objects_may_stand_beside_one_another() {
        write(&mut Vec::new(), &vec![[0]; 200]).unwrap();
        write(&mut Vec::new(), &vec![BTreeMap::from([(0, 0)]); 200]).unwrap();
    }
}
