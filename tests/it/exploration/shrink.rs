//! Makes a schedule that violates a rule as short and as plain as it gets.

/// How many schedules may be tried.
const MAX_TRIES: usize = 3_000;

/// Returns the plainest choices that were found to be `bad`.
///
/// Choices are left out, then made zero, then made smaller, until none of that can be done any more.
pub(super) fn shrink(mut choices: Vec<u32>, mut is_bad: impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    let mut tries = 0;
    let mut try_out = |candidate: &[u32]| {
        tries += 1;
        tries <= MAX_TRIES && is_bad(candidate)
    };
    loop {
        let before = choices.clone();
        for length in [16, 8, 4, 2, 1] {
            let mut start = 0;
            while start + length <= choices.len() {
                let candidate = [&choices[..start], &choices[start + length..]].concat();
                if try_out(&candidate) {
                    choices = candidate;
                } else {
                    start += length;
                }
            }
        }
        for position in 0..choices.len() {
            for smaller in [
                0,
                choices[position] / 2,
                choices[position].saturating_sub(1),
            ] {
                let mut candidate = choices.clone();
                candidate[position] = smaller;
                if smaller < choices[position] && try_out(&candidate) {
                    choices = candidate;
                    break;
                }
            }
        }
        while choices.last() == Some(&0) {
            choices.pop();
        }
        if choices == before {
            return choices;
        }
    }
}
