//! Storages that fail, hang and hold garbage, and clients that hang up.

mod disconnect;
mod garbage;
mod loading;
mod response;
mod saving;
mod timeouts;
