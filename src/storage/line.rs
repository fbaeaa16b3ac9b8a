use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

/// An attempt to connect.
pub(super) type Dialling<C, E> = BoxFuture<'static, Result<C, E>>;

/// One connection for all calls, dialled anew by the first call after it broke.
///
/// All calls of that moment share the attempt and its outcome. An attempt that failed is not waited for twice: a server
/// that is back is found by the next call.
pub(super) struct Line<C, E>(Mutex<Current<C, E>>);

struct Current<C, E> {
    /// The number of the latest connection.
    number: u64,
    connection: Option<Shared<Dialling<C, E>>>,
}

impl<C, E> Line<C, E>
where
    C: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self(Mutex::new(Current {
            number: 0,
            connection: None,
        }))
    }

    /// The connection with its number, dialled where there is none.
    pub(super) async fn connection(
        &self,
        dial: impl FnOnce() -> Dialling<C, E>,
    ) -> (u64, Result<C, E>) {
        let (number, connection) = self.begin(dial);
        let connection = connection.await;
        if connection.is_err() {
            self.retire(number);
        }
        (number, connection)
    }

    /// The connection or the attempt to make one, which begins here where there is none. It goes on when the call that
    /// began it is given up.
    pub(super) fn begin(
        &self,
        dial: impl FnOnce() -> Dialling<C, E>,
    ) -> (u64, Shared<Dialling<C, E>>) {
        let mut current = self.current();
        if let Some(connection) = &current.connection {
            return (current.number, connection.clone());
        }
        let connection = dial().shared();
        tokio::spawn(connection.clone());
        current.number += 1;
        current.connection = Some(connection.clone());
        (current.number, connection)
    }

    /// Takes the connection of that number out of use; whoever waits for an answer on it may still get it.
    pub(super) fn retire(&self, number: u64) {
        let mut current = self.current();
        if current.number == number {
            current.connection = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current<C, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a line stands.
#[cfg(feature = "postgres")]
pub(super) enum State<C, E> {
    Idle,
    Dialling,
    Dialled(u64, Result<C, E>),
}

#[cfg(feature = "postgres")]
impl<C, E> Line<C, E>
where
    C: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// How the line stands, without waiting.
    pub(super) fn state(&self) -> State<C, E> {
        let current = self.current();
        match &current.connection {
            None => State::Idle,
            Some(connection) => match connection.peek() {
                None => State::Dialling,
                Some(dialled) => State::Dialled(current.number, dialled.clone()),
            },
        }
    }
}
