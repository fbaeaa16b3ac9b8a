use std::fmt::{self, Display};

use serde::de::{DeserializeOwned, Error, Expected, Unexpected};
use serde_json::Value;

mod at;
mod map_key;

use at::At;

/// Where in a JSON text, and how, it differs from what a type reads. Never what stands there.
///
/// The errors of `serde_json` quote that, and so the text is read once more: at another place, and only when it has
/// been refused.
#[derive(Debug, Default)]
pub(super) struct Mismatch {
    kind: String,
    /// The innermost first.
    path: Vec<Step>,
}

/// One step into a value.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// To a field, or a variant, which its type names.
    Field(&'static str),
    Index(usize),
    /// To what stands under a key of a map, which is no less a secret than a value.
    Entry,
}

impl Mismatch {
    pub(super) fn of<T: DeserializeOwned>(json: &[u8]) -> Self {
        let whole: Result<Value, _> = serde_json::from_slice(json);
        let found = match &whole {
            Ok(value) => T::deserialize(At(value)).err(),
            Err(_) => None,
        };
        found.unwrap_or_else(|| Self::custom(""))
    }

    fn new(kind: String) -> Self {
        Self {
            kind,
            path: Vec::new(),
        }
    }

    fn at(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        for (count, step) in self.path.iter().rev().enumerate() {
            f.write_str(if count == 0 { " at `" } else { "" })?;
            match step {
                Step::Field(name) if count == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Entry => f.write_str("[..]")?,
            }
        }
        f.write_str(if self.path.is_empty() { "" } else { "`" })
    }
}

impl std::error::Error for Mismatch {}

impl Error for Mismatch {
    /// What a type says by itself may quote what it was given.
    fn custom<M: Display>(_: M) -> Self {
        Self::new("something that its type refuses".to_owned())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("{} where {expected} is expected", name_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("{} that does not fit {expected}", name_of(found)))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("another length than {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("none of the variants `{}`", expected.join("`, `")))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!(
            "a field that is none of `{}`",
            expected.join("`, `")
        ))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("no field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the field `{field}` twice"))
    }
}

fn name_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "something",
    }
}
