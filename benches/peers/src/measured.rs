use crate::harness::median;

/// What one variant took in one case, for each request.
pub struct Measured {
    pub case: &'static str,
    pub variant: &'static str,
    /// The nanoseconds in each round.
    pub rounds: Vec<f64>,
    pub allocations: f64,
    pub bytes: f64,
}

impl Measured {
    /// The median of the rounds.
    pub fn nanoseconds(&self) -> f64 {
        median(self.rounds.iter().copied())
    }
}
