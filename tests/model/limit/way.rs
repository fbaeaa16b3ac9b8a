//! Where a log-in or a log-out is on its way: what it is about, and which storage call is next.

use super::register::{Reservation, Session, Token};
use crate::storage::{Id, Stored, Version};

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// O logs in, in a session that is created by it.
    New,
    /// O logs in, in this session.
    In(Id),
    /// P logs in, in this session. P has no limit.
    OtherIn(Id),
    Out(Id),
    OutKeeping(Id),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Answered,
    LostBefore,
    LostAfter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Success,
    /// The limit does not allow the log-in.
    Refused,
    Error,
    /// The session had ended.
    Dropped,
    /// The process crashed.
    None,
}

/// Where a log-in of O is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    pub session: Id,
    /// The session as it was opened.
    pub opened: Option<Version>,
    pub reserved_at: u8,
    /// Whether the register may have a reservation of it.
    pub reserved: bool,
    pub waits: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Sent,
    /// Step 1, first call: the register is to be loaded.
    Register(Way),
    /// Step 1, second call: the owner's sessions are to be listed, and the places counted.
    Count(Way, Option<Stored<Vec<Reservation>>>),
    /// Step 2: the reservation is to be saved.
    Reserve(Way, Option<Version>, Vec<Reservation>, Vec<Id>),
    /// Step 3: these sessions are to be ended.
    End(Way, Vec<Id>),
    /// Step 4: the log-in itself is to be saved; `true`: once more.
    Save(Way, bool),
    /// P's log-in is to be saved.
    SaveOther(Id, Version),
    /// The session is to be ended or made nobody's; it was opened like this.
    LogOut(Id, Stored<Session>),
    /// A reservation is to be removed: the register is to be loaded.
    Withdraw((Id, Token), Answer),
    /// The register is to be saved without it.
    Remove((Id, Token), Answer, Stored<Vec<Reservation>>),
    Ended(Answer),
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    pub work: Work,
    pub stage: Stage,
}

impl Way {
    pub fn new(session: Id, opened: Option<Version>) -> Self {
        Self {
            session,
            opened,
            reserved_at: 0,
            reserved: false,
            waits: 0,
        }
    }
}

impl Stage {
    /// When all have ended that were to, the log-in is to be saved.
    pub fn or_save(self) -> Self {
        match self {
            Self::End(way, victims) if victims.is_empty() => Self::Save(way, false),
            stage => stage,
        }
    }
}

impl From<Answer> for Stage {
    fn from(answer: Answer) -> Self {
        Self::Ended(answer)
    }
}
