use super::connection::{Answer, Value};
use super::dial::Dialer;
use super::error::Failure;
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
            lanes: (0..most.max(1)).map(|_| Lane::new()).collect(),
        }
    }

    fn for_reads(&self) -> &[Lane] {
        &self.lanes[..self.lanes.len().div_ceil(4)]
    }

    fn for_writes(&self) -> &[Lane] {
        match self.lanes.len() {
            1 => &self.lanes,
            count => &self.lanes[count.div_ceil(4)..],
        }
    }

    /// Runs a statement that changes nothing.
    pub(super) async fn read(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Failure> {
        let lane = self.choose(self.for_reads());
        let outcome = self.ask(lane, statement, values, Again::Always).await?;
        Ok(outcome.answer)
    }

    /// Runs a statement that may be applied twice.
    pub(super) async fn write(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Outcome, Failure> {
        let lane = self.choose(self.for_writes());
        self.ask(lane, statement, values, Again::Always).await
    }

    /// Runs a statement once: where the connection breaks, nobody knows whether it was applied.
    pub(super) async fn write_once(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Failure> {
        let lane = self.choose(self.for_writes());
        let outcome = self.ask(lane, statement, values, Again::IfRefused).await?;
        Ok(outcome.answer)
    }

    /// Runs statements without parameters, all in one transaction.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), Failure> {
        let lane = self.choose(self.for_writes());
        let (_, connection) = lane.connection(&self.dialer).await?;
        let answer = connection.client.batch_execute(sql).await;
        answer.map_err(|error| Failure::of_call(&error, &self.dialer.place))
    }

    async fn ask(
        &self,
        lane: &Lane,
        statement: &Statement,
        values: &[Value<'_>],
        again: Again,
    ) -> Result<Outcome, Failure> {
        let (mut broken, mut retries) = (false, 0);
        loop {
            let answer = lane.ask(&self.dialer, statement, values).await;
            match answer {
                Err(failure) if failure.was_rolled_back() && retries < MAX_RETRIES => retries += 1,
                // The next one is new: this one has been retired.
                Err(failure)
                    if !broken
                        && (failure.is_refused()
                            || again == Again::Always && failure.is_of_the_connection()) =>
                {
                    broken = true;
                }
                answer => {
                    return Ok(Outcome {
                        answer: answer?,
                        is_repeated: broken,
                    });
                }
            }
        }
    }

    fn choose<'l>(&self, lanes: &'l [Lane]) -> &'l Lane {
        let mut open: Option<(usize, &Lane)> = None;
        let (mut idle, mut dialling) = (None, None);
        for lane in lanes {
            let under_way = lane.under_way();
            if open.is_some_and(|(least, _)| least <= under_way) {
                continue;
            }
            match lane.standing() {
                Standing::Open if under_way == 0 => return lane,
                Standing::Open => open = Some((under_way, lane)),
                Standing::Dialling => dialling = dialling.or(Some(lane)),
                Standing::Idle => idle = idle.or(Some(lane)),
                Standing::Refused => {}
            }
        }
        let Some((_, open)) = open else {
            return dialling.or(idle).unwrap_or(&lanes[0]);
        };
        if let Some(idle) = idle {
            idle.begin(&self.dialer);
        }
        open
    }
}
