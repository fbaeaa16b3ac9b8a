/// What becomes of a session whose secret seems to be in two hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SuspectedTheft {
    /// The request with the replaced secret finds no session; the session lives on. The default.
    #[default]
    Refuse,
    /// The session ends, for both.
    EndSession,
}
