use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::http::{Connection, Cookie, Reply};
use super::recorder::Recorder;
use super::slot::{Ended, Live, Slot};
use super::step::next;
use crate::history::{Action, Contents, Outcome, Read, Request};

/// Clients at work on common sessions.
#[derive(Debug)]
pub struct Load {
    pub recorder: Recorder,
    /// Where each process listens now.
    pub ports: Vec<AtomicU16>,
    slots: Vec<Mutex<Slot>>,
    ended: Mutex<Vec<Ended>>,
    is_over: AtomicBool,
    /// Names the owners of this run.
    name: u64,
}

impl Load {
    #[must_use]
    pub fn new(ports: &[u16], slots: usize, name: u64) -> Self {
        Self {
            recorder: Recorder::default(),
            ports: ports.iter().map(|port| AtomicU16::new(*port)).collect(),
            slots: (0..slots).map(|_| Mutex::default()).collect(),
            ended: Mutex::default(),
            is_over: AtomicBool::default(),
            name,
        }
    }

    pub fn stop(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// All sessions that there were, once the clients have stopped.
    #[must_use]
    pub fn take_all(&self) -> Vec<Ended> {
        let mut all = std::mem::take(&mut *self.ended.lock().expect("no client panics"));
        for slot in &self.slots {
            if let Slot::Live(live) = std::mem::take(&mut *lock(slot)) {
                all.push(live.ended());
            }
        }
        all
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    pub(super) fn slot(&self, random: &mut fastrand::Rng) -> &Mutex<Slot> {
        &self.slots[random.usize(0..self.slots.len())]
    }

    pub(super) fn port(&self, process: u32) -> u16 {
        self.ports[process as usize].load(Ordering::SeqCst)
    }
}

pub(super) fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().expect("no client panics")
}

pub(super) struct Sender<'a> {
    pub(super) load: &'a Load,
    pub(super) client: u32,
    pub(super) process: u32,
    pub(super) connection: &'a mut Connection,
}

