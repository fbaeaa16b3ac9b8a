//! How a model is checked: every reachable state, against every property.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

/// Checks that no property fails in any reachable state, and that every `sometimes` property holds in one.
///
/// # Panics
///
/// If a property fails; its shortest counterexample is printed.
pub fn holds<M>(name: &str, model: M)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let start = Instant::now();
    let checker = model.checker().threads(2).spawn_bfs().join();
    let (states, unique) = (checker.state_count(), checker.unique_state_count());
    let (depth, seconds) = (checker.max_depth(), start.elapsed().as_secs_f32());
    println!("{name}: {unique} states ({states} steps), depth {depth}, {seconds:.1} s");
    let discoveries = checker.discoveries();
    let mut failed = Vec::new();
    for property in checker.model().properties() {
        let found = discoveries.get(property.name);
        match (&property.expectation, found) {
            (Expectation::Sometimes, None) => failed.push(format!("{}: never", property.name)),
            (Expectation::Sometimes, Some(_)) | (_, None) => {}
            (_, Some(path)) => failed.push(trace(property.name, path.clone())),
        }
    }
    assert!(failed.is_empty(), "{name}:\n{}", failed.join("\n"));
}

/// Checks that `property` fails in some reachable state, and prints how one gets there.
///
/// # Panics
///
/// If the property holds.
pub fn fails<M>(without: &str, model: M, property: &'static str)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    assert!(
        model
            .properties()
            .iter()
            .any(|known| known.name == property),
        "no property is called {property:?}"
    );
    let found = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let checker = model.checker().finish_when(found);
    let checker = checker.spawn_bfs().join();
    let path = checker.discovery(property);
    let path = path.unwrap_or_else(|| panic!("without {without}, it holds: {property}"));
    println!("without {without}: {}", trace(property, path));
}

/// The actions of a counterexample, and where it begins and ends.
fn trace<S: Debug, A: Debug>(property: &str, path: stateright::Path<S, A>) -> String {
    let steps = path.into_vec();
    let first = steps.first().map(|(state, _)| format!("{state:?}"));
    let last = steps.last().map(|(state, _)| format!("{state:?}"));
    let actions: Vec<_> = steps
        .iter()
        .filter_map(|(_, action)| action.as_ref())
        .collect();
    let actions: Vec<_> = actions
        .iter()
        .map(|action| format!("    {action:?}\n"))
        .collect();
    format!(
        "{property}\n  from {}\n{}  to {}",
        first.unwrap_or_default(),
        actions.concat(),
        last.unwrap_or_default()
    )
}
