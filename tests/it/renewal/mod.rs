//! Renewal, log-in and what they mean for requests that began before; and that no unknown secret is ever adopted.

mod adoption;
mod just_after;
mod late_writers;
mod log_out;
mod parallel;
mod periodic;
mod secrets;
