use super::wrk::Figures;

/// Prints what `wrk` measured of each variant, and how many requests that is for each of bare axum's and of ours.
pub fn print<'n>(title: &str, names: impl Iterator<Item = &'n str> + Clone, measured: &[Figures]) {
    println!(
        "\n{title:22} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8}   (latencies in µs)",
        "requests/s", "of bare", "of ours", "50 %", "99 %", "99.9 %"
    );
    let variants = names.zip(measured);
    let rate_of = |wanted| {
        let variant = variants.clone().find(|(name, _)| *name == wanted);
        variant.map_or(f64::NAN, |(_, [rate, ..])| *rate)
    };
    let (bare, ours) = (rate_of("bare"), rate_of("ours"));
    for (name, [rate, half, most, nearly_all]) in variants {
        let (of_bare, of_ours) = (rate / bare, rate / ours);
        println!(
            "  {name:20} {rate:10.0} {of_bare:8.3} {of_ours:8.2} {half:8.0} {most:8.0} {nearly_all:8.0}"
        );
    }
}
