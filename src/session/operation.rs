use std::sync::Arc;

use smallvec::SmallVec;
use time::Duration;

use super::binding::Bind;
use super::draft::Draft;
use super::error::SessionError;
use crate::record::{Binding, Digest, Entry, SessionRecord, Timestamp, Transport, Values};

/// An `update` closure from JSON text to JSON text, called again at each replay.
pub(super) type Update = Box<dyn FnMut(Option<&[u8]>) -> Result<Entry, SessionError> + Send>;

/// What a request changed, in order. Most change one thing.
pub(super) type Operations = SmallVec<[Operation; 1]>;

/// One change that a request made to its session, kept so that it can be replayed over what another request saved
/// first.
pub(super) enum Operation {
    Set(Entry),
    Remove(Box<str>),
    /// Removes what was read, and not what another request has left there since.
    Take(Entry),
    Update(Box<str>, Update),
    Clear,
    Renew,
    /// Makes it a bearer session, under a new secret.
    Bearer,
    LogIn(LogIn),
    LogOut(LogOut),
    /// For how long the session is remembered; `None`: no longer.
    Remember(Option<Duration>),
    Label(Arc<str>),
    /// What the owner proves themselves by from now on.
    Stamp(Stamp),
    /// Binds it to a device.
    #[cfg_attr(not(feature = "device-bound"), allow(dead_code))]
    Bind(Bind),
}

/// Gives the session to an owner. Values of another owner stay only under the keys that are to be kept.
pub(super) struct LogIn {
    pub(super) owner: Arc<str>,
    pub(super) at: Timestamp,
    pub(super) keep: Vec<Box<str>>,
    /// Whether the owner, logged in already, has proved again who they are.
    pub(super) is_again: bool,
    /// To bind the session to the device that it is made on.
    pub(super) offer: Option<Arc<Binding>>,
}

/// Gives the session another stamp.
pub(super) struct Stamp {
    pub(super) stamp: Digest,
    /// The one that the request has found to be the account's by now.
    pub(super) confirmed: Option<Digest>,
}

/// Makes the session nobody's, with no values but those under the keys that are to be kept.
pub(super) struct LogOut {
    pub(super) at: Timestamp,
    pub(super) keep: Vec<Box<str>>,
}

impl Operation {
    pub(super) fn apply(&mut self, draft: &mut Draft) -> Result<(), SessionError> {
        match self {
            Self::Set(entry) => draft.record.values.set(entry),
            Self::Remove(key) => draft.record.values.remove(key),
            Self::Take(taken) => {
                if draft.record.values.bytes(taken.key()) == Some(taken.json()) {
                    draft.record.values.remove(taken.key());
                }
            }
            Self::Update(key, update) => {
                let entry = update(draft.record.values.bytes(key))?;
                draft.record.values.set(&entry);
            }
            Self::Clear => draft.clear(),
            Self::Renew => {}
            Self::Bearer => {
                draft.record.set_rare(|rare| {
                    rare.transport = Transport::Bearer;
                    rare.binding = None;
                });
            }
            Self::LogIn(log_in) => draft.log_in(log_in),
            Self::LogOut(log_out) => draft.log_out(log_out),
            Self::Remember(duration) => {
                draft.record.set_remember(*duration);
                draft.chose_remember = true;
            }
            Self::Label(label) => draft.record.set_label(Some(Arc::clone(label))),
            Self::Stamp(Stamp { stamp, confirmed }) => {
                draft.record.set_rare(|rare| {
                    rare.stamps = rare.stamps.followed_by(*stamp, *confirmed);
                });
            }
            Self::Bind(bind) => draft.bind(bind)?,
        }
        Ok(())
    }

