//! One request's way, from the secret that it brings to the cookie of its response.

use super::record::{ASTRAY, GRACE, Judged, Plan, Record, Secret};
use super::{Fate, Renewal, SESSION, State, Who};
use crate::mechanisms::Mechanisms;
use crate::storage::{Saved, Stored};

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    pub who: Who,
    pub brings: Secret,
    pub stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// On its way to the server since then.
    Sent(u8),
    /// Its handler works, with the session as it was opened.
    Open(u8, Record),
    /// All is saved; the response is to be made, with this secret if it may go out.
    Door(Secret),
    /// On its way to the browser since then, with a cookie.
    Answered(u8, Secret),
}

impl Request {
    /// Whether half a grace may pass: the network keeps nothing of the browser's for longer than the grace.
    pub fn can_wait(&self, now: u8) -> bool {
        match self.stage {
            Stage::Sent(since) | Stage::Answered(since, _) => {
                self.who == Who::Thief || now + 1 < since + GRACE
            }
            Stage::Open(..) | Stage::Door(_) => true,
        }
    }
}

impl State {
    /// Loads the session and judges the secret.
    pub(super) fn open(&mut self, place: usize, mechanisms: &Mechanisms) {
        let Request { who, brings, .. } = self.requests[place];
        let stored = self.storage.load(SESSION).cloned();
        let judged = stored.as_ref().map_or(Judged::Unknown, |stored| {
            stored.record.judge(brings, self.now, mechanisms)
        });
        match (judged, stored) {
            (Judged::Stolen, _) => {
                self.storage.delete(SESSION);
                self.seen.told |= self.seen.stolen;
                self.seen.browser_accused |= !self.seen.stolen;
                self.requests.remove(place);
            }
            (Judged::Unknown, _) | (_, None) => {
                self.seen.browser_lost |= who == Who::Browser && !self.seen.stolen;
                self.requests.remove(place);
            }
            (_, Some(Stored { version, record })) => {
                let next = usize::from(brings) + 1;
                let first_use = self.first_uses.get(next).copied().flatten();
                self.seen.former_untold |= first_use.is_some_and(|at| self.now >= at + GRACE);
                self.seen.opened_in_grace |= judged == Judged::InGrace;
                self.requests[place].stage = Stage::Open(version, record);
            }
        }
    }

    /// Makes the request's next save, if it has any to make.
    pub(super) fn commit(&mut self, place: usize, fate: Fate, model: &Renewal) {
        let Request {
            brings,
            stage: Stage::Open(version, record),
            ..
        } = self.requests[place].clone()
        else {
            unreachable!("it is open")
        };
        let (record, cookie) = match record.plan(brings, self.now, model) {
            Plan::Nothing(cookie) => return self.saved(place, cookie),
            Plan::Save(record, cookie) => (record, cookie),
        };
        let saved = match fate {
            Fate::LostBefore => None,
            _ => Some(self.storage.save(SESSION, record, Some(version))),
        };
        match saved {
            Some(Saved::Done) if fate == Fate::Answered => self.saved(place, cookie),
            // Derived, with a nonce that is stored nowhere.
            Some(Saved::Conflict(Some(_)))
                if cookie.is_some() && !model.mechanisms.digest_check =>
            {
                self.saved(place, Some(ASTRAY));
            }
            Some(Saved::Conflict(Some(Stored { version, record }))) if fate == Fate::Answered => {
                self.requests[place].stage = Stage::Open(version, record);
            }
            // The session has ended, or nobody knows whether it is saved: the response is an error, without a cookie.
            _ => {
                self.requests.remove(place);
            }
        }
    }

    /// All is saved: the response can be made, and is of interest if it is to have a cookie.
    fn saved(&mut self, place: usize, cookie: Option<Secret>) {
        let brings = usize::from(self.requests[place].brings);
        if self.first_uses.len() <= brings {
            self.first_uses.resize(brings + 1, None);
        }
        self.first_uses[brings].get_or_insert(self.now);
        match cookie {
            Some(cookie) => self.requests[place].stage = Stage::Door(cookie),
            None => {
                self.requests.remove(place);
            }
        }
    }

    /// Makes the response: a secret goes out only if its digest is the stored one, and it is nobody's yet.
    pub(super) fn answer(&mut self, place: usize, mechanisms: &Mechanisms) {
        let Stage::Door(cookie) = self.requests[place].stage else {
            unreachable!("it is at the door")
        };
        let record = self.storage.load(SESSION).map(|stored| &stored.record);
        let is_stored = record.is_some_and(|record| record.digest == cookie);
        let is_used = record
            .and_then(|record| record.formers.last())
            .is_some_and(|former| former.used_at.is_some());
        let may_go = !mechanisms.looks_again
            || ((is_stored || !mechanisms.digest_check)
                && (!is_used || !mechanisms.sends_unused_only));
        if !may_go {
            self.requests.remove(place);
            return;
        }
        self.seen.sent_unstored |= !is_stored;
        self.seen.sent_again |= self.jars.contains(&Some(cookie));
        self.requests[place].stage = Stage::Answered(self.now, cookie);
    }
}
