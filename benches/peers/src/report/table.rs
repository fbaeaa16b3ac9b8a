use super::overhead;
use crate::measured::Measured;

pub fn print(results: &[Measured]) {
    let mut case = "";
    for measured in results {
        if measured.case != case {
            case = measured.case;
            println!(
                "\n{case:24} {:>8} {:>10} {:>12} {:>8}",
                "ns", "over bare", "allocations", "bytes"
            );
        }
        let Measured {
            variant,
            allocations,
            bytes,
            ..
        } = measured;
        let nanoseconds = measured.nanoseconds();
        let over = overhead(results, case, variant).map_or("".into(), |over| format!("{over:.0}"));
        println!("  {variant:22} {nanoseconds:8.0} {over:>10} {allocations:12.1} {bytes:8.0}");
    }
}
