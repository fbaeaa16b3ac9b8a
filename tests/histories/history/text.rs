use std::fmt::Write;

use super::{Action, Outcome, Read, Request};

/// A line for each request, in the order in which they were sent.
#[must_use]
pub fn table<'a>(requests: impl IntoIterator<Item = &'a Request>) -> String {
    let mut lines = String::new();
    for request in requests {
        let action = match request.action {
            Action::Read => "read".to_owned(),
            Action::Create(mark) => format!("create {mark}"),
            Action::Append(mark) => format!("append {mark}"),
            Action::Insert(mark) => format!("insert {mark}"),
            Action::Renew(secret) => format!("renew as {secret}"),
            Action::LogIn(secret) => format!("log in as {secret}"),
            Action::End => "end".to_owned(),
        };
        let secret = match request.secret {
            Some(secret) => format!("secret {secret}"),
            None => "by id".to_owned(),
        };
        let outcome = match request.outcome {
            Outcome::Acknowledged => "ok",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
        };
        let read = match &request.read {
            Read::Nothing => "-".to_owned(),
            Read::Nobody => "nobody".to_owned(),
            Read::Seen(contents) => format!("{:?} {:?}", contents.log, contents.keys),
        };
        let (start, end) = (milliseconds(request.start), milliseconds(request.end));
        let (session, process) = (request.session, request.process);
        writeln!(
            lines,
            "{start:>12} to {end:>12} ms  session {session} at process {process}, {secret:<9} \
             {action:<14} {outcome:<8} saw {read}"
        )
        .expect("a text takes all");
    }
    lines
}

fn milliseconds(time: u64) -> String {
    format!("{}.{:03}", time / 1_000, time % 1_000)
}
