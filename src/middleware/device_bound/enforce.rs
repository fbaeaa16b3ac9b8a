#[cfg(feature = "device-bound")]
use std::sync::atomic::Ordering;

use axum::http::HeaderMap;

use crate::middleware::slot::Slot;
use crate::record::{BoundCookie, Timestamp};
use crate::service::event::SessionEventKind;
use crate::session::{Opened, SessionError};
#[cfg(feature = "device-bound")]
use crate::transport::device_bound::is_from_another_site;

/// Why a browser sends a request without refreshing its bound cookie.
const SKIPPED: &str = "secure-session-skipped";

/// The reasons that there are. What else stands there is not logged: anybody can send it.
const REASONS: [&str; 3] = ["unreachable", "server_error", "quota_exceeded"];

impl Slot {
    /// What is left of what a request's secrets open: no bound session without a valid bound cookie, also where this
    /// process binds none. A log-in or a log-out ends the one that was refused, as it does with any whose secret the
    /// request brought.
    pub(in crate::middleware) async fn enforce_binding(
        &self,
        opened: Opened,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Opened, SessionError> {
        let (service, Opened::Live(stored, ..)) = (&self.service, &opened) else {
            return Ok(opened);
        };
        let binding = stored.record.binding().filter(|it| it.device().is_some());
        let Some(binding) = binding else {
            return Ok(opened);
        };
        let worth = service.cookie.check_bound(headers, binding, now);
        if worth == BoundCookie::Valid {
            return Ok(opened);
        }
        // A browser has dropped its own before the end, by its own clock.
        if worth == BoundCookie::Ended {
            service.suspect_theft(stored.clone()).await?;
        } else if binding.is_new(now) {
            return Ok(opened);
        } else {
            let owner = stored.record.owner.as_ref();
            service.report(SessionEventKind::DeviceNotProven, stored.id, owner);
        }
        if let Some(reason) = skipped(headers) {
            tracing::info!(session.id = %stored.id, reason, "the browser says why it has not refreshed");
        }
        // One whose clock was set back would keep it, and refresh no other as long as it is there.
        #[cfg(feature = "device-bound")]
        if worth > BoundCookie::Unknown {
            self.drops_bound_cookie.store(true, Ordering::Relaxed);
        }
        #[cfg(feature = "device-bound")]
        if is_from_another_site(headers) {
            self.asks_again.store(true, Ordering::Relaxed);
        }
        let Opened::Live(stored, _, mut others) = opened else {
            return Ok(opened);
        };
        others.push(stored);
        Ok(Opened::Several(others))
    }
}

fn skipped(headers: &HeaderMap) -> Option<&'static str> {
    let value = headers.get(SKIPPED)?.as_bytes();
    let is_there = |reason: &&&str| value.starts_with(reason.as_bytes());
    REASONS.iter().find(is_there).copied()
}
