use super::{MILLION, resident_bytes};
use crate::variants::{self, Variant};
use crate::{Failure, harness, settings};

/// Prints the resident bytes a session of one variant.
pub fn resident(name: &str) -> Result<(), Failure> {
    let name = variants::NAMES.into_iter().find(|known| *known == name);
    let name = name.ok_or("no such variant")?;
    let runtime = harness::runtime()?;
    let mut variant = runtime.block_on(Variant::new(name))?;
    let count = settings::sessions(MILLION);
    let before = resident_bytes()?;
    for _ in 0..count {
        variant.client.visit(&runtime, "/fill/5");
    }
    let bytes = resident_bytes()?.saturating_sub(before) / count;
    println!("  {name:16} {bytes:6}");
    Ok(())
}
