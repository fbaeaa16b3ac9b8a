use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration as Wait;

use super::limit::{Room, SessionLimit};
use super::register::{Place, RESERVED_FOR, places, register_id, register_record};
use crate::record::{SessionId, SessionRecord, Timestamp};
use crate::service::event::SessionEventKind;
use crate::service::queue::Turn;
use crate::service::save::Sent;
use crate::service::service::Service;
use crate::session::SessionError;
use crate::storage::Owned;

/// How often a register is read again because another log-in of the same owner changed it first, or is under way.
const MAX_ATTEMPTS: usize = 64;
/// How long a log-in waits for others of its owner's, in another process, between two looks.
const WAIT: Wait = Wait::from_millis(50);

/// A place that is kept for a log-in. While it is held, log-ins of the same owner wait, if they come to the same
/// process.
pub(crate) struct Reservation<'a> {
    owner: Arc<str>,
    id: SessionId,
    at: Timestamp,
    _turn: Turn<'a>,
}

/// The limit of an owner's sessions is held by reservation: first a place in the owner's register, then the ends of the
/// sessions that make room, then the log-in's own save. So nothing is ever seen that has no place, and nothing has to
/// be taken back.
impl Service {
    /// Keeps a place for the log-in of session `id`, if sessions are limited and it has none.
    pub(crate) async fn reserve(
        &self,
        owner: &Arc<str>,
        id: SessionId,
    ) -> Result<Option<Reservation<'_>>, SessionError> {
        let Some(limit) = self.policy.session_limit else {
            return Ok(None);
        };
        let turn = self.queues.turn(register_id(owner)).await;
        for _ in 0..MAX_ATTEMPTS {
            let Some((at, ends)) = self.try_reserve(limit, owner, id).await? else {
                continue;
            };
            let reservation = Reservation {
                owner: Arc::clone(owner),
                id,
                at,
                _turn: turn,
            };
            for id in ends {
                // What was listed has lost its place in the register, and gets none while this one is there.
                if let Err(error) = self.end_without_place(owner, Owned::One(id)).await {
                    self.give_up_reservation(reservation).await;
                    return Err(error);
                }
            }
            return Ok(Some(reservation));
        }
        tracing::warn!(session.id = %id, "log-in given up: too many of the same owner at once");
        Err(SessionError::Conflict)
    }

    /// Enters a log-in into the register, and returns when, and who is to end for it; `None`: it is to be tried again.
    ///
    /// The register is read before the list: who has left the one is in the other, or has ended.
    async fn try_reserve(
        &self,
        limit: SessionLimit,
        owner: &Arc<str>,
        id: SessionId,
    ) -> Result<Option<(Timestamp, Vec<SessionId>)>, SessionError> {
        let stored = self.load_register(owner).await?;
        let mut listed = self.list_live(owner).await?;
        let with_own = listed.len();
        listed.retain(|(listed, _)| *listed != id);
        let is_again = listed.len() < with_own;
        let now = self.now();
        let mut kept = stored.as_deref().map(|stored| places(stored, now));
        let kept = kept.get_or_insert_default();
        kept.retain(|kept| !listed.iter().any(|(listed, _)| *listed == kept.id));
        // Somebody's log-in is about to end this very session: it is then clear what becomes of this one.
        if kept.iter().any(|kept| kept.ends.contains(&id)) {
            tokio::time::sleep(WAIT).await;
            return Ok(None);
        }
        let others: HashSet<_> = kept.iter().map(|kept| kept.id).collect();
        let others = others.iter().filter(|other| **other != id).count();
        let room = match is_again {
            // One who is there already takes no other's place, also where the limit was higher once.
            true => Room::After(Vec::new()),
            false => limit.room(&listed, others),
        };
        match room {
            Room::After(ends) => {
                let at = now;
                kept.push(Place {
                    id,
                    at,
                    ends: ends.clone(),
                });
                match self.save_register(owner, stored.clone(), kept, now).await {
                    Ok(is_done) => Ok(is_done.then_some((at, ends))),
                    Err(error) => {
                        kept.pop();
                        self.take_back_place(owner, stored, kept, (id, at)).await;
                        Err(error)
                    }
                }
            }
            Room::Refused => {
                self.report(SessionEventKind::LogInRefused, id, Some(owner));
                Err(SessionError::TooManySessions { max: limit.max })
            }
            Room::Later => {
                tokio::time::sleep(WAIT).await;
                Ok(None)
            }
        }
    }

    /// Sees to it that a place is not kept whose entry had no answer: no log-in comes that takes it.
    async fn take_back_place(
        &self,
        owner: &Arc<str>,
        stored: Option<Arc<SessionRecord>>,
        others: &[Place],
        own: (SessionId, Timestamp),
    ) {
        // Over this an entry that is still under way conflicts; one that was made makes this conflict.
        match self.save_register(owner, stored, others, own.1).await {
            Ok(true) => {}
            Ok(false) => {
                self.leave_register(owner, &|it| (it.id, it.at) == own)
                    .await
            }
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(
                    error,
                    "place of a log-in without an answer kept for a minute"
                );
            }
        }
    }

    /// Gives the place up that was kept for a log-in which has come to nothing.
    pub(crate) async fn give_up_reservation(&self, reservation: Reservation<'_>) {
        let own = (reservation.id, reservation.at);
        let leaves = |it: &Place| (it.id, it.at) == own;
        self.leave_register(&reservation.owner, &leaves).await;
    }

    /// Gives the place of a session up that is no more its owner's since `now`, if its log-in was just before that.
    pub(crate) async fn give_up_place(
        &self,
        id: SessionId,
        record: &SessionRecord,
        now: Timestamp,
    ) {
        let Some(owner) = &record.owner else {
            return;
        };
        // Its owner may have proved long before who they are: what counts is when the session became theirs.
        let at = record.secret_made_at();
        if self.policy.session_limit.is_some() && (now - at).abs() < 2 * RESERVED_FOR {
            // A later one is that of another log-in.
            let is_former = |place: &Place| place.id == id && place.at <= now;
            self.leave_register(owner, &is_former).await;
        }
    }

    /// Gives the places of sessions up that have ended.
    pub(crate) async fn give_up_places(&self, owner: &Arc<str>, ids: &[SessionId]) {
        if self.policy.session_limit.is_some() && !ids.is_empty() {
            self.leave_register(owner, &|place| ids.contains(&place.id))
                .await;
        }
    }

    /// That it fails costs the owner a place until the minute is over.
    async fn leave_register(&self, owner: &Arc<str>, leaves: &(dyn Fn(&Place) -> bool + Sync)) {
        for _ in 0..MAX_ATTEMPTS {
            match self.try_leave(owner, leaves).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    let error = &error as &dyn Error;
                    tracing::warn!(error, "place of an ended session kept for a minute");
                    return;
                }
            }
        }
    }

    async fn try_leave(
        &self,
        owner: &Arc<str>,
        leaves: &(dyn Fn(&Place) -> bool + Sync),
    ) -> Result<bool, SessionError> {
        let Some(stored) = self.load_register(owner).await? else {
            return Ok(true);
        };
        let now = self.now();
        let mut kept = places(&stored, now);
        let before = kept.len();
        kept.retain(|place| !leaves(place));
        if kept.len() == before {
            return Ok(true);
        }
        self.save_register(owner, Some(stored), &kept, now).await
    }

    /// The register as it is stored, past any memory of the storage's.
    async fn load_register(&self, owner: &str) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        let id = register_id(owner);
        match self.load_readable(id).await? {
            Some(loaded) => self.revalidate_readable(id, loaded).await,
            None => Ok(None),
        }
    }

    /// Saves a register, and returns whether nobody else has changed it meanwhile.
    async fn save_register(
        &self,
        owner: &str,
        stored: Option<Arc<SessionRecord>>,
        places: &[Place],
        now: Timestamp,
    ) -> Result<bool, SessionError> {
        let expires_at = now + self.limits.timeouts.absolute;
        let record = register_record(stored.as_deref(), places, now, expires_at)?;
        let expected = stored.map(|stored| stored.version);
        let record = Arc::new(record);
        match self
            .save(register_id(owner), &record, expected, false)
            .await
        {
            Ok(sent) => Ok(!matches!(sent, Sent::Conflict(_))),
            Err(unsaved) => Err(unsaved.error),
        }
    }
}

impl Reservation<'_> {
    /// Whether the place is kept long enough for a save that begins at `now`.
    pub(crate) fn is_kept(&self, now: Timestamp) -> bool {
        (now - self.at).abs() < RESERVED_FOR / 2
    }
}
