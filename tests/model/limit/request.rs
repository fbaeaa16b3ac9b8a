//! A log-in's or a log-out's way through its storage calls: each step is one call.

use super::register::{Decision, MINUTE, Owner, Reservation, Session, Token, decide, is_mine};
use super::way::{Answer, Fate, Request, Stage, Way, Work};
use super::{Limit, State};
use crate::storage::{Id, Saved, Stored, Version};

/// The id of owner O's register among the registers.
pub const REGISTER: Id = 0;

/// How often a log-in waits for places that are held by others.
const WAITS: u8 = 1;

impl State {
    /// Makes the next storage call of request `place`.
    pub(super) fn step(&mut self, place: Token, fate: Fate, model: &Limit) -> Stage {
        let Request { work, stage } = self.requests[place].clone();
        match stage {
            Stage::Sent => self.open(place, work),
            Stage::Register(way) => Stage::Count(way, self.registers.load(REGISTER).cloned()),
            Stage::Count(way, register) => self.count(place, way, register, model),
            Stage::Reserve(way, expected, reservations, ends) => {
                self.reserve(place, way, (expected, reservations, ends), fate, model)
            }
            Stage::End(way, victims) => self.end(place, way, victims, model),
            Stage::Save(way, again) => self.save_log_in(place, way, again, fate, model),
            Stage::SaveOther(id, version) => {
                let owner = Some(Owner::P);
                self.save(place, id, owner, Some(version))
                    .map_or(Answer::Error, |()| Answer::Success)
                    .into()
            }
            Stage::LogOut(id, opened) => self.log_out(place, work, id, &opened),
            Stage::Withdraw(mine, answer) => match self.registers.load(REGISTER) {
                Some(register) => Stage::Remove(mine, answer, register.clone()),
                None => Stage::Ended(answer),
            },
            Stage::Remove(
                mine,
                answer,
                Stored {
                    version,
                    mut record,
                },
            ) => {
                record.retain(|held| !is_mine(held, mine, &model.mechanisms));
                // At best: on a conflict the reservation stays, and lapses.
                self.registers.save(REGISTER, record, Some(version));
                Stage::Ended(answer)
            }
            Stage::Ended(_) => unreachable!("it has ended"),
        }
    }

    fn open(&self, place: Token, work: Work) -> Stage {
        let (Work::In(id) | Work::OtherIn(id) | Work::Out(id) | Work::OutKeeping(id)) = work else {
            let session = 20 + u8::try_from(place).expect("few requests");
            return Stage::Register(Way::new(session, None));
        };
        match (work, self.sessions.load(id)) {
            (_, None) => Stage::Ended(Answer::Dropped),
            (Work::In(_), Some(opened)) => Stage::Register(Way::new(id, Some(opened.version))),
            (Work::OtherIn(_), Some(opened)) => Stage::SaveOther(id, opened.version),
            (_, Some(opened)) if opened.record.owner != Some(Owner::O) => {
                Stage::Ended(Answer::Dropped)
            }
            (_, Some(opened)) => Stage::LogOut(id, opened.clone()),
        }
    }

    fn count(
        &mut self,
        place: Token,
        mut way: Way,
        register: Option<Stored<Vec<Reservation>>>,
        model: &Limit,
    ) -> Stage {
        let listed = self.live();
        let held = register
            .as_ref()
            .map_or(&[][..], |register| &register.record);
        let mine = (way.session, place);
        let lapsed = |held: &Reservation| held.by == place || self.now - held.at >= MINUTE;
        let is_free = held.iter().all(lapsed) && model.has_room(&listed, way.session);
        let limit = (model.max, model.at_limit);
        match decide(mine, self.now, held, &listed, limit, &model.mechanisms) {
            Decision::Ends => give_up(place, &way, Answer::Dropped),
            Decision::Refuse => self.refuse(place, &way, is_free),
            Decision::Wait if way.waits == WAITS => self.refuse(place, &way, is_free),
            Decision::Wait => {
                way.waits += 1;
                Stage::Register(way)
            }
            Decision::Reserve { reservations, ends } => {
                way.reserved_at = self.now;
                if !model.mechanisms.reserve_first {
                    return Stage::End(way, ends).or_save();
                }
                let expected = register.map(|register| register.version);
                Stage::Reserve(way, expected, reservations, ends)
            }
        }
    }

