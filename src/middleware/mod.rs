//! One request's way: from the cookie to the handler, and from the handler to the storage and the response.
//!
//! Read `slot`, what a request carries; `open`, from its cookie to the session; `store` and `commit`, from the session
//! to the storage; `undisturbed` and `handle`, how a save goes on to its end; `respond` and `layer`, which put this
//! around a handler; `extract` and `fresh`, which hand the session over; and `outside`, the same without a request.

mod commit;
mod extract;
mod fresh;
mod handle;
mod layer;
mod open;
mod outside;
mod respond;
mod slot;
mod store;
mod undisturbed;

pub use extract::SessionRejection;
pub use fresh::{FreshSession, FreshSessionRejection};
pub use layer::{add_session_middleware, session_middleware};
pub use outside::CreatedSession;
