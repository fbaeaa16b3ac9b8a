use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use super::Variant;

fn router() -> Router {
    let ok = || get(async || "ok");
    Router::new()
        .route("/ignore", ok())
        .route("/read/1", ok())
        .route("/read/5", ok())
        .route("/modify", ok())
        .route("/new", ok())
        .route("/fill/5", ok())
}

pub fn bare() -> Variant {
    variant("bare", router())
}

/// A layer of the same kind as ours, which does nothing.
pub fn from_fn() -> Variant {
    async fn nothing(State(()): State<()>, request: Request, next: Next) -> Response {
        next.run(request).await
    }
    variant("from_fn", router().layer(from_fn_with_state((), nothing)))
}

fn variant(name: &'static str, router: Router) -> Variant {
    Variant {
        name,
        router,
        has_sessions: false,
        cookie_name: "",
        unknown_cookie: "",
    }
}