    /// Applies the operation as if it had come before a renewal that another request made meanwhile: `opened` is the
    /// record as this request opened it, `current` as it is now. What it sets or removes goes only where nobody has
    /// changed anything since; an update is made over what is there now. Returns whether it applied.
    pub(super) fn apply_late(
        &mut self,
        draft: &mut Draft,
        opened: &SessionRecord,
        current: &SessionRecord,
    ) -> Result<bool, SessionError> {
        let unchanged = |key: &str| opened.values.bytes(key) == current.values.bytes(key);
        let applies = match self {
            Self::Set(entry) | Self::Take(entry) => unchanged(entry.key()),
            Self::Remove(key) => unchanged(key),
            Self::Update(..) => true,
            Self::Label(_) => opened.label() == current.label(),
            Self::Clear => {
                // With what this request wrote before it.
                draft.record.values = current.values.clone();
                let keys = opened.values.iter().map(|(key, _)| key);
                keys.filter(|key| unchanged(key))
                    .for_each(|key| draft.record.values.remove(key));
                return Ok(true);
            }
            // A log-in decides anew whether the session is remembered.
            Self::Renew
            | Self::Bearer
            | Self::LogIn(_)
            | Self::LogOut(_)
            | Self::Remember(_)
            | Self::Stamp(_)
            | Self::Bind(_) => false,
        };
        if applies {
            self.apply(draft)?;
        }
        Ok(applies)
    }

    /// Applies the operation without calling the application's closure: an update keeps what it came to in `former`.
    pub(super) fn preview(&mut self, draft: &mut Draft, former: &Values) {
        if let Self::Update(key, _) = self {
            if let Some(json) = former.get(key) {
                draft.record.values.set(&Entry::new(key, json.as_bytes()));
            }
            return;
        }
        // Only an update's closure can fail.
        let _ = self.apply(draft);
    }

    /// Whether a draft of this operation's request differs from `values` because of it.
    pub(super) fn changes(&self, values: &Values, draft: &Draft) -> bool {
        match self {
            Self::Clear => *values != draft.record.values,
            _ if self.renews() => true,
            // What says something of the session itself has no key, and what it came to is compared as a whole.
            _ => self
                .key()
                .is_some_and(|key| values.bytes(key) != draft.record.values.bytes(key)),
        }
    }

    /// Whether `later`, which comes next, makes this operation's outcome irrelevant.
    pub(super) fn is_overwritten_by(&self, later: &Self) -> bool {
        match later {
            Self::Set(_) | Self::Remove(_) => self.key().is_some() && self.key() == later.key(),
            Self::Clear => self.key().is_some() || matches!(self, Self::Clear),
            Self::Label(_) => matches!(self, Self::Label(_)),
            _ => false,
        }
    }

    /// Whether a new secret is due.
    pub(super) const fn renews(&self) -> bool {
        matches!(
            self,
            Self::Renew | Self::Bearer | Self::LogIn(_) | Self::LogOut(_) | Self::Stamp(_)
        )
    }

    pub(super) const fn is_log_in(&self) -> bool {
        matches!(self, Self::LogIn(_))
    }

    /// Whether it offers the browser to bind the session to its device.
    pub(super) const fn offers_binding(&self) -> bool {
        matches!(self, Self::LogIn(LogIn { offer: Some(_), .. }))
    }

    pub(super) const fn is_log_out(&self) -> bool {
        matches!(self, Self::LogOut(_))
    }

    /// Whether it says something about the session that is worth no record by itself.
    pub(super) const fn is_attribute(&self) -> bool {
        matches!(self, Self::Remember(_) | Self::Label(_))
    }

    fn key(&self) -> Option<&str> {
        match self {
            Self::Set(entry) | Self::Take(entry) => Some(entry.key()),
            Self::Remove(key) | Self::Update(key, _) => Some(key),
            _ => None,
        }
    }
}

/// Whether these make the session nobody's: by a log-out, and no log-in after it.
pub(super) fn log_out(operations: &[Operation]) -> bool {
    let mut latest = operations.iter().rev();
    let latest = latest.find(|it| it.is_log_in() || it.is_log_out());
    latest.is_some_and(Operation::is_log_out)
}
