use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::connection::{Answer, Connection, Value};
use super::dial::Dialer;
use super::error::{Failure, Kind};
use super::statements::Statement;
use crate::storage::line::{Line, State};

/// A connection that has been silent for so long, while a call waited that then was given up, may be dead: the next
/// call gets a new one. No sensible time limit is less.
const SUSPICIOUS: Duration = Duration::from_millis(100);

/// How long none is dialled for more room after that was refused.
const PAUSE: Duration = Duration::from_secs(1);

/// One of the connections, dialled anew when it broke.
pub(super) struct Lane {
    line: Line<Arc<Connection>, Failure>,
    under_way: AtomicUsize,
    begun: Instant,
    /// When an answer last came, in milliseconds since it was begun.
    heard: AtomicU64,
    /// When it was last dialled for more room.
    dialled: AtomicU64,
}

/// How a lane stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    Dialling,
    Idle,
    /// It is behind answers that nobody waits for.
    Clogged,
    /// It could not be dialled just now.
    Refused,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            line: Line::new(),
            under_way: AtomicUsize::new(0),
            begun: Instant::now(),
            heard: AtomicU64::new(0),
            dialled: AtomicU64::new(0),
        }
    }

    /// How many calls wait for an answer on it.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// How it stands, as far as is known without asking.
    pub(super) fn standing(&self) -> Standing {
        match self.line.state() {
            State::Idle => Standing::Idle,
            State::Dialling => Standing::Dialling,
            State::Dialled(_, Ok(connection)) if connection.is_gone() => Standing::Idle,
            State::Dialled(_, Ok(connection)) if connection.is_clogged() => Standing::Clogged,
            State::Dialled(_, Ok(_)) => Standing::Open,
            State::Dialled(_, Err(_)) => {
                let dialled = self.dialled.load(Ordering::Relaxed);
                let since = Duration::from_millis(self.now().saturating_sub(dialled));
                if since < PAUSE {
                    Standing::Refused
                } else {
                    Standing::Idle
                }
            }
        }
    }

    /// Dials, and waits for nothing.
    pub(super) fn begin(&self, dialer: &Dialer) {
        self.let_go();
        self.dialled.store(self.now(), Ordering::Relaxed);
        drop(self.line.begin(|| dialer.dial()));
    }

    /// Forgets a connection that is gone, or was refused.
    fn let_go(&self) {
        if let State::Dialled(number, dialled) = self.line.state()
            && dialled.map_or(true, |connection| connection.is_gone())
        {
            self.line.retire(number);
        }
    }

    /// A connection, dialled where there is none that may be asked.
    pub(super) async fn connection(
        &self,
        dialer: &Dialer,
    ) -> Result<(u64, Arc<Connection>), Failure> {
        self.let_go();
        let (number, connection) = self.line.connection(|| dialer.dial()).await;
        Ok((number, connection?))
    }

    /// Runs a statement once.
    pub(super) async fn ask(
        &self,
        dialer: &Dialer,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Failure> {
        let mut waiting = Waiting::new(self);
        let (number, connection) = self.connection(dialer).await?;
        if connection.is_clogged() {
            return Err(Failure::new(Kind::Unanswered, &dialer.place));
        }
        waiting.asked = Some((number, Arc::clone(&connection)));
        let answer = connection.ask(statement, values).await;
        waiting.asked = None;
        self.heard.store(self.now(), Ordering::Relaxed);
        let answer = answer.map_err(|error| Failure::of_call(&error, &dialer.place));
        if let Err(failure) = &answer
            && failure.is_of_the_connection()
        {
            self.line.retire(number);
            if failure.is_read_only() {
                connection.leave();
            }
        }
        answer
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A call without an answer.
struct Waiting<'l> {
    lane: &'l Lane,
    since: u64,
    /// The connection with its number, while it is asked.
    asked: Option<(u64, Arc<Connection>)>,
}

impl<'l> Waiting<'l> {
    fn new(lane: &'l Lane) -> Self {
        lane.under_way.fetch_add(1, Ordering::Relaxed);
        Self {
            lane,
            since: lane.now(),
            asked: None,
        }
    }
}

/// Where a network swallows packets, nothing but a caller that gives up tells of it. The call itself needs nothing: its
/// answer is thrown away when it comes.
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.lane.under_way.fetch_sub(1, Ordering::Relaxed);
        let Some((number, connection)) = self.asked.take() else {
            return;
        };
        let silent_since = self.since.max(self.lane.heard.load(Ordering::Relaxed));
        let silence = self.lane.now().saturating_sub(silent_since);
        if Duration::from_millis(silence) <= SUSPICIOUS {
            return;
        }
        if connection.may_retire() {
            self.lane.line.retire(number);
        } else {
            connection.clog();
        }
    }
}
