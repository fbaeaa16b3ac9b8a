//! Secrecy: the log tells what happened to which session, and nothing anywhere tells a secret or a value.

mod debug;
mod events;
mod haystack;
mod house;
mod walk;

use haystack::Haystack;
use house::House;
