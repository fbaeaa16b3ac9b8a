use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;

use super::connection::{Answer, Value};
use super::dial::Dialer;
use super::error::{self, Failure};
use super::lane::{Lane, Standing};
use super::statements::Statement;

/// How often a statement is tried again that the database rolled back for the sake of another one.
const MAX_RETRIES: usize = 8;

/// A few connections, each for many calls at once.
///
/// A call goes to the one with the least under way. Another is dialled when none is idle, while the call goes on; it
/// waits for a connection only where none is open. Reads have connections of their own, a quarter of all, so that none
/// waits behind another call's commit: a connection answers in the order in which it is asked.
pub(super) struct Connections {
    pub(super) dialer: Dialer,
    lanes: Box<[Lane]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

/// When a call is made again on a new connection, after the one that it was made on broke.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Always: being applied twice is as good as once.
    Always,
    /// Only if it was certainly not applied.
    IfRefused,
}

/// What a call came to.
pub(super) struct Outcome {
    pub(super) answer: Answer,
    /// Whether it was made before, and may have been applied then.
    pub(super) is_repeated: bool,
}

impl Connections {
    pub(super) fn new(dialer: Dialer, most: usize) -> Self {
        Self {
            dialer,
            lanes: (0..most).map(|_| Lane::new()).collect(),
        }
    }

    /// Runs a statement that changes nothing.
    pub(super) async fn read(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Failure> {
        let lane = self.choose(Kind::Read);
        let outcome = self.ask(lane, statement, values, Again::Always).await?;
        Ok(outcome.answer)
    }

    /// Runs a statement that may be applied twice.
    pub(super) async fn write(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Outcome, Failure> {
        let lane = self.choose(Kind::Write);
        self.ask(lane, statement, values, Again::Always).await
    }

    /// Runs a statement once: where the connection breaks, nobody knows whether it was applied.
    pub(super) async fn write_once(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Failure> {
        let lane = self.choose(Kind::Write);
        let outcome = self.ask(lane, statement, values, Again::IfRefused).await?;
        Ok(outcome.answer)
    }

    /// Runs statements without parameters, all in one transaction, which may take so long.
    pub(super) async fn batch(
        &self,
        sql: &str,
        limit: Duration,
    ) -> Result<Vec<SimpleQueryMessage>, Failure> {
        let lane = self.choose(Kind::Write);
        let (_, connection) = lane.connection(&self.dialer).await?;
        let place = &self.dialer.place;
        match timeout(limit, connection.client.simple_query(sql)).await {
            Ok(answer) => answer.map_err(|error| Failure::of_call(&error, place)),
            Err(_) => Err(Failure::new(error::Kind::Unanswered, place)),
        }
    }

    async fn ask(
        &self,
        lane: &Lane,
        statement: &Statement,
        values: &[Value<'_>],
        again: Again,
    ) -> Result<Outcome, Failure> {
        let (mut was_made_again, mut is_repeated, mut retries) = (false, false, 0);
        loop {
            let answer = lane.ask(&self.dialer, statement, values).await;
            match answer {
                Err(failure) if failure.was_rolled_back() && retries < MAX_RETRIES => retries += 1,
                // The next one is new: this one has been retired.
                Err(failure)
                    if !was_made_again
                        && (failure.is_refused()
                            || again == Again::Always && failure.is_of_the_connection()) =>
                {
                    was_made_again = true;
                    is_repeated = !failure.is_refused();
                }
                answer => {
                    return Ok(Outcome {
                        answer: answer?,
                        is_repeated,
                    });
                }
            }
        }
    }

    /// The lane for a call, of those that are made for its kind; of the others where none of those is open.
    fn choose(&self, kind: Kind) -> &Lane {
        let (reads, writes) = self.lanes.split_at(self.lanes.len().div_ceil(4));
        let (preferred, others) = match kind {
            Kind::Read => (reads, writes),
            Kind::Write if writes.is_empty() => (reads, writes),
            Kind::Write => (writes, reads),
        };
        let found = Found::among(preferred);
        match found.open {
            Some((0, open)) => open,
            Some((_, open)) => {
                self.dial(found.idle);
                open
            }
            None => match Found::among(others).open {
                // What is not answered on the one kind would not be on the other, which goes on without it.
                Some((_, open)) if found.clogged.is_none() => {
                    self.dial(found.idle);
                    open
                }
                _ => {
                    let usable = found.dialling.or(found.idle).or(found.clogged);
                    usable.unwrap_or(&preferred[0])
                }
            },
        }
    }

    fn dial(&self, idle: Option<&Lane>) {
        if let Some(idle) = idle {
            idle.begin(&self.dialer);
        }
    }
}

/// What a call may be made on.
#[derive(Default)]
struct Found<'l> {
    /// The one with the least under way, and how much that is.
    open: Option<(usize, &'l Lane)>,
    dialling: Option<&'l Lane>,
    idle: Option<&'l Lane>,
    clogged: Option<&'l Lane>,
}

impl<'l> Found<'l> {
    fn among(lanes: &'l [Lane]) -> Self {
        let mut found = Self::default();
        for lane in lanes {
            let under_way = lane.under_way();
            if found.open.is_some_and(|(least, _)| least <= under_way) {
                continue;
            }
            match lane.standing() {
                Standing::Open => found.open = Some((under_way, lane)),
                Standing::Dialling => found.dialling = found.dialling.or(Some(lane)),
                Standing::Idle => found.idle = found.idle.or(Some(lane)),
                Standing::Clogged => found.clogged = Some(lane),
                Standing::Refused => {}
            }
        }
        found
    }
}
