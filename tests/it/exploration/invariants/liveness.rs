//! Nothing panics, nothing hangs, and no secret is logged.

use super::super::run::{End, Run, Violation};

pub(super) fn check(run: &Run, found: &mut Vec<Violation>) {
    for request in &run.requests {
        let number = request.number;
        match request.end {
            End::Panicked => found.push(Violation::new("panic", format!("request {number}"))),
            End::Hangs => found.push(Violation::new("hang", format!("request {number}"))),
            _ => {}
        }
    }
    let sent = run
        .requests
        .iter()
        .filter_map(|request| request.said().cookie());
    for cookie in sent {
        if run.log.contains(cookie.secret_part()) {
            let what = format!("of session {}", cookie.id);
            found.push(Violation::new("a secret was logged", what));
        }
    }
}
