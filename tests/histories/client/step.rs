use super::slot::Live;
use crate::history::Action;

/// What is asked, and how the request says so.
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) line: String,
    pub(super) is_by_id: bool,
}

/// What is asked of a live session next.
pub(super) fn next(live: &mut Live, name: u64, random: &mut fastrand::Rng) -> Step {
    let pause = match random.u8(0..3) {
        0 => random.u64(1..20),
        _ => 0,
    };
    let save = random.bool();
    let query = format!("?pause={pause}&save={save}");
    let owner = format!("user-{name}-{}", live.session);
    let chance = random.u8(0..100);
    let (action, path) = match chance {
        _ if live.is_full() || chance < 2 => return end(live, &owner, &query, random),
        2..=4 => (Action::Renew(live.new_secret()), "renew".to_owned()),
        5..=6 => (Action::LogIn(live.new_secret()), format!("log-in/{owner}")),
        7..=49 => {
            let mark = live.new_mark();
            (Action::Append(mark), format!("append/{mark}"))
        }
        50..=64 => {
            let mark = live.new_mark();
            (Action::Insert(mark), format!("insert/{mark}"))
        }
        _ => (Action::Read, "read".to_owned()),
    };
    let method = match action {
        Action::Read => "GET",
        _ => "POST",
    };
    Step {
        action,
        line: format!("{method} /{path}{query}"),
        is_by_id: false,
    }
}

fn end(live: &Live, owner: &str, query: &str, random: &mut fastrand::Rng) -> Step {
    let step = |path: String, is_by_id| Step {
        action: Action::End,
        line: format!("POST /{path}"),
        is_by_id,
    };
    match (random.u8(0..4), &live.id) {
        (0, Some(id)) => step(format!("revoke/{id}"), true),
        (1, Some(_)) if live.is_logged_in => step(format!("revoke-all/{owner}"), true),
        (2, _) => step(format!("log-out{query}"), false),
        _ => step(format!("destroy{query}"), false),
    }
}
