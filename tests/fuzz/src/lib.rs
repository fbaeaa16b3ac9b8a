//! What holds for any input, each property a function of bytes that panics where it does not hold.
//!
//! Read `house`, an application with sessions, and `input`, how bytes become requests; then `reference` and `jwt`,
//! readers that share no line with the crate's, and `outside`, what is stored beside a record; and then the properties,
//! each in a file of its own.
//!
//! `cargo fuzz run cookies --fuzz-dir tests/fuzz` has libFuzzer look for an input that breaks one;
//! `cargo test --profile fuzz --package fuzz-tests` runs all on the corpus, and on what a seeded generator makes of it,
//! on any toolchain;
//! `cargo run --package fuzz-tests --bin cookies FILE` runs one on one input.

mod bearer;
mod cookies;
mod device_proofs;
mod headers;
mod house;
mod input;
mod jwt;
mod next_path;
mod outside;
mod records;
mod redis_values;
mod reference;
mod sealed;
mod sqlite_rows;
mod values;

pub use bearer::bearer;
pub use cookies::{cookies, signatures};
pub use device_proofs::device_proofs;
pub use headers::headers;
pub use next_path::next_path;
pub use records::records;
pub use redis_values::redis_values;
pub use sealed::sealed;
pub use sqlite_rows::sqlite_rows;
pub use values::values;

/// The program of a property: libFuzzer's, or one that runs it on the files that it is given.
#[macro_export]
macro_rules! target {
    ($property:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::$property(input));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            for file in std::env::args_os().skip(1) {
                $crate::$property(&std::fs::read(file)?);
            }
            Ok(())
        }
    };
}
