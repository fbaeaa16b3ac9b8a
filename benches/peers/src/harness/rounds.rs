//! Interleaved rounds and their medians.

/// Measures all lanes in turn, as often as `rounds` says, so that what else the machine does falls on all alike; and
/// returns the figures of each lane in each round.
pub fn interleaved<L, E, const FIGURES: usize>(
    rounds: usize,
    lanes: &mut [L],
    mut measure: impl FnMut(&mut L) -> Result<[f64; FIGURES], E>,
) -> Result<Vec<Vec<[f64; FIGURES]>>, E> {
    let mut measured = vec![Vec::with_capacity(rounds); lanes.len()];
    for _ in 0..rounds {
        for (lane, figures) in lanes.iter_mut().zip(&mut measured) {
            figures.push(measure(lane)?);
        }
    }
    Ok(measured)
}

/// The same, of each lane the median of each figure.
pub fn medians<L, E, const FIGURES: usize>(
    rounds: usize,
    lanes: &mut [L],
    measure: impl FnMut(&mut L) -> Result<[f64; FIGURES], E>,
) -> Result<Vec<[f64; FIGURES]>, E> {
    let measured = interleaved(rounds, lanes, measure)?;
    Ok(measured
        .iter()
        .map(|figures| median_of_each(figures))
        .collect())
}

pub fn median_of_each<const FIGURES: usize>(rounds: &[[f64; FIGURES]]) -> [f64; FIGURES] {
    std::array::from_fn(|figure| median(rounds.iter().map(|figures| figures[figure])))
}

pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
