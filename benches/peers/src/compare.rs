//! All variants in all cases, interleaved: nanoseconds, allocations and their bytes for each request.

use crate::harness::{self, CASES, Lane};
use crate::measured::Measured;
use crate::variants::{self, Variant};
use crate::{Failure, report, settings};

const ROUNDS: usize = 31;

/// The cases and variants whose names are among `wanted`, or all, which are then written to files, too.
pub fn run(wanted: &[&str]) -> Result<(), Failure> {
    let is_name =
        |name: &&str| variants::NAMES.contains(name) || CASES.iter().any(|case| case.name == *name);
    if let Some(name) = wanted.iter().find(|name| !is_name(name)) {
        return Err(format!(
            "{name} is no command, case or variant (redis and postgres want --features databases)"
        )
        .into());
    }
    let results = measure(wanted)?;
    report::print(&results);
    if wanted.is_empty() {
        report::write(&results, env!("CARGO_MANIFEST_DIR"))?;
    }
    Ok(())
}

fn measure(wanted: &[&str]) -> Result<Vec<Measured>, Failure> {
    let runtime = harness::runtime()?;
    // Some libraries start a task where they are built.
    let _inside = runtime.enter();
    let no_case = !CASES.iter().any(|case| wanted.contains(&case.name));
    let no_variant = !variants::NAMES.iter().any(|name| wanted.contains(name));
    let mut results = Vec::new();
    for case in CASES
        .iter()
        .filter(|case| no_case || wanted.contains(&case.name))
    {
        let mut lanes = Vec::new();
        for name in variants::NAMES
            .iter()
            .filter(|name| no_variant || wanted.contains(name))
        {
            let variant = runtime.block_on(Variant::new(name))?;
            lanes.push(Lane::new(&runtime, variant, *case));
        }
        let rounds = settings::rounds(ROUNDS);
        let measured = harness::interleaved(rounds, &mut lanes, |lane| {
            Ok::<_, Failure>([lane.time(&runtime)])
        })?;
        for (mut lane, rounds) in lanes.into_iter().zip(measured) {
            let [allocations, bytes] = lane.count(&runtime);
            let (case, variant) = (case.name, lane.name);
            results.push(Measured {
                case,
                variant,
                rounds: rounds.into_iter().flatten().collect(),
                allocations,
                bytes,
            });
        }
        eprintln!("{} done", case.name);
    }
    Ok(results)
}
