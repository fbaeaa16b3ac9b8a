use super::MARKS;
use crate::history::Mark;

/// What the clients know of a live session.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) session: u32,
    /// The public id, where the application tells it.
    pub(super) id: Option<String>,
    pub(super) cookie: String,
    pub(super) secret: u32,
    next_secret: u32,
    next_mark: Mark,
    pub(super) is_logged_in: bool,
    /// How many answers in turn found nobody by the secret that is in the jar.
    pub(super) missed: u32,
}

/// A place that the clients share, with a session most of the time.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot {
    #[default]
    Empty,
    /// A client is making one.
    Creating,
    Live(Live),
}

/// A session that nobody writes to any more: ended, given up, or left to its limits.
#[derive(Clone, Debug)]
pub struct Ended {
    pub session: u32,
    pub id: Option<String>,
    pub cookie: String,
    pub secret: u32,
}

impl Live {
    pub(super) fn new(session: u32, id: Option<String>, cookie: String) -> Self {
        Self {
            session,
            id,
            cookie,
            secret: 0,
            next_secret: 1,
            next_mark: 1,
            is_logged_in: false,
            missed: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.next_mark >= MARKS
    }

    pub(super) fn new_mark(&mut self) -> Mark {
        self.next_mark += 1;
        self.next_mark - 1
    }

    pub(super) fn new_secret(&mut self) -> u32 {
        self.next_secret += 1;
        self.next_secret - 1
    }

    pub(super) fn ended(&self) -> Ended {
        Ended {
            session: self.session,
            id: self.id.clone(),
            cookie: self.cookie.clone(),
            secret: self.secret,
        }
    }
}
