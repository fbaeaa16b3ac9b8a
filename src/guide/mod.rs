//! Longer reading: how requests of one session meet, how to test handlers, how middleware of your own asks for the
//! session, what values can be, recipes for what is built on a session, which storage to choose and what millions of
//! sessions need on it, and for those who come from another library, where each of its features went.

#[doc = include_str!("acting_as.md")]
pub mod acting_as {}

#[doc = include_str!("accounts.md")]
pub mod accounts {}

#[doc = include_str!("asvs.md")]
pub mod asvs {}

#[doc = include_str!("back_channel.md")]
pub mod back_channel {}

#[doc = include_str!("bearer.md")]
pub mod bearer {}

#[doc = include_str!("coming_from_actix_session.md")]
pub mod coming_from_actix_session {}

#[doc = include_str!("coming_from_axum_login.md")]
#[doc = "```text"]
#[doc = include_str!("take_over_axum_login.rs")]
#[doc = "```"]
pub mod coming_from_axum_login {}

#[doc = include_str!("coming_from_axum_session.md")]
pub mod coming_from_axum_session {}

#[doc = include_str!("last_visit.md")]
#[doc = "```"]
#[doc = include_str!("last_visit.rs")]
#[doc = "```"]
#[doc = include_str!("coming_from_bareasgi.md")]
pub mod coming_from_bareasgi {}

#[doc = include_str!("coming_from_tower_sessions.md")]
#[doc = "```text"]
#[doc = include_str!("take_over.rs")]
#[doc = "```"]
pub mod coming_from_tower_sessions {}

#[doc = include_str!("concurrency.md")]
pub mod concurrency {}

#[doc = include_str!("csrf.md")]
pub mod csrf {}

#[doc = include_str!("device_bound.md")]
pub mod device_bound {}

#[doc = include_str!("does_not_stick.md")]
pub mod does_not_stick {}

#[doc = include_str!("evidence.md")]
pub mod evidence {}

#[doc = include_str!("flash.md")]
pub mod flash {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("middleware.md")]
pub mod middleware {}

#[doc = include_str!("oauth.md")]
pub mod oauth {}

#[doc = include_str!("scale.md")]
pub mod scale {}

#[doc = include_str!("sealed.md")]
pub mod sealed {}

#[doc = include_str!("several_accounts.md")]
pub mod several_accounts {}

#[doc = include_str!("sockets.md")]
pub mod sockets {}

#[doc = include_str!("storages.md")]
pub mod storages {}

#[doc = include_str!("tenants.md")]
pub mod tenants {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("time_left.md")]
pub mod time_left {}

#[doc = include_str!("values.md")]
pub mod values {}