    fn reserve(
        &mut self,
        place: Token,
        mut way: Way,
        (expected, reservations, ends): (Option<Version>, Vec<Reservation>, Vec<Id>),
        fate: Fate,
        model: &Limit,
    ) -> Stage {
        way.reserved = true;
        if fate == Fate::LostBefore {
            return Stage::Register(way);
        }
        if !model.mechanisms.condition {
            self.registers.save_anyway(REGISTER, reservations);
        } else if self.registers.save(REGISTER, reservations, expected) != Saved::Done {
            return Stage::Register(way);
        }
        self.seen.admitted.retain(|admitted| *admitted != place);
        self.seen.admitted.push(place);
        if fate == Fate::LostAfter {
            Stage::Register(way)
        } else {
            Stage::End(way, ends).or_save()
        }
    }

    fn end(&mut self, place: Token, way: Way, mut victims: Vec<Id>, model: &Limit) -> Stage {
        if self.is_too_late(&way, model) {
            return Stage::Register(way);
        }
        let victim = victims.pop().expect("a victim is left");
        let owned = |session: &Session| session.owner == Some(Owner::O);
        let ended = if model.mechanisms.owner_condition {
            self.sessions.delete_if(victim, owned)
        } else {
            self.sessions.delete_if(victim, |_| true)
        };
        if let Some(session) = ended {
            self.seen.note_end(place, session);
        }
        Stage::End(way, victims).or_save()
    }

    fn save_log_in(
        &mut self,
        place: Token,
        way: Way,
        again: bool,
        fate: Fate,
        model: &Limit,
    ) -> Stage {
        let stored = self.sessions.load(way.session).map(|stored| stored.record);
        let is_mine = |session: Session| session.logged_in_by == place;
        if again && stored.is_some_and(is_mine) {
            return Stage::Ended(Answer::Success);
        }
        // Whether the first save came to nothing, or its session has ended since, nobody can tell.
        if again && way.opened.is_none() && model.mechanisms.creates_once {
            return give_up(place, &way, Answer::Error);
        }
        if self.is_too_late(&way, model) {
            return Stage::Register(way);
        }
        if fate == Fate::LostBefore {
            return if again {
                give_up(place, &way, Answer::Error)
            } else {
                Stage::Save(way, true)
            };
        }
        match self.save(place, way.session, Some(Owner::O), way.opened) {
            Ok(()) if fate == Fate::Answered => Answer::Success.into(),
            _ if fate == Fate::LostAfter && !again => Stage::Save(way, true),
            Err(Saved::Conflict(None)) => give_up(place, &way, Answer::Dropped),
            _ => give_up(place, &way, Answer::Error),
        }
    }

    /// A log-in's or a log-out's own save, conditional as any.
    fn save(
        &mut self,
        place: Token,
        id: Id,
        owner: Option<Owner>,
        expected: Option<Version>,
    ) -> Result<(), Saved<Session>> {
        let session = Session {
            owner,
            logged_in_at: self.now,
            logged_in_by: place,
        };
        match self.sessions.save(id, session, expected) {
            Saved::Done => {
                let is_admitted = self.seen.admitted.contains(&place);
                self.seen.visible_before_admission |= owner == Some(Owner::O) && !is_admitted;
                Ok(())
            }
            conflict @ Saved::Conflict(_) => Err(conflict),
        }
    }

    fn log_out(&mut self, place: Token, work: Work, id: Id, opened: &Stored<Session>) -> Stage {
        let kept = matches!(work, Work::OutKeeping(_))
            && self.save(place, id, None, Some(opened.version)).is_ok();
        if !kept {
            self.sessions.delete(id);
        }
        if self.now - opened.record.logged_in_at < MINUTE {
            Stage::Withdraw((id, opened.record.logged_in_by), Answer::Success)
        } else {
            Stage::Ended(Answer::Success)
        }
    }

    fn refuse(&mut self, place: Token, way: &Way, is_free: bool) -> Stage {
        self.seen.refused = true;
        self.seen.locked_out |= is_free;
        give_up(place, way, Answer::Refused)
    }

    /// A reservation is acted upon for half a minute, so that no act on it arrives when it has lapsed.
    fn is_too_late(&self, way: &Way, model: &Limit) -> bool {
        model.mechanisms.acts_in_time && self.now > way.reserved_at
    }
}

/// Ends a log-in that failed for good. What it may have reserved is removed.
fn give_up(place: Token, way: &Way, answer: Answer) -> Stage {
    if way.reserved {
        Stage::Withdraw((way.session, place), answer)
    } else {
        answer.into()
    }
}
