//! Where a schedule's choices come from: a seed, or a list of choices that somebody makes shorter.

/// Answers every question that a schedule asks, and remembers what it answered.
///
/// Zero is always the plainest answer, so that a list of zeros is a schedule without parallel requests and faults.
pub(super) struct Choices {
    state: Option<u64>,
    given: Vec<u32>,
    pub(super) taken: Vec<u32>,
}

impl Choices {
    pub(super) fn seeded(seed: u64) -> Self {
        // Neighbouring seeds are to have nothing in common, and no state may be zero.
        let state = (seed.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self {
            state: Some(state),
            given: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// These choices, and zeros after them.
    pub(super) fn given(given: Vec<u32>) -> Self {
        Self {
            state: None,
            given,
            taken: Vec::new(),
        }
    }

    /// A number less than `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let drawn = match &mut self.state {
            Some(state) => next(state),
            None => u64::from(self.given.get(self.taken.len()).copied().unwrap_or(0)),
        };
        let chosen = (drawn % limit as u64) as u32;
        self.taken.push(chosen);
        chosen as usize
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// xorshift64*, of which the upper half is the better one.
fn next(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
}
