//! What threads share: the standard library's locks and the map of records.
//!
//! In `tests/interleavings` the same names are those of a scheduler that runs a test again and again, each time in
//! another order of its threads.

#[cfg(all(test, shuttle))]
mod map;

#[cfg(all(test, shuttle))]
pub(crate) use self::scheduled::{DashMap, Mutex, MutexGuard, atomic};
#[cfg(not(all(test, shuttle)))]
pub(crate) use self::usual::{DashMap, Mutex, MutexGuard, atomic};

#[cfg(not(all(test, shuttle)))]
mod usual {
    pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

    pub(crate) use dashmap::DashMap;
}

#[cfg(all(test, shuttle))]
mod scheduled {
    pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic};

    pub(crate) use super::map::DashMap;
}
