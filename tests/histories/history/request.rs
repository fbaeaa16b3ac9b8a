/// What a write leaves in a session; no two writes of one session leave the same.
pub type Mark = u32;

/// One request, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which client sent it. A client sends one request at a time.
    pub client: u32,
    /// Which process of the application it was sent to.
    pub process: u32,
    pub session: u32,
    /// Which of the session's secrets it carried; `None` where the session was named by its public id.
    pub secret: Option<u32>,
    /// When it was sent and when it was answered or given up, in microseconds of one clock.
    pub start: u64,
    pub end: u64,
    pub action: Action,
    pub outcome: Outcome,
    /// What the session held when the request opened it.
    pub read: Read,
    /// Where in the log its mark stands, as the process was told by its save.
    pub wrote_at: Option<u32>,
}

/// What a request was to do, beside reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Read,
    /// Makes the session, with this mark as the first of its log.
    Create(Mark),
    /// Adds a mark to the end of the log, by a closure over what is there.
    Append(Mark),
    /// Sets a key of the mark's own, whatever else is there.
    Insert(Mark),
    /// Gives the session another secret, of this number.
    Renew(u32),
    /// Does that too, and begins the session's limits anew.
    LogIn(u32),
    /// Ends the session: by its cookie, or by id or owner.
    End,
}

impl Action {
    /// The mark that it leaves.
    #[must_use]
    pub fn mark(self) -> Option<Mark> {
        match self {
            Self::Create(mark) | Self::Append(mark) | Self::Insert(mark) => Some(mark),
            _ => None,
        }
    }

    /// The mark that it leaves in the log.
    #[must_use]
    pub fn logged(self) -> Option<Mark> {
        match self {
            Self::Create(mark) | Self::Append(mark) => Some(mark),
            _ => None,
        }
    }

    /// The secret that it gives the session in place of the one that it came with.
    #[must_use]
    pub fn successor(self) -> Option<u32> {
        match self {
            Self::Renew(secret) | Self::LogIn(secret) => Some(secret),
            _ => None,
        }
    }
}

/// What the client knows of a request's effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with success.
    Acknowledged,
    /// It never got to a process.
    Failed,
    /// It was answered with an error, or not at all: it may have had its effect, or have it yet.
    Unknown,
}

/// What a request saw of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// It was not told.
    Nothing,
    /// There was no session.
    Nobody,
    Seen(Contents),
}

/// What a session holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The appended marks, in their order.
    pub log: Vec<Mark>,
    /// The inserted marks, sorted.
    pub keys: Vec<Mark>,
}

impl Contents {
    pub fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.log.iter().chain(&self.keys).copied()
    }

    #[must_use]
    pub fn has(&self, mark: Mark) -> bool {
        self.marks().any(|it| it == mark)
    }
}

impl Request {
    /// What it saw of a live session.
    #[must_use]
    pub fn seen(&self) -> Option<&Contents> {
        match &self.read {
            Read::Seen(contents) => Some(contents),
            _ => None,
        }
    }

    /// Whether it may have had its effect.
    #[must_use]
    pub fn may_count(&self) -> bool {
        self.outcome != Outcome::Failed
    }

    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.outcome == Outcome::Acknowledged
    }

    /// From when on its effect is certain.
    #[must_use]
    pub fn certain(&self) -> Option<u64> {
        self.is_acknowledged().then_some(self.end)
    }
}
