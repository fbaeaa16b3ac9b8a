use std::ptr::from_ref;

use smallvec::SmallVec;
use tokio::task::futures::TaskLocalFuture;

use super::session::Session;

tokio::task_local! {
    /// The sessions whose handler is being polled on this thread, one a scope, by where they are in memory.
    static HANDLED: Addresses;
}

type Addresses = SmallVec<[usize; 2]>;

impl Session {
    /// Notes, while `handler` is polled, that it is this session's: what dies with a session in its hands there is the
    /// handler.
    pub(crate) fn handled_by<F: Future>(
        session: Option<&Self>,
        handler: F,
    ) -> TaskLocalFuture<Addresses, F> {
        let mut addresses = HANDLED.try_with(Addresses::clone).unwrap_or_default();
        addresses.extend(session.map(Self::address));
        HANDLED.scope(addresses, handler)
    }

    /// Whether the handler that panics right now, and no task or thread beside it, takes changes of this session's
    /// with it.
    pub(super) fn is_lost_in_a_panic(&self) -> bool {
        let is_handled = |addresses: &Addresses| addresses.contains(&self.address());
        std::thread::panicking()
            && HANDLED.try_with(is_handled).unwrap_or(false)
            && self.with(|state| state.is_unsaved())
    }

    fn address(&self) -> usize {
        from_ref(self).addr()
    }
}
