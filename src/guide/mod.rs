//! Longer reading: how requests of one session meet, how to test handlers, how middleware of your own asks for the
//! session, recipes for what is built on a session, which storage to choose and what millions of sessions need on it,
//! and where each feature of bareASGI-session went.

#[doc = include_str!("asvs.md")]
pub mod asvs {}

#[doc = include_str!("coming_from_bareasgi.md")]
pub mod coming_from_bareasgi {}

#[doc = include_str!("concurrency.md")]
pub mod concurrency {}

#[doc = include_str!("csrf.md")]
pub mod csrf {}

#[doc = include_str!("flash.md")]
pub mod flash {}

#[doc = include_str!("middleware.md")]
pub mod middleware {}

#[doc = include_str!("oauth.md")]
pub mod oauth {}

#[doc = include_str!("scale.md")]
pub mod scale {}

#[doc = include_str!("storages.md")]
pub mod storages {}

#[doc = include_str!("testing.md")]
pub mod testing {}
