//! The examples in a real browser: one file for each subject, one sentence for each test.

mod cart;
mod cookie;

mod login;
mod remember;
mod stream;
