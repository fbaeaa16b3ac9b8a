//! One request's way: from the cookie to the handler, and from the handler to the storage and the response.
//!
//! Read `slot`, what a request carries; `look_up` and `open`, from its cookie to the session; `store` and `commit`,
//! from the session to the storage; `undisturbed` and `handle`, how a save goes on to its end; `respond` and `layer`,
//! which put this around a handler; `extract`, `fresh`, `logged_in` and `passive`, which hand the session over;
//! `next_path` and `require_log_in`, the way to the log-in page and back; `device_bound/`, for browsers that prove to
//! have a key; and `outside` and `detached`, the same without a request.

mod commit;
mod detached;
mod device_bound;
mod extract;
mod fresh;
mod handle;
#[cfg(all(test, shuttle))]
mod interleavings;
mod layer;
mod logged_in;
mod look_up;
mod next_path;
mod open;
mod outside;
mod passive;
mod require_log_in;
mod respond;
mod slot;
mod store;
mod undisturbed;

#[cfg(feature = "device-bound")]
pub use device_bound::{DeviceBoundSession, DeviceBoundSessionRejection};
pub use extract::SessionRejection;
pub use fresh::{FreshSession, FreshSessionRejection};
pub use layer::{add_session_middleware, session_middleware};
pub use logged_in::{LoggedIn, LoggedInRejection};
pub use next_path::NextPath;
pub use outside::CreatedSession;
pub use passive::{PassiveSession, no_activity};
pub use require_log_in::{RequireLogIn, require_log_in, require_log_in_to};
