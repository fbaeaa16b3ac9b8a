//! Storages that fail, hang and hold garbage, and clients that hang up.

mod advice;
mod disconnect;
mod garbage;
mod loading;
mod lost_answers;
mod orphans;
mod response;
mod saving;
mod timeouts;
