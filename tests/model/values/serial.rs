//! Whether what is stored in the end is what some serial order of the requests would have left there.

use super::record::{Content, Operation, Owner};
use super::request::Answer;

/// What may have happened to the session, as one step.
#[derive(Clone, Debug)]
pub struct Event {
    effect: Effect,
    /// It is an error or a crash: it may have happened or not.
    optional: bool,
    /// It may have ended the session instead, as a late log-out does that was to keep something.
    may_end: bool,
    /// The events that had been answered before this one was asked for, by their place, as bits.
    after: u8,
}

#[derive(Clone, Debug)]
enum Effect {
    Operations {
        by: usize,
        operations: &'static [Operation],
    },
    LogOut,
    RevokeOwnerA,
}

impl Event {
    /// What request `by` did, by its answer.
    pub fn of_request(
        by: usize,
        operations: &'static [Operation],
        answer: Answer,
        after: u8,
    ) -> Self {
        let effect = match answer {
            Answer::LoggedOut => Effect::LogOut,
            Answer::Dropped | Answer::Visitor => Effect::Operations {
                by,
                operations: &[],
            },
            _ if operations.contains(&Operation::LogOut) => Effect::LogOut,
            _ => Effect::Operations { by, operations },
        };
        let optional = matches!(answer, Answer::Error | Answer::None);
        let may_end = optional && operations.contains(&Operation::LogOutKeeping);
        Self {
            effect,
            optional,
            may_end,
            after,
        }
    }

    pub fn revocation() -> Self {
        Self {
            effect: Effect::RevokeOwnerA,
            optional: true,
            may_end: false,
            after: 0,
        }
    }

    fn happen(&self, content: Option<Content>) -> Option<Content> {
        let mut content = content?;
        match self.effect {
            Effect::LogOut => return None,
            Effect::RevokeOwnerA if content.owner == Some(Owner::A) => return None,
            Effect::RevokeOwnerA => {}
            Effect::Operations { by, operations } => {
                for operation in operations {
                    content.apply(*operation, by);
                }
            }
        }
        Some(content)
    }
}

/// Whether some order of `events` leads to `end`, in which none comes before one that was answered before it was asked
/// for.
pub fn has_serial_order(events: &[Event], end: Option<Content>) -> bool {
    search(events, 0, Some(Content::INITIAL), end)
}

fn search(events: &[Event], done: u8, content: Option<Content>, end: Option<Content>) -> bool {
    let mut left = (0..events.len())
        .filter(|place| done & (1 << place) == 0)
        .peekable();
    if left.peek().is_none() {
        return content == end;
    }
    left.filter(|place| events[*place].after & !done == 0)
        .any(|place| {
            let event = &events[place];
            let done = done | (1 << place);
            search(events, done, event.happen(content), end)
                || (event.optional && search(events, done, content, end))
                || (event.may_end && search(events, done, None, end))
        })
}
