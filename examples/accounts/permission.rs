use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::user::User;

type Forbidden = (StatusCode, &'static str);

const FORBIDDEN: Forbidden = (StatusCode::FORBIDDEN, "You may not do that.");

/// What not every user may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    ReadReports,
}

impl User {
    /// Fails with a 403 unless the user may do that: `user.check(Permission::ReadReports)?`.
    pub(crate) fn check(&self, permission: Permission) -> Result<(), Forbidden> {
        let is_given = self.permissions.contains(&permission);
        is_given.then_some(()).ok_or(FORBIDDEN)
    }
}

/// A middleware for routes, by `from_fn_with_state`.
pub(crate) async fn read_reports(
    user: User,
    request: Request,
    next: Next,
) -> Result<Response, Forbidden> {
    user.check(Permission::ReadReports)?;
    Ok(next.run(request).await)
}
