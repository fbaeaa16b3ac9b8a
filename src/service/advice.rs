use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::service::Service;

/// What has been told of a configuration that does not work: each once, so that no visitor floods the log.
#[derive(Default)]
pub(crate) struct Advice {
    nested: AtomicBool,
    not_kept: AtomicBool,
}

impl Service {
    /// Tells that a middleware of this service does nothing on a route where one of `outer` is at work.
    pub(crate) fn nested_in(self: &Arc<Self>, outer: &Arc<Self>) {
        if !Arc::ptr_eq(self, outer) && !self.advice.nested.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "session middleware ignored: the route has another one of the same scope around it, with its own \
                 settings and storage; attach one of them, or give this one a scope of its own"
            );
        }
    }

    /// Tells why a browser that sent no cookie of ours may keep none, where `reason` has one.
    pub(crate) fn not_kept(&self, reason: impl FnOnce() -> Option<String>) {
        let is_told = &self.advice.not_kept;
        if !is_told.load(Ordering::Relaxed)
            && let Some(reason) = reason()
            && !is_told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("the session does not stick: {reason}");
        }
    }
}
