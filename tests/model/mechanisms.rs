//! The protocol's mechanisms, each of which can be taken out, to see what it is for.

/// Which mechanisms are at work.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is there or not, whatever the others are"
)]
pub struct Mechanisms {
    /// A save has a condition (rule 3).
    pub condition: bool,
    /// On a conflict the operations are made again over the record as it is now (rule 4).
    pub replay: bool,
    /// A touch of a record that is gone creates none (rule 5).
    pub touch_never_creates: bool,
    /// `delete_owned` ends a session only if it is still the owner's.
    pub owner_condition: bool,
    /// Who opened the session before a renewal is treated as if it had ended before (rule 6).
    pub before_renewal: bool,
    /// The record counts clears, changes of the owner and log-outs (rule 6).
    pub generation: bool,
    /// A change from before a log-out, which might have kept it, goes with the session that ended, and an event says
    /// so.
    pub tells_late_after_log_out: bool,
    /// A late change of a key that was changed meanwhile is an error instead of being left out. The crate leaves it
    /// out, as rule 6 says, so that no innocent write is answered with an error; without this the model shows what that
    /// costs.
    pub tells_late_overwrite: bool,
    /// A save whose answer was lost is recognised by its mark (rule 8).
    pub marks: bool,
    /// If so much was written that the mark may be gone from the record, the answer is an error.
    pub tells_full_marks: bool,
    /// A log-in reserves its place before anything else (rule 26).
    pub reserve_first: bool,
    /// A reservation lapses in a minute.
    pub lapse: bool,
    /// Who reserved a place does nothing more on it when it may lapse before the call arrives: it reserves again.
    pub acts_in_time: bool,
    /// A reservation is a log-in's, not a session's: it is replaced and removed only by the log-in that made it.
    pub reservation_by_token: bool,
    /// A reservation names the sessions that end for it, in which nobody can log in from then on.
    pub names_victims: bool,
    /// The save that creates a session for an owner is not sent again if the session is not found.
    pub creates_once: bool,
    /// A secret goes out only if its digest is the stored one (rule 8a).
    pub digest_check: bool,
    /// A former secret opens while its successor was never used (rule 25).
    pub unreplaced_opens: bool,
    /// A former secret opens for a grace time after its successor's first use (rule 25).
    pub grace: bool,
    /// The first use of a successor is saved (rule 25).
    pub use_mark: bool,
    /// A secret is not derived from one whose first use is not known, or not a grace time ago.
    pub rests_after_use: bool,
    /// Where the cookie is written, the record is looked at as it is stored then, and not as the request last saw it.
    pub looks_again: bool,
    /// A secret goes out only if it was never used.
    pub sends_unused_only: bool,
    /// A log-in draws a fresh secret (rule 6).
    pub fresh_secret: bool,
    /// A secret that a log-in replaced is known for a minute (rule 6a).
    pub superseded: bool,
    /// The secrets of several live sessions open none (rule 14).
    pub several_are_none: bool,
    /// A log-in and a log-out end all sessions whose secrets they bring (rule 14).
    pub ends_several: bool,
    /// A new session gets a new id and a new secret (rule 15).
    pub never_adopts: bool,
    /// A registration takes the very offer that it answers.
    pub same_offer: bool,
    /// A bound session opens only with proof of its device's key.
    pub requires_proof: bool,
    /// A refresh needs the session first, and then the key.
    pub session_first: bool,
}

impl Mechanisms {
    pub const ALL: Self = Self {
        condition: true,
        replay: true,
        touch_never_creates: true,
        owner_condition: true,
        before_renewal: true,
        generation: true,
        tells_late_after_log_out: true,
        tells_late_overwrite: true,
        marks: true,
        tells_full_marks: true,
        reserve_first: true,
        lapse: true,
        acts_in_time: true,
        reservation_by_token: true,
        names_victims: true,
        creates_once: true,
        digest_check: true,
        unreplaced_opens: true,
        grace: true,
        use_mark: true,
        rests_after_use: true,
        looks_again: true,
        sends_unused_only: true,
        fresh_secret: true,
        superseded: true,
        several_are_none: true,
        ends_several: true,
        never_adopts: true,
        same_offer: true,
        requires_proof: true,
        session_first: true,
    };
}
