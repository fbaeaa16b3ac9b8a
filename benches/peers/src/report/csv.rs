use std::fmt::Write;

use crate::measured::Measured;

pub fn text(results: &[Measured]) -> String {
    let mut csv =
        "case,variant,ns_per_request,allocations_per_request,bytes_per_request\n".to_owned();
    for measured in results {
        let Measured {
            case,
            variant,
            allocations,
            bytes,
            ..
        } = measured;
        let nanoseconds = measured.nanoseconds();
        let _ = writeln!(
            csv,
            "{case},{variant},{nanoseconds:.1},{allocations:.2},{bytes:.1}"
        );
    }
    csv
}
