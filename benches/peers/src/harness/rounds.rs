//! Interleaved rounds and their medians.

/// Measures all lanes in turn, as often as `rounds` says, so that what else the machine does falls on all alike; and returns the
/// median of each figure of each lane.
pub fn medians<L, E, const FIGURES: usize>(
    rounds: usize,
    lanes: &mut [L],
    mut measure: impl FnMut(&mut L) -> Result<[f64; FIGURES], E>,
) -> Result<Vec<[f64; FIGURES]>, E> {
    let mut measured = vec![Vec::with_capacity(rounds); lanes.len()];
    for _ in 0..rounds {
        for (lane, figures) in lanes.iter_mut().zip(&mut measured) {
            figures.push(measure(lane)?);
        }
    }
    let medians = measured.iter().map(|figures| {
        std::array::from_fn(|figure| median(figures.iter().map(|figures| figures[figure])))
    });
    Ok(medians.collect())
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
