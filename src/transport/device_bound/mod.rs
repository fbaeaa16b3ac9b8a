//! Device Bound Session Credentials, as they travel: what a browser signs, and what it is told.
//!
//! Read `proof`, then `endpoints` and `headers`.

mod endpoints;
mod headers;
mod proof;

pub(crate) use endpoints::{Endpoint, Endpoints};
pub(crate) use headers::{
    CHALLENGE, REGISTRATION, ask_again, challenge, instructions, is_from_another_site,
    is_of_another_site, proof, registration, session_identifier,
};
pub(crate) use proof::{Proof, ProofError};
