use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long a call goes on that nobody waits for any more. A reply takes less, also where the server waits for a lock
/// (`lock_wait_timeout`), unless it hangs: then the connection is closed.
const GRACE: Duration = Duration::from_secs(5);

/// A call that is not torn down with the request that made it: dropped before its end, it goes on in a task of its own.
/// So its connection is in the middle of no reply, and stays in use.
pub(super) struct Unbroken<F>(Option<Pin<Box<F>>>)
where
    F: Future<Output: Send> + Send + 'static;

impl<F> Unbroken<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(super) fn new(call: F) -> Self {
        Self(Some(Box::pin(call)))
    }
}

impl<F> Future for Unbroken<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(call) = &mut self.0 else {
            // Nobody polls a future after its end.
            return Poll::Pending;
        };
        let answer = call.as_mut().poll(context);
        if answer.is_ready() {
            self.0 = None;
        }
        answer
    }
}

impl<F> Drop for Unbroken<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        if let Some(rest) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async { timeout(GRACE, rest).await.is_ok() });
        }
    }
}
