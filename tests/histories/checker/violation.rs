/// What is wrong in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A write was acknowledged, and is not there.
    LostWrite,
    /// A write was acknowledged, a later read does not show it, and one after that does.
    StaleRead,
    /// A write is there twice.
    AppliedTwice,
    /// A read shows what was never written, or only after the read.
    Phantom,
    /// A write's process was told of another place than the one where its mark stands.
    Misplaced,
    /// A read shows less than one that ended before it began.
    WentBack,
    /// Two reads show contents of which neither comes from the other.
    Forked,
    /// A write that was acknowledged before another began stands behind it.
    Reordered,
    /// A session is there after its end was acknowledged.
    Revived,
    /// A session is there after a request had found it gone.
    Reappeared,
    /// A session is gone, and nothing had ended it.
    Gone,
    /// A session was opened after its time.
    Overdue,
    /// A secret opened a session after its successor was acknowledged.
    FormerSecret,
    /// One secret was replaced by two.
    TwoSuccessors,
}

/// A finding, with the requests that show it, as indexes into the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub kind: Kind,
    pub session: u32,
    pub evidence: Vec<usize>,
}
