//! What the checker finds and what it does not: `made` has the histories' parts, `bad` one history for each kind of
//! finding, `good` what looks like one, `agreement` the word of a general checker.

mod agreement;
mod bad;
mod good;
mod made;
mod shown;
