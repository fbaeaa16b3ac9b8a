use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;
use time::Duration;

use super::SessionError;
use super::draft::Draft;
use crate::record::{Entry, Timestamp, Values};

/// An `update` closure from JSON text to JSON text, called again at each replay.
pub(super) type Update = Box<dyn FnMut(Option<&[u8]>) -> Result<Entry, SessionError> + Send>;

/// What a request changed, in order. Most change one thing.
pub(super) type Operations = SmallVec<[Operation; 1]>;

/// One change that a request made to its session, kept so that it can be replayed over what another request saved first.
pub(super) enum Operation {
    Set(Entry),
    Remove(Box<str>),
    /// Removes what was read, and not what another request has left there since.
    Take(Entry),
    Update(Box<str>, Update),
    Clear,
    Renew,
    LogIn(LogIn),
    LogOut(LogOut),
    Remember(Duration),
    Label(Arc<str>),
}

/// Gives the session to an owner. Values of another owner stay only under the keys that are to be kept.
pub(super) struct LogIn {
    pub(super) owner: Arc<str>,
    pub(super) at: Timestamp,
    pub(super) keep: Vec<Box<str>>,
}

/// Makes the session nobody's, with no values but those under the keys that are to be kept.
pub(super) struct LogOut {
    pub(super) at: Timestamp,
    pub(super) keep: Vec<Box<str>>,
}

impl Operation {
    pub(super) fn apply(&mut self, draft: &mut Draft) -> Result<(), SessionError> {
        match self {
            Self::Set(entry) => draft.values.set(entry),
            Self::Remove(key) => draft.values.remove(key),
            Self::Take(taken) => {
                if draft.values.bytes(taken.key()) == Some(taken.json()) {
                    draft.values.remove(taken.key());
                }
            }
            Self::Update(key, update) => {
                let entry = update(draft.values.bytes(key))?;
                draft.values.set(&entry);
            }
            Self::Clear => draft.values = Values::default(),
            Self::Renew => {}
            Self::LogIn(LogIn { owner, at, keep }) => draft.log_in(owner, *at, keep),
            Self::LogOut(LogOut { at, keep }) => draft.log_out(*at, keep),
            Self::Remember(duration) => {
                draft.remember = Some(*duration);
                draft.chose_remember = true;
            }
            Self::Label(label) => draft.label = Some(Arc::clone(label)),
        }
        Ok(())
    }

    /// Applies the operation as if it had come before a renewal: only to keys that nobody changed between `loaded` and
    /// `current`. Returns whether it applied.
    pub(super) fn apply_late(
        &mut self,
        draft: &mut Draft,
        loaded: &Values,
        current: &Values,
    ) -> Result<bool, SessionError> {
        let unchanged = |key: &str| loaded.bytes(key) == current.bytes(key);
        match self {
            Self::Clear => {
                for (key, _) in loaded.iter().filter(|(key, _)| unchanged(key)) {
                    draft.values.remove(key);
                }
                Ok(true)
            }
            _ if self.key().is_some_and(unchanged) => self.apply(draft).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Applies the operation without calling the application's closure: an update keeps what it came to in `former`.
    pub(super) fn preview(&mut self, draft: &mut Draft, former: &Values) {
        if let Self::Update(key, _) = self {
            if let Some(json) = former.get(key) {
                draft.values.set(&Entry::new(key, json.as_bytes()));
            }
            return;
        }
        // Only an update's closure can fail.
        let _ = self.apply(draft);
    }

    /// Whether a draft of this operation's request differs from `values` because of it.
    pub(super) fn changes(&self, values: &Values, draft: &Draft) -> bool {
        match self {
            Self::Clear => *values != draft.values,
            Self::Renew | Self::LogIn(_) | Self::LogOut(_) => true,
            // What these came to is compared as a whole.
            Self::Remember(_) | Self::Label(_) => false,
            _ => self
                .key()
                .is_some_and(|key| values.bytes(key) != draft.values.bytes(key)),
        }
    }

    /// Whether `later` makes this operation's outcome irrelevant.
    pub(super) fn is_overwritten_by(&self, later: &Self) -> bool {
        match later {
            Self::Set(_) | Self::Remove(_) => self.key().is_some() && self.key() == later.key(),
            Self::Clear => self.key().is_some() || matches!(self, Self::Clear),
            Self::Label(_) => matches!(self, Self::Label(_)),
            _ => false,
        }
    }

    /// Whether it gives the session to somebody else than `owner`.
    pub(super) fn is_log_in_of_another(&self, owner: Option<&Arc<str>>) -> bool {
        matches!(self, Self::LogIn(log_in) if Some(&log_in.owner) != owner)
    }

    /// Whether a new secret is due.
    pub(super) const fn renews(&self) -> bool {
        matches!(self, Self::Renew | Self::LogIn(_) | Self::LogOut(_))
    }

    pub(super) const fn is_log_in(&self) -> bool {
        matches!(self, Self::LogIn(_))
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

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Set(_) => "Set",
            Self::Remove(_) => "Remove",
            Self::Take(_) => "Take",
            Self::Update(..) => "Update",
            Self::Clear => "Clear",
            Self::Renew => "Renew",
            Self::LogIn(_) => "LogIn",
            Self::LogOut(_) => "LogOut",
            Self::Remember(_) => "Remember",
            Self::Label(_) => "Label",
        };
        match self.key() {
            Some(key) => write!(f, "{name}({key:?})"),
            None => f.write_str(name),
        }
    }
}
