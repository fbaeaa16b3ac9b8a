//! Sessions, the cookies that open them, and what a request's cookies are judged to be.

use super::LogIn;
use crate::storage::{Id, Storage, Stored};

/// A secret, and its digest. The server draws [`FIRST`], and `1 + i` for request `i`.
pub type Secret = u8;

pub const FIRST: Secret = 0;
/// The one before, from which a periodic renewal derived [`FIRST`].
pub const FORMER: Secret = 40;
/// Drawn by the server for a session of the attacker's.
pub const ATTACKERS: Secret = 50;
/// Drawn by the attacker.
pub const INVENTED: Secret = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cookie {
    pub id: Id,
    pub secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub digest: Secret,
    pub logged_in: bool,
    pub renewals: u8,
    /// A secret whose successor by a periodic renewal is the current one, never used. It opens, and is sent the
    /// successor.
    pub former: Option<Secret>,
    /// Former secrets, and when a log-in replaced them.
    pub superseded: Vec<(Secret, u8)>,
}

impl Session {
    pub fn new(digest: Secret, logged_in: bool) -> Self {
        Self {
            digest,
            logged_in,
            renewals: 0,
            former: None,
            superseded: Vec::new(),
        }
    }

    pub fn is_opened_by(&self, secret: Secret) -> bool {
        self.digest == secret || self.former == Some(secret)
    }

    /// A log-in draws a fresh secret, and the former one is superseded.
    pub fn log_in(&mut self, fresh: Secret, now: u8, model: &LogIn) {
        if model.mechanisms.superseded {
            self.superseded.push((self.digest, now));
            self.superseded
                .extend(self.former.map(|former| (former, now)));
        }
        if model.mechanisms.fresh_secret {
            self.digest = fresh;
        }
        self.former = None;
        self.renewals += 1;
        self.logged_in = true;
    }
}

/// What the cookies of a request come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// One live session.
    Live(Id, Stored<Session>),
    /// The secrets of several live sessions: none is opened.
    Several(Vec<Id>),
    /// A superseded secret: nothing is opened.
    Superseded(Id),
    /// No secret that anything is known of.
    Visitor,
}

/// Judges the cookies that a request brings.
pub fn open(sessions: &Storage<Session>, cookies: &[Cookie], now: u8, model: &LogIn) -> Opened {
    let stored = |cookie: &Cookie| Some((cookie.id, sessions.load(cookie.id)?, cookie.secret));
    let known: Vec<_> = cookies.iter().filter_map(stored).collect();
    let is_live =
        |(_, stored, secret): &&(Id, &Stored<Session>, Secret)| stored.record.is_opened_by(*secret);
    let live: Vec<_> = known.iter().filter(is_live).collect();
    match live[..] {
        [(id, stored, _)] => return Opened::Live(*id, (*stored).clone()),
        [(id, stored, _), ..] if !model.mechanisms.several_are_none => {
            return Opened::Live(*id, (*stored).clone());
        }
        [_, _, ..] => return Opened::Several(live.iter().map(|(id, ..)| *id).collect()),
        [] => {}
    }
    let is_superseded = |(_, stored, secret): &&(Id, &Stored<Session>, Secret)| {
        let mut former = stored.record.superseded.iter();
        former.any(|(former, at)| former == secret && now - at < model.known_for)
    };
    match known.iter().find(is_superseded) {
        Some((id, ..)) => Opened::Superseded(*id),
        None => Opened::Visitor,
    }
}
