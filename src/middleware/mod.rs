//! How sessions travel: from the cookie to the handler, and from the handler to the storage and the response.

mod admission;
mod builder;
mod clean_up;
mod commit;
mod config_error;
mod cookie;
mod event;
mod extract;
mod fresh;
mod handle;
mod headers;
mod layer;
mod open;
mod options;
mod policy;
mod register;
mod report;
mod respond;
mod service;
mod session_info;
mod session_limit;
mod sessions;
mod slot;
mod undisturbed;

pub use builder::SessionsBuilder;
pub use config_error::ConfigError;
pub use cookie::SigningKey;
pub use event::{SessionEvent, SessionEventKind};
pub use extract::SessionRejection;
pub use fresh::{FreshSession, FreshSessionRejection};
pub use layer::{add_session_middleware, session_middleware};
pub use options::SuspectedTheft;
pub use policy::SessionPolicy;
pub use session_info::SessionInfo;
pub use session_limit::AtSessionLimit;
pub use sessions::Sessions;
