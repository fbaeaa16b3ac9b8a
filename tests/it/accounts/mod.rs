//! Accounts: logging in and out, where one is logged in, and what is told of it.

mod events;
mod fresh;
mod idle;
mod labels;
mod limit;
mod limit_in_parallel;
mod log_in;
mod log_out;
mod policy;
mod revocation;
mod signatures;
