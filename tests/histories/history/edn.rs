use std::collections::HashMap;
use std::fmt::Write;

use super::{Action, Outcome, Read, Request};

/// The logs of all sessions as a history for Elle's list-append checker, an operation a line: each request reads its
/// session's log, and one that appends does so after it has read. The other actions are not in it, nor what met no
/// session.
///
/// A process of Elle's sends nothing after an operation of unknown outcome, so a client goes on as another one.
#[must_use]
pub fn edn(history: &[Request]) -> String {
    let mut events = Vec::new();
    for (index, request) in history.iter().enumerate() {
        if request.read != Read::Nobody
            && matches!(
                request.action,
                Action::Create(_) | Action::Read | Action::Append(_)
            )
        {
            events.push((request.start, 0, index));
            events.push((request.end, 1, index));
        }
    }
    // What was answered at the moment in which the client sent the next one came first.
    events.sort_by_key(|(time, kind, _)| (*time, 1 - kind));
    let clients = history.iter().map(|it| it.client + 1).max().unwrap_or(0);
    let mut retired: HashMap<u32, u32> = HashMap::new();
    let mut lines = String::new();
    for (index, (time, kind, of)) in events.into_iter().enumerate() {
        let request = &history[of];
        let life = retired.entry(request.client).or_default();
        let process = request.client + clients * *life;
        let kind = match (kind, request.outcome) {
            (0, _) => "invoke",
            (_, Outcome::Acknowledged) => "ok",
            (_, Outcome::Failed) => "fail",
            (_, Outcome::Unknown) => {
                *life += 1;
                "info"
            }
        };
        let value = value(request, kind == "ok");
        writeln!(
            lines,
            "{{:index {index}, :type :{kind}, :process {process}, :time {time}000, :f :txn, \
             :value {value}}}"
        )
        .expect("a text takes all");
    }
    lines
}

fn value(request: &Request, is_answered: bool) -> String {
    let session = request.session;
    let read = match (&request.read, is_answered) {
        (Read::Seen(contents), true) => {
            let marks: Vec<_> = contents.log.iter().map(u32::to_string).collect();
            format!("[{}]", marks.join(" "))
        }
        _ => "nil".to_owned(),
    };
    match request.action {
        Action::Create(mark) => format!("[[:append {session} {mark}]]"),
        Action::Append(mark) => format!("[[:r {session} {read}] [:append {session} {mark}]]"),
        _ => format!("[[:r {session} {read}]]"),
    }
}
