//! One request's way: from the cookie to the handler, and from the handler to the storage and the response.

mod commit;
mod extract;
mod fresh;
mod handle;
mod layer;
mod open;
mod respond;
mod slot;
mod undisturbed;

pub use extract::SessionRejection;
pub use fresh::{FreshSession, FreshSessionRejection};
pub use layer::{add_session_middleware, session_middleware};
