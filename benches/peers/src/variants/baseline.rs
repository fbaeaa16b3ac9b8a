use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

pub fn bare() -> Router {
    let ok = || get(async || "ok");
    Router::new()
        .route("/ignore", ok())
        .route("/read/1", ok())
        .route("/read/5", ok())
        .route("/modify", ok())
        .route("/new", ok())
        .route("/fill/5", ok())
        .route("/fill/100", ok())
}

/// A layer that does nothing, of the kind that one writes by hand.
pub fn from_fn() -> Router {
    async fn nothing(State(()): State<()>, request: Request, next: Next) -> Response {
        next.run(request).await
    }
    bare().layer(from_fn_with_state((), nothing))
}
