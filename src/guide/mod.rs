//! Longer reading: how to test handlers, how a request flows, and where each feature of bareASGI-session went.

#[doc = include_str!("coming_from_bareasgi.md")]
pub mod coming_from_bareasgi {}

#[doc = include_str!("concurrency.md")]
pub mod concurrency {}

#[doc = include_str!("scale.md")]
pub mod scale {}

#[doc = include_str!("storages.md")]
pub mod storages {}

#[doc = include_str!("testing.md")]
pub mod testing {}
