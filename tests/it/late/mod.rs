//! What is written when the response is on its way: from a stream, a socket or a spawned task.

mod creating;
mod ended;
mod errors;
mod extraction;
mod given_up;
mod kept_alive;
mod long_lived;
mod overlapping;
mod reload;
mod saving;
mod streams;
mod taken_back;
mod warnings;
