use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Where the random bytes of ids and secrets come from: the operating system; in a test, a seed.
///
/// Of a seed, they are the digests of the seed and a count.
#[derive(Default)]
pub(crate) struct Random(Option<(u64, AtomicU64)>);

impl Random {
    /// Draws the same bytes each time it is made, so that whoever knows the seed knows all secrets.
    pub(crate) fn insecure(seed: u64) -> Self {
        Self(Some((seed, AtomicU64::new(0))))
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        let Some((seed, drawn)) = &self.0 else {
            return getrandom::fill(bytes);
        };
        for chunk in bytes.chunks_mut(32) {
            let count = drawn.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::new().chain_update(seed.to_be_bytes());
            let digest = digest.chain_update(count.to_be_bytes()).finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
        Ok(())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Random(insecure)",
            None => "Random",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(random: &Random) -> [u8; 42] {
        let mut bytes = [0; 42];
        random.fill(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_seed_gives_the_same_bytes_each_time_and_others_at_each_draw() {
        let (one, same, other) = (
            Random::insecure(1),
            Random::insecure(1),
            Random::insecure(2),
        );
        let first = drawn(&one);
        assert_eq!(first, drawn(&same));
        assert_ne!(first, drawn(&one));
        assert_ne!(first, drawn(&other));
        assert_ne!(first[..10], first[32..]);
    }

    #[test]
    fn without_a_seed_no_two_draws_are_alike() {
        let (one, other) = (Random::default(), Random::default());
        assert_ne!(drawn(&one), drawn(&other));
        assert_ne!(drawn(&one), drawn(&one));
    }
}
