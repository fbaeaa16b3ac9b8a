//! Accounts: logging in and out, where one is logged in, and what is told of it.

mod events;
mod fresh;
mod idle;
mod labels;
mod limit;
mod limit_in_parallel;
mod limit_places;
mod log_in;
mod log_out;
mod logged_in;
mod policy;
mod require_log_in;
mod revocation;
mod signatures;
mod stamp;
