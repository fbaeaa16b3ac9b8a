//! How reading grows: with the number of sessions, with the keys of one, and with the connections.

mod connections;
mod keys;
mod sessions;

use crate::Failure;

pub fn run() -> Result<(), Failure> {
    sessions::run()?;
    keys::run()?;
    connections::run()
}
