//! What must have come before what, against when it happened.

use std::collections::BTreeMap;

use super::Rules;
use crate::history::Request;

/// A part of a request that took effect at one moment between its start and its end.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) index: usize,
    pub(super) request: &'a Request,
    /// All that has a higher layer took effect after it.
    pub(super) layer: u64,
    /// By when it had its effect, if that is certain.
    pub(super) end: Option<u64>,
    /// Whether it may come from a cache.
    pub(super) is_read: bool,
    /// Whether it is bound to come before higher layers only, and not after lower ones.
    pub(super) may_be_later: bool,
}

/// Pairs of which the first ended before the second began, and took effect after it: for each second one, the first
/// that is found. Without such a pair there is an order of all that agrees with both.
pub(super) fn contradictions<'a>(
    events: &[Event<'a>],
    rules: &Rules,
) -> Vec<(Event<'a>, Event<'a>)> {
    let (mut all, mut by_process) = (Ended::default(), BTreeMap::<u32, Ended>::new());
    for (number, event) in events.iter().enumerate() {
        if let Some(end) = event.end {
            let own = by_process.entry(event.request.process).or_default();
            all.0.push((end, event.layer, number));
            own.0.push((end, event.layer, number));
        }
    }
    all.prepare();
    by_process.values_mut().for_each(Ended::prepare);

    let mut found = Vec::new();
    for event in events.iter().filter(|event| !event.may_be_later) {
        let request = event.request;
        let slack = match event.is_read {
            true => rules.staleness_of(request.process),
            false => 0,
        };
        let early = all.highest_before(request.start.saturating_sub(slack));
        let own = by_process.get(&request.process);
        let own = own.and_then(|own| own.highest_before(request.start));
        if let Some((layer, first)) = early.max(own)
            && layer > event.layer
        {
            found.push((events[first], *event));
        }
    }
    found
}

/// Ends with their layers and numbers; once prepared, each with the highest layer up to there.
#[derive(Default)]
struct Ended(Vec<(u64, u64, usize)>);

impl Ended {
    fn prepare(&mut self) {
        self.0.sort_unstable();
        let mut highest = (0, 0);
        for (_, layer, number) in &mut self.0 {
            highest = highest.max((*layer, *number));
            (*layer, *number) = highest;
        }
    }

    fn highest_before(&self, time: u64) -> Option<(u64, usize)> {
        let count = self.0.partition_point(|(end, _, _)| *end < time);
        let (_, layer, number) = self.0.get(count.checked_sub(1)?)?;
        Some((*layer, *number))
    }
}
