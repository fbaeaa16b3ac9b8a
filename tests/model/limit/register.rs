//! An owner's register: who has reserved a place, and how places are counted and made.

use crate::mechanisms::Mechanisms;
use crate::storage::Id;

/// Half a minute is one step of the clock.
pub const MINUTE: u8 = 2;

/// Which request a log-in or a reservation is of; [`NOBODY`] for sessions from before.
pub type Token = usize;

pub const NOBODY: Token = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    O,
    P,
}

/// A session's record, as far as the limit is concerned. Every save of it is a log-in or a log-out, so a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub owner: Option<Owner>,
    pub logged_in_at: u8,
    pub logged_in_by: Token,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reservation {
    pub session: Id,
    pub at: u8,
    pub by: Token,
    /// The sessions that end to make room.
    pub ends: Vec<Id>,
}

impl Reservation {
    /// A reservation lapses in a minute.
    pub fn is_young(&self, now: u8, mechanisms: &Mechanisms) -> bool {
        !mechanisms.lapse || now - self.at < MINUTE
    }
}

/// What to do about a log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtLimit {
    RefuseLogIn,
    EndOldest,
}

/// What counting the places came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is room, once these have ended. The reservations are what the register is to hold.
    Reserve {
        reservations: Vec<Reservation>,
        ends: Vec<Id>,
    },
    Refuse,
    /// The places are held by log-ins under way.
    Wait,
    /// The session is to end for another's log-in.
    Ends,
}

/// Counts the places that are taken beside `session`'s, and decides who makes room.
pub fn decide(
    (session, by): (Id, Token),
    now: u8,
    register: &[Reservation],
    listed: &[(Id, Session)],
    (max, at_limit): (usize, AtLimit),
    mechanisms: &Mechanisms,
) -> Decision {
    let young = register
        .iter()
        .filter(|held| held.is_young(now, mechanisms));
    let young: Vec<_> = young.cloned().collect();
    if mechanisms.names_victims && young.iter().any(|held| held.ends.contains(&session)) {
        return Decision::Ends;
    }
    let mut others: Vec<_> = listed.iter().filter(|(id, _)| *id != session).collect();
    let is_listed = |id| others.iter().any(|(listed, _)| *listed == id);
    let mut pending: Vec<_> = young.iter().map(|held| held.session).collect();
    pending.retain(|id| *id != session && !is_listed(*id));
    pending.sort_unstable();
    pending.dedup();
    let too_many = (others.len() + pending.len() + 1).saturating_sub(max);
    let ends = match at_limit {
        _ if too_many == 0 => Vec::new(),
        AtLimit::RefuseLogIn => return Decision::Refuse,
        AtLimit::EndOldest if too_many > others.len() => return Decision::Wait,
        AtLimit::EndOldest => {
            others.sort_by_key(|(id, session)| (session.logged_in_at, *id));
            others[..too_many].iter().map(|(id, _)| *id).collect()
        }
    };
    let mut reservations = young;
    reservations.retain(|held| !is_mine(held, (session, by), mechanisms));
    let named = if mechanisms.names_victims {
        ends.clone()
    } else {
        Vec::new()
    };
    reservations.push(Reservation {
        session,
        at: now,
        by,
        ends: named,
    });
    Decision::Reserve { reservations, ends }
}

/// Whether a reservation is the one of this log-in, and not of another log-in of the same session.
pub fn is_mine(held: &Reservation, (session, by): (Id, Token), mechanisms: &Mechanisms) -> bool {
    held.session == session && (!mechanisms.reservation_by_token || held.by == by)
}
