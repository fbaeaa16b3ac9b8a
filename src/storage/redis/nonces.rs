use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Numbers that tell one write from all others, those of other processes too. They are no secret.
#[derive(Default)]
pub(super) struct Nonces {
    keys: RandomState,
    count: AtomicU64,
}

impl Nonces {
    pub(super) fn next(&self) -> [u8; 8] {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        // The time, since two copies of one running machine have the same keys and the same count.
        self.keys.hash_one((count, SystemTime::now())).to_ne_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_are_alike_within_a_storage_or_among_several() {
        let storages: Vec<Nonces> = (0..100).map(|_| Nonces::default()).collect();
        let nonces = storages
            .iter()
            .flat_map(|nonces| (0..100).map(|_| nonces.next()));
        assert_eq!(nonces.collect::<HashSet<_>>().len(), 10_000);
    }
}
