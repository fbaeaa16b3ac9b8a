//! The checker and a general one for linearizability, which tries all orders, say the same of small histories.

use history_tests::checker::{Rules, check};
use history_tests::history::{Action, Contents, Mark, Outcome, Read, Request, table};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use super::made::request;

/// One session, as it would be if requests came one after another.
#[derive(Clone, Debug, Default)]
struct Session {
    contents: Contents,
    has_ended: bool,
}

impl SequentialSpec for Session {
    type Op = Action;
    type Ret = Read;

    fn invoke(&mut self, action: &Action) -> Read {
        match action {
            Action::Read if self.has_ended => return Read::Nobody,
            Action::Read => return Read::Seen(self.contents.clone()),
            Action::End => self.has_ended = true,
            // What meets the session's end goes with it.
            _ if self.has_ended => {}
            Action::Append(mark) | Action::Create(mark) => self.contents.log.push(*mark),
            Action::Insert(mark) => {
                self.contents.keys.push(*mark);
                self.contents.keys.sort_unstable();
            }
            Action::Renew(_) | Action::LogIn(_) => {}
        }
        Read::Nothing
    }
}

/// Whether there is any order of the requests' effects that explains all that was read.
fn is_linearizable(history: &[Request]) -> bool {
    let mut events = Vec::new();
    for (index, request) in history.iter().enumerate() {
        // One that had no effect is as if it had not been sent.
        if request.outcome != Outcome::Failed {
            events.push((request.start, index));
        }
        if request.outcome == Outcome::Acknowledged {
            events.push((request.end, index));
        }
    }
    events.sort_unstable();
    let mut tester = LinearizabilityTester::new(Session::default());
    for (time, index) in events {
        let request = &history[index];
        // Each as a thread of its own: what keeps them in order is when they were sent and answered.
        if time == request.start {
            tester.on_invoke(index, request.action).unwrap();
        } else {
            tester.on_return(index, request.read.clone()).unwrap();
        }
    }
    tester.is_consistent()
}

/// A history of some requests that overlap, whose reads tell the truth or nearly so.
fn random_history(random: &mut fastrand::Rng) -> Vec<Request> {
    let count = random.usize(2..=7);
    let mut times: Vec<u64> = (0..2 * count as u64).collect();
    random.shuffle(&mut times);
    let mut requests = Vec::new();
    for (index, pair) in times.chunks(2).enumerate() {
        // Few overlap with many.
        let start = pair[0].min(pair[1]);
        let end = match random.u8(0..3) {
            0 => pair[0].max(pair[1]),
            _ => start,
        };
        let action = match random.u8(0..9) {
            0..=2 => Action::Append(index as Mark),
            3 => Action::Insert(index as Mark),
            4 => Action::End,
            _ => Action::Read,
        };
        requests.push(request(start * 4, end * 4 + 2, action));
    }
    // They take effect in an order of moments, of which some lie outside of their requests.
    let mut moments: Vec<_> = (0..count).collect();
    let moment = |random: &mut fastrand::Rng, it: &Request| match random.u8(0..12) {
        0 => random.u64(0..8 * count as u64),
        _ => random.u64(it.start..=it.end),
    };
    let at: Vec<_> = requests.iter().map(|it| moment(random, it)).collect();
    moments.sort_by_key(|index| at[*index]);
    let mut session = Session::default();
    for index in moments {
        let request = &mut requests[index];
        let is_lost = random.u8(0..15) == 0;
        let is_write = request.action != Action::Read;
        if is_write && is_lost {
            if random.bool() {
                request.outcome = Outcome::Unknown;
            }
            continue;
        }
        request.read = session.invoke(&request.action);
        match random.u8(0..15) {
            0 => request.outcome = Outcome::Unknown,
            1 => {
                if let Read::Seen(contents) = &mut request.read {
                    contents.log.pop();
                }
            }
            2 => {
                if let Read::Seen(contents) = &mut request.read
                    && contents.log.len() > 1
                {
                    contents.log.swap(0, 1);
                }
            }
            3 => {
                if let Read::Seen(contents) = &mut request.read {
                    contents.keys.pop();
                }
            }
            _ => {}
        }
    }
    for request in &mut requests {
        if request.outcome != Outcome::Acknowledged {
            request.read = Read::Nothing;
        }
    }
    requests.sort_by_key(|request| request.start);
    requests
}

#[test]
fn both_say_the_same_of_small_histories() {
    let count = std::env::var("HISTORIES").map_or(20_000, |count| count.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(16);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..count {
        let history = random_history(&mut random);
        let violations = check(&history, &Rules::default());
        let expected = is_linearizable(&history);
        let shown = table(&history);
        assert_eq!(
            violations.is_empty(),
            expected,
            "{violations:?}, and the other says {expected}:\n{shown}"
        );
        match expected {
            true => good += 1,
            false => bad += 1,
        }
    }
    println!("{good} histories have an order, {bad} have none");
    assert!(good > count / 4 && bad > count / 10, "{good} and {bad}");
}
