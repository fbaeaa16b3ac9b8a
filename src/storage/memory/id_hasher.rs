use std::hash::{BuildHasherDefault, Hasher};

pub(super) type BuildIdHasher = BuildHasherDefault<IdHasher>;

/// Hashes a session's id by its last eight bytes, of which 62 bits are random.
///
/// Nobody can fill a table with ids of one hash, since only this process makes ids that are stored.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            // The two highest bits are the same in every UUID, and the map counts on them: the odd factor spreads the
            // others.
            self.0 = u64::from_be_bytes(*last).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
