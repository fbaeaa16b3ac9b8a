//! The example `devices` over TLS, in browsers that bind sessions to keys of their own.

mod life;
mod other_sites;
mod shop;
