//! Requests of one session at once, on each storage: nothing is lost, and nothing that ended comes back.

mod clients;
mod crowd;
mod ended;
mod flash;
mod front_page;
mod interleaved;
mod modify;
mod one_key;
mod replay;
