/// The format that this version of the crate writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// A stored record that cannot be read. It names the field, never what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is not a record: not JSON, or a field is missing or of another type.
    #[error("the stored session is malformed at `{field}`")]
    Malformed {
        /// The field that could not be read.
        field: &'static str,
    },
    /// The record was written by a newer version of this crate, in a format that this one does not know.
    #[error("the stored session has format {format}, newer than this program's {FORMAT}")]
    NewerFormat {
        /// The number of that format.
        format: u32,
    },
}