impl Sender<'_> {
    pub(super) async fn create(&mut self, slot: &Mutex<Slot>) {
        {
            let mut slot = lock(slot);
            if !matches!(*slot, Slot::Empty) {
                return;
            }
            *slot = Slot::Creating;
        }
        let start = self.load.recorder.now();
        let port = self.load.port(self.process);
        let reply = self.connection.send(port, "POST /create/0", None).await;
        // What nobody has a cookie of, nobody can ask for.
        let Reply::Answered(answer, Some(Cookie::Set(cookie))) = reply else {
            *lock(slot) = Slot::Empty;
            return;
        };
        let session = self.load.recorder.new_session();
        self.note(
            session,
            Some(0),
            start,
            Action::Create(0),
            Outcome::Acknowledged,
            Read::Nothing,
            None,
        );
        *lock(slot) = Slot::Live(Live::new(session, answer.id, cookie));
    }

    /// One request to a live session.
    pub(super) async fn step(&mut self, slot: &Mutex<Slot>, random: &mut fastrand::Rng) {
        let (step, before) = {
            let mut slot = lock(slot);
            let Slot::Live(live) = &mut *slot else {
                return;
            };
            if live.is_full() && random.u8(0..4) == 0 {
                // Left to its limits.
                self.bury(live);
                *slot = Slot::Empty;
                return;
            }
            (next(live, self.load.name, random), live.clone())
        };
        let cookie = (!step.is_by_id).then_some(&*before.cookie);
        let secret = (!step.is_by_id).then_some(before.secret);
        let start = self.load.recorder.now();
        let port = self.load.port(self.process);
        let reply = self.connection.send(port, &step.line, cookie).await;
        let (outcome, read, wrote_at, new_cookie) = match reply {
            Reply::NotSent => (Outcome::Failed, Read::Nothing, None, None),
            Reply::Unknown => (Outcome::Unknown, Read::Nothing, None, None),
            Reply::Answered(answer, cookie) => {
                let read = match answer.seen {
                    Some(seen) => Read::Seen(Contents::from(seen)),
                    None if step.is_by_id => Read::Nothing,
                    None => Read::Nobody,
                };
                (Outcome::Acknowledged, read, answer.wrote_at, cookie)
            }
        };
        let is_without_cookie = outcome == Outcome::Acknowledged
            && step.action.successor().is_some()
            && !matches!(new_cookie, Some(Cookie::Set(_)));
        // Who finds no session writes nothing; but a log-out may end one by a secret that no longer opens it.
        let (action, told) = match (step.action, &read) {
            (Action::End, Read::Nobody) => (Action::End, Outcome::Unknown),
            (_, Read::Nobody) => (Action::Read, outcome),
            _ if is_without_cookie => {
                // Success without a new secret says that the session has ended meanwhile: a second thing that was seen.
                self.note(
                    before.session,
                    secret,
                    start,
                    Action::Read,
                    outcome,
                    Read::Nobody,
                    None,
                );
                (Action::Read, outcome)
            }
            (action, _) => (action, outcome),
        };
        let is_nobody = read == Read::Nobody;
        self.note(before.session, secret, start, action, told, read, wrote_at);

        let mut slot = lock(slot);
        let Slot::Live(live) = &mut *slot else {
            return;
        };
        if live.session != before.session {
            return;
        }
        let is_over = match (action, outcome) {
            (Action::End, Outcome::Acknowledged | Outcome::Unknown) => true,
            // Its new secret may be in force, and nobody knows it.
            (Action::Renew(_) | Action::LogIn(_), Outcome::Unknown) => true,
            (Action::Renew(new) | Action::LogIn(new), Outcome::Acknowledged) => {
                if let Some(Cookie::Set(cookie)) = new_cookie {
                    live.is_logged_in |= matches!(action, Action::LogIn(_));
                    (live.cookie, live.secret, live.missed) = (cookie, new, 0);
                }
                false
            }
            _ if is_nobody && live.secret == before.secret => {
                live.missed += 1;
                live.missed > 4
            }
            _ => false,
        };
        if is_over {
            self.bury(live);
            *slot = Slot::Empty;
        }
    }

    fn bury(&self, live: &Live) {
        self.load
            .ended
            .lock()
            .expect("no client panics")
            .push(live.ended());
    }

    /// Looks whether one of the sessions that are over is back.
    pub(super) async fn look_back(&mut self, random: &mut fastrand::Rng) {
        let ended = {
            let ended = self.load.ended.lock().expect("no client panics");
            let latest = &ended[ended.len().saturating_sub(64)..];
            match latest.is_empty() {
                true => return,
                false => latest[random.usize(0..latest.len())].clone(),
            }
        };
        self.look(&ended, random.bool()).await;
    }

    /// Reads a session by its last cookie or by its id. Returns whether there was an answer.
    pub(super) async fn look(&mut self, ended: &Ended, by_id: bool) -> bool {
        let id = ended.id.as_ref().filter(|_| by_id);
        let (line, secret) = match id {
            Some(id) => (format!("GET /find/{id}"), None),
            None => ("GET /read".to_owned(), Some(ended.secret)),
        };
        let cookie = secret.map(|_| &*ended.cookie);
        let start = self.load.recorder.now();
        let reply = self
            .connection
            .send(self.load.port(self.process), &line, cookie)
            .await;
        let (outcome, read) = match reply {
            Reply::NotSent => return false,
            Reply::Unknown => (Outcome::Unknown, Read::Nothing),
            Reply::Answered(answer, _) => {
                let read = answer.seen.map(|seen| Read::Seen(Contents::from(seen)));
                (Outcome::Acknowledged, read.unwrap_or(Read::Nobody))
            }
        };
        self.note(
            ended.session,
            secret,
            start,
            Action::Read,
            outcome,
            read,
            None,
        );
        outcome == Outcome::Acknowledged
    }

    #[expect(clippy::too_many_arguments, reason = "what a request is made of")]
    pub(super) fn note(
        &self,
        session: u32,
        secret: Option<u32>,
        start: u64,
        action: Action,
        outcome: Outcome,
        read: Read,
        wrote_at: Option<u32>,
    ) {
        self.load.recorder.note(Request {
            client: self.client,
            process: self.process,
            session,
            secret,
            start,
            end: self.load.recorder.now().max(start + 1),
            action,
            outcome,
            read,
            wrote_at,
        });
    }
}
