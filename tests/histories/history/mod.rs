//! What was asked of common sessions, and what was answered: `request` first, then how it is shown (`text`) and handed
//! to Elle (`edn`).

mod edn;
mod request;
mod text;

pub use edn::edn;
pub use request::{Action, Contents, Mark, Outcome, Read, Request};
pub use text::table;
