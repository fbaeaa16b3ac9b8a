use std::sync::Arc;
use std::time::Duration;

use super::http::{Connection, Cookie, Reply};
use super::load::{Load, Sender, lock};
use super::slot::{Live, Slot};
use crate::history::{Action, Contents, Outcome, Read};

/// One that asks for this and that, until the load is stopped.
pub async fn run(load: Arc<Load>, client: u32, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut connections: Vec<_> = load.ports.iter().map(|_| Connection::default()).collect();
    while !load.is_over() {
        let process = random.u32(0..load.ports.len() as u32);
        let connection = &mut connections[process as usize];
        // Some leave at any moment of their request.
        connection.patience = match random.u8(..) {
            0 => Duration::from_millis(random.u64(0..8)),
            _ => Connection::default().patience,
        };
        let mut to = Sender {
            load: &load,
            client,
            process,
            connection,
        };
        let slot = load.slot(&mut random);
        let before = lock(slot).clone();
        match before {
            Slot::Empty => to.create(slot).await,
            Slot::Creating => to.visit().await,
            Slot::Live(_) if random.u8(0..24) == 0 => to.visit().await,
            Slot::Live(_) if random.u8(0..12) == 0 => to.look_back(&mut random).await,
            Slot::Live(_) => to.step(slot, &mut random).await,
        }
        // The servers need the processors too.
        tokio::time::sleep(Duration::from_millis(random.u64(0..6))).await;
    }
}

/// One that waits for the ends of sessions, as a socket does, until the load is stopped.
pub async fn wait(load: Arc<Load>, client: u32, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut connections: Vec<_> = load.ports.iter().map(|_| Connection::default()).collect();
    while !load.is_over() {
        let process = random.u32(0..load.ports.len() as u32);
        let connection = &mut connections[process as usize];
        connection.patience = match random.u8(0..8) {
            0 => Duration::from_millis(random.u64(0..3_000)),
            _ => Connection::default().patience,
        };
        let mut to = Sender {
            load: &load,
            client,
            process,
            connection,
        };
        let before = lock(load.slot(&mut random)).clone();
        if let Slot::Live(live) = before {
            to.wait(&live, random.u64(0..3_000)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(0..6))).await;
    }
}

impl Sender<'_> {
    /// Somebody without a cookie looks, and gets none.
    async fn visit(&mut self) {
        let port = self.load.port(self.process);
        let reply = self.connection.send(port, "GET /read", None).await;
        if let Reply::Answered(answer, cookie) = reply {
            assert!(answer.seen.is_none(), "a session of nobody's");
            assert!(!matches!(cookie, Some(Cookie::Set(_))), "a cookie unasked");
        }
    }

    /// Waits for that session's end for so many milliseconds at most.
    async fn wait(&mut self, live: &Live, most: u64) {
        let start = self.load.recorder.now();
        let port = self.load.port(self.process);
        let line = format!("GET /wait?pause={most}");
        let reply = self.connection.send(port, &line, Some(&live.cookie)).await;
        let (outcome, read, has_ended) = match reply {
            Reply::NotSent => return,
            Reply::Unknown => (Outcome::Unknown, Read::Nothing, false),
            Reply::Answered(answer, _) => {
                let read = answer.seen.map(|seen| Read::Seen(Contents::from(seen)));
                let read = read.unwrap_or(Read::Nobody);
                (Outcome::Acknowledged, read, answer.has_ended)
            }
        };
        let note = |outcome, read| {
            let secret = Some(live.secret);
            self.note(
                live.session,
                secret,
                start,
                Action::Read,
                outcome,
                read,
                None,
            );
        };
        note(outcome, read);
        if has_ended {
            // The second thing that it was told.
            note(Outcome::Acknowledged, Read::Nobody);
        }
    }
}
