//! The examples in a real browser: one file for each subject, one sentence for each test.

mod accounts;
mod cart;
mod cookie;
mod cross_site;
mod device_bound;
mod devices;
mod form_post;
mod last_visit;
mod login;
mod remember;
mod stream;

/// The application of the example `devices`, to be served with sessions of a test's own.
#[path = "../../../examples/devices/mod.rs"]
mod devices_example;
