use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{Endpoints, ProofError};
use crate::record::{Binding, Timestamp};
use crate::transport::cookie::CookieWriter;
use crate::transport::headers::forbid_caching;

pub(crate) const REGISTRATION: HeaderName = HeaderName::from_static("secure-session-registration");
pub(crate) const CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
/// Not among the names that the crate `http` knows; in HTML a `<meta>` of this name.
const REFRESH: HeaderName = HeaderName::from_static("refresh");
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");

/// Asks the browser that has just logged in to make a key pair and to register the public one.
pub(crate) fn registration(endpoints: &Endpoints, offer: &Binding) -> Option<HeaderValue> {
    let (path, challenge) = (&endpoints.registration, offer.registration_challenge());
    HeaderValue::try_from(format!(r#"(ES256);path="{path}";challenge="{challenge}""#)).ok()
}

/// Has the browser ask for the page again, by itself and not for another site.
pub(crate) fn ask_again(headers: &mut HeaderMap) {
    headers
        .entry(REFRESH)
        .or_insert(HeaderValue::from_static("0"));
    forbid_caching(headers);
}

/// Whether the browser follows a link from another site, for which it proves nothing.
pub(crate) fn is_from_another_site(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it == value);
    is("sec-fetch-mode", "navigate")
        && !is("sec-fetch-site", "same-origin")
        && !is("sec-fetch-site", "none")
}

/// Whether a call to the endpoint of that URL was made by another site's page. A browser makes its own for the
/// session's origin, also where another site's page was the reason (Chromium 156).
pub(crate) fn is_of_another_site(headers: &HeaderMap, url: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin";
    }
    let is_own = |origin: &HeaderValue| {
        let path = origin.to_str().ok().and_then(|it| url.strip_prefix(it));
        path.is_some_and(|path| path.starts_with('/'))
    };
    headers.get(ORIGIN).is_some_and(|origin| !is_own(origin))
}

/// What the browser has to sign at its next refresh.
pub(crate) fn challenge(binding: &Binding, now: Timestamp) -> Option<HeaderValue> {
    let (challenge, id) = (binding.challenge(now), binding.session_identifier());
    HeaderValue::try_from(format!(r#""{challenge}";id="{id}""#)).ok()
}

/// What the browser is told of the session: which cookie it is to wait for, and where to get it.
///
/// No other site may have it refreshed: that call would come without the session's cookie, which `SameSite` keeps back,
/// and would end the browser's session.
pub(crate) fn instructions(
    endpoints: &Endpoints,
    binding: &Binding,
    cookie: &CookieWriter,
) -> String {
    let credential = json!({
        "type": "cookie",
        "name": cookie.bound_name(),
        "attributes": cookie.bound_attributes(),
    });
    let instructions = json!({
        "session_identifier": binding.session_identifier(),
        "refresh_url": endpoints.refresh,
        "scope": { "include_site": false, "scope_specification": [] },
        "credentials": [credential],
    });
    instructions.to_string()
}

/// The JWT that the browser has sent, if it has sent one.
pub(crate) fn proof(headers: &HeaderMap) -> Result<Option<&[u8]>, ProofError> {
    single(headers, &RESPONSE).map_err(|()| ProofError::Count)
}

/// The browser's name for the session, if it tells one.
pub(crate) fn session_identifier(headers: &HeaderMap) -> Option<&[u8]> {
    single(headers, &SESSION_ID).ok().flatten()
}

/// The only value of a header. Browsers send it bare, where the standard has a quoted string.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, ()> {
    let mut lines = headers.get_all(name).into_iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => Ok(Some(unquoted(line.as_bytes().trim_ascii()))),
        (Some(_), Some(_)) => Err(()),
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let inside = value.strip_prefix(b"\"");
    let inside = inside.and_then(|inside| inside.strip_suffix(b"\""));
    inside.unwrap_or(value)
}
