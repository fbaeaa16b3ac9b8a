//! That a session which has ended stays so, and that one which has not is there.

use super::check::Session;
use super::layers::{Event, contradictions};
use super::{Kind, Violation};
use crate::history::{Action, Contents, Outcome, Read, Request};

const ALIVE: u64 = 1;
const END: u64 = 2;
const GONE: u64 = 3;

pub(super) fn check(session: &Session<'_>) -> Vec<Violation> {
    let shown: std::collections::HashSet<_> = session
        .requests
        .iter()
        .filter_map(|(_, request)| request.seen())
        .flat_map(Contents::marks)
        .collect();
    let first_end = session
        .requests
        .iter()
        .filter(|(_, it)| it.action == Action::End && it.may_count())
        .map(|(_, it)| it.start)
        .min();
    let replaced = replaced(session);
    let under_way = UnderWay::of(session);
    let (mut events, mut found) = (Vec::new(), Vec::new());
    let mut prolonged = Prolonged::default();
    let mut acknowledged: Vec<_> = session.requests.iter().collect();
    acknowledged.sort_by_key(|(_, request)| request.end);
    let mut acknowledged = acknowledged.into_iter().peekable();
    for (index, request) in &session.requests {
        while let Some((_, before)) = acknowledged.next_if(|(_, it)| it.end < request.start) {
            prolonged.note(before);
        }
        let mut event = Event {
            index: *index,
            request,
            layer: ALIVE,
            end: Some(request.end),
            is_read: true,
            may_be_later: false,
        };
        match &request.read {
            Read::Seen(_) => events.push(event),
            Read::Nobody => {
                // What comes with a former secret says nothing of the session.
                let is_replaced = request
                    .secret
                    .and_then(|secret| replaced.get(&secret))
                    .is_some_and(|start| *start <= request.end);
                let is_ended = first_end.is_some_and(|start| start <= request.end);
                let has_expired = prolonged.may_have_expired(session, request);
                if !is_replaced && !is_ended && !has_expired {
                    found.push(session.violation(Kind::Gone, [*index]));
                }
                // Who came in time is in time, and has the session go on, though others found that it had expired.
                let may_go_on = has_expired && under_way.any(request);
                if !is_replaced && !may_go_on {
                    event.layer = GONE;
                    events.push(event);
                }
            }
            Read::Nothing => {}
        }
        let of_action = match request.action {
            Action::End if request.read == Read::Nobody => None,
            Action::End => Some(END),
            action if action.mark().is_some_and(|mark| shown.contains(&mark)) => Some(ALIVE),
            _ => None,
        };
        if let Some(layer) = of_action.filter(|_| request.outcome != Outcome::Failed) {
            events.push(Event {
                layer,
                end: request.certain(),
                is_read: false,
                may_be_later: layer == END,
                ..event
            });
        }
    }
    for (first, second) in contradictions(&events, session.rules) {
        if first.layer == GONE {
            found.push(session.violation(Kind::Reappeared, [first.index, second.index]));
        }
    }
    // What was found gone later hides no end that was acknowledged.
    events.retain(|event| event.layer != GONE);
    for (first, second) in contradictions(&events, session.rules) {
        found.push(session.violation(Kind::Revived, [first.index, second.index]));
    }
    found
}

/// From when on each secret may have been replaced.
fn replaced(session: &Session<'_>) -> std::collections::HashMap<u32, u64> {
    let mut replaced = std::collections::HashMap::new();
    for (_, request) in &session.requests {
        if let (Some(_), Some(secret)) = (request.action.successor(), request.secret)
            && request.may_count()
        {
            // They come in the order of their starts.
            replaced.entry(secret).or_insert(request.start);
        }
    }
    replaced
}

/// Until when a request is under way that has opened the session, of those that were sent up to each moment.
struct UnderWay(Vec<(u64, u64)>);

impl UnderWay {
    fn of(session: &Session<'_>) -> Self {
        let opened = session.requests.iter().map(|(_, request)| *request);
        let opened = opened.filter(|it| it.may_count() && it.read != Read::Nobody);
        let mut latest = 0;
        let sent = opened.map(|request| {
            latest = latest.max(request.certain().unwrap_or(u64::MAX));
            (request.start, latest)
        });
        Self(sent.collect())
    }

    fn any(&self, at: &Request) -> bool {
        let count = self.0.partition_point(|(start, _)| *start <= at.end);
        let latest = count.checked_sub(1).map(|last| self.0[last].1);
        latest.is_some_and(|latest| latest >= at.start)
    }
}

/// Until when a session lives for certain.
#[derive(Default)]
struct Prolonged {
    logged_in: u64,
    written: u64,
}

impl Prolonged {
    fn note(&mut self, request: &Request) {
        if !request.is_acknowledged() {
            return;
        }
        match request.action {
            Action::Create(_) | Action::LogIn(_) => {
                self.logged_in = self.logged_in.max(request.start);
                self.written = self.written.max(request.start);
            }
            // A read moves the idle limit only once in a while.
            Action::Append(_) | Action::Insert(_) | Action::Renew(_) => {
                self.written = self.written.max(request.start);
            }
            Action::Read | Action::End => {}
        }
    }

    fn may_have_expired(&self, session: &Session<'_>, request: &Request) -> bool {
        let is_over = |limit: Option<u64>, since| limit.is_some_and(|it| request.end >= since + it);
        is_over(session.rules.absolute, self.logged_in) || is_over(session.rules.idle, self.written)
    }
}
