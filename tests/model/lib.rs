//! The session protocol as models, whose every reachable state is checked against the design's rules.
//!
//! - [`values`]: what parallel requests do to the values and the owner of one session
//! - [`limit`]: the limit of an owner's sessions, held by reservation
//! - [`renewal`]: the periodic renewal of the secret, on a slow network and with a thief
//! - [`login`]: log-ins and log-outs, by the cookies that come and go
//! - [`binding`]: a session that is bound to a device, by registration and refresh
//!
//! They share the [`storage`], the [`mechanisms`] and how they are [`check`]ed. Each says in its documentation how far
//! it goes. A mechanism can be taken out; the tests show which rule fails then. A model says nothing about the code,
//! only that the protocol which the code is to follow keeps its rules.

pub mod binding;
pub mod check;
pub mod limit;
pub mod login;
pub mod mechanisms;
pub mod renewal;
pub mod storage;
pub mod values;
