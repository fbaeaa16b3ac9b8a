//! One request's way, from the browser's cookies to the cookie of its response.

use super::record::{Cookie, INVENTED, Opened, Secret, Session, open};
use super::{ATTACKERS_SESSION, LogIn, SESSION, State};
use crate::storage::{Id, Saved, Stored};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Read,
    Write,
    LogIn,
    LogOut,
    /// The attacker reads, with the secret from before.
    Attack,
}

/// What a response does to the browser's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetCookie {
    To(Cookie),
    Deleted,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Waiting,
    /// On its way to the server since then, with these cookies.
    Sent(u8, Vec<Cookie>),
    /// Its handler works, with the session as it was opened.
    Open(Id, Stored<Session>),
    /// All is saved; the response is to be made, with this cookie if it may go out.
    Door(Cookie),
    /// On its way to the browser since then.
    Answered(u8, SetCookie),
    /// What is left of it changes nothing.
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    pub work: Work,
    pub stage: Stage,
}

impl Request {
    /// Whether time may pass: the network keeps nothing of the browser's for more than one step of the clock, and a
    /// response is made as soon as all is saved.
    pub fn can_wait(&self, now: u8) -> bool {
        match self.stage {
            Stage::Sent(since, _) | Stage::Answered(since, _) => {
                self.work == Work::Attack || now == since
            }
            Stage::Door(_) => false,
            _ => true,
        }
    }
}

impl State {
    /// Judges the request's cookies. Without a session there is nothing to wait for: the handler's work is done at
    /// once.
    pub(super) fn open(&mut self, place: usize, model: &LogIn) {
        let Request {
            work,
            stage: Stage::Sent(_, cookies),
        } = self.requests[place].clone()
        else {
            unreachable!("it is on its way")
        };
        let stage = match (open(&self.sessions, &cookies, self.now, model), work) {
            (Opened::Live(id, stored), _) => {
                let is_inside = work == Work::Attack && id == SESSION && stored.record.logged_in;
                self.seen.attacker_inside |= is_inside;
                Stage::Open(id, stored)
            }
            (Opened::Several(ids), Work::LogIn | Work::LogOut) => {
                if model.mechanisms.ends_several {
                    for id in ids {
                        self.sessions.delete(id);
                    }
                }
                self.seen.ended_several |= model.mechanisms.ends_several;
                self.seen.trapped |= self.still_opens(&cookies);
                if work == Work::LogIn {
                    self.create(place, &cookies, model)
                } else {
                    self.deletion()
                }
            }
            // A log-out ends it; a write is an error that says to try again.
            (Opened::Superseded(id), Work::LogOut) => {
                self.sessions.delete(id);
                self.deletion()
            }
            (Opened::Superseded(_), _) => {
                self.seen.superseded_refused = true;
                Stage::Done
            }
            (Opened::Several(_) | Opened::Visitor, Work::Write | Work::LogIn) => {
                self.create(place, &cookies, model)
            }
            (Opened::Several(_) | Opened::Visitor, _) => Stage::Done,
        };
        self.requests[place].stage = stage;
    }

    /// Whether one of the cookies still opens what it did.
    fn still_opens(&self, cookies: &[Cookie]) -> bool {
        let stored = |cookie: &Cookie| Some((cookie.secret, self.sessions.load(cookie.id)?));
        let mut known = cookies.iter().filter_map(stored);
        known.any(|(secret, stored)| stored.record.is_opened_by(secret))
    }

    /// A new session gets a new id and a new secret.
    fn create(&mut self, place: usize, cookies: &[Cookie], model: &LogIn) -> Stage {
        let id = 10 + Id::try_from(place).expect("few requests");
        let new = Cookie {
            id,
            secret: drawn_by(place),
        };
        let adopted = cookies.iter().find(|cookie| cookie.secret == INVENTED);
        let cookie = match adopted {
            Some(adopted) if !model.mechanisms.never_adopts => *adopted,
            _ => new,
        };
        let logged_in = self.requests[place].work == Work::LogIn;
        match self
            .sessions
            .save(cookie.id, Session::new(cookie.secret, logged_in), None)
        {
            Saved::Done => Stage::Door(cookie),
            Saved::Conflict(_) => Stage::Done,
        }
    }

    /// A response that deletes the cookie.
    fn deletion(&self) -> Stage {
        Stage::Answered(self.now, SetCookie::Deleted)
    }

    /// Makes the request's storage call.
    pub(super) fn commit(&mut self, place: usize, model: &LogIn) {
        let Request {
            work,
            stage: Stage::Open(id, Stored { version, record }),
        } = self.requests[place].clone()
        else {
            unreachable!("it is open")
        };
        let fresh = drawn_by(place);
        let mut next = record.clone();
        self.requests[place].stage = match work {
            Work::Read if record.former.is_some() => {
                let secret = record.digest;
                Stage::Door(Cookie { id, secret })
            }
            Work::Read | Work::Attack => Stage::Done,
            Work::LogOut => {
                self.sessions.delete(id);
                self.deletion()
            }
            Work::Write | Work::LogIn => {
                if work == Work::LogIn {
                    next.log_in(fresh, self.now, model);
                }
                match self.sessions.save(id, next, Some(version)) {
                    Saved::Done if work == Work::LogIn => Stage::Door(Cookie { id, secret: fresh }),
                    Saved::Done => {
                        self.seen.wrote_into_attackers |= id == ATTACKERS_SESSION;
                        Stage::Done
                    }
                    // Replayed, unless another request logged in: then a write sends no cookie, and a log-in is an
                    // error.
                    Saved::Conflict(Some(current))
                        if current.record.renewals == record.renewals =>
                    {
                        Stage::Open(id, current)
                    }
                    Saved::Conflict(_) => Stage::Done,
                }
            }
        };
    }

    /// Makes the response: a secret goes out only if its digest is the stored one.
    pub(super) fn answer(&mut self, place: usize, model: &LogIn) {
        let Stage::Door(cookie) = self.requests[place].stage else {
            unreachable!("it is at the door")
        };
        let stored = self.sessions.load(cookie.id);
        let is_stored = stored.is_some_and(|stored| stored.record.digest == cookie.secret);
        if !is_stored && model.mechanisms.digest_check {
            self.requests[place].stage = Stage::Done;
            return;
        }
        self.seen.sent_unstored |= !is_stored;
        self.requests[place].stage = Stage::Answered(self.now, SetCookie::To(cookie));
    }

    /// The browser takes what the response says about its cookie.
    pub(super) fn deliver(&mut self, place: usize) {
        let Request {
            work,
            stage: Stage::Answered(_, set),
        } = self.requests[place].clone()
        else {
            unreachable!("it is answered")
        };
        self.requests[place].stage = Stage::Done;
        self.cookie = match set {
            SetCookie::To(cookie) => Some(cookie),
            SetCookie::Deleted => None,
        };
        self.seen.logged_in |= work == Work::LogIn;
    }
}

/// The secret that the server draws for request `place`.
fn drawn_by(place: usize) -> Secret {
    1 + Secret::try_from(place).expect("few requests")
}
