use axum::http::header::{
    CACHE_CONTROL, Entry, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY,
};
use memchr::memchr;

/// Not among the names that the crate `http` knows.
pub(crate) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Says that the response depends on the `Cookie` header, and on `Authorization` where that may hold a bearer token, so
/// that no cache hands one visitor's page to another.
pub(crate) fn vary(headers: &mut HeaderMap, by_authorization: bool) {
    add_member(headers, VARY, "Cookie", &["cookie", "*"]);
    if by_authorization {
        add_member(headers, VARY, "Authorization", &["authorization", "*"]);
    }
}

/// Forbids caches to keep the response (ASVS 5.0, 14.3.2): it carries a secret. What the handler tells some caches
/// alone counts there in place of `Cache-Control` (RFC 9213), and so is told the same.
pub(crate) fn forbid_caching(headers: &mut HeaderMap) {
    add_member(headers, CACHE_CONTROL, "no-store", &["no-store"]);
    let is_targeted = |name: &&HeaderName| {
        let name = name.as_str();
        name.ends_with("-cache-control") || name == "surrogate-control"
    };
    let targeted: Vec<_> = headers.keys().filter(is_targeted).cloned().collect();
    for header in targeted {
        add_member(headers, header, "no-store", &["no-store"]);
    }
}

/// Keeps what was made for one visitor out of caches that are shared, where the handler says nothing about caching: not
/// each of them heeds `Vary`.
pub(crate) fn forbid_shared_caching(headers: &mut HeaderMap) {
    if let Entry::Vacant(entry) = headers.entry(CACHE_CONTROL) {
        entry.insert(HeaderValue::from_static("private"));
    }
}

/// Takes out what the handler says of the cookie of that name, leaves all others in their order, and returns whether it
/// said anything.
pub(crate) fn drop_cookie(headers: &mut HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(SET_COOKIE);
    if !lines.iter().any(|line| names(line, name)) {
        return false;
    }
    let others = lines.iter().filter(|line| !names(line, name));
    let others: Vec<_> = others.cloned().collect();
    headers.remove(SET_COOKIE);
    for line in others {
        headers.append(SET_COOKIE, line);
    }
    true
}

fn names(line: &HeaderValue, name: &str) -> bool {
    let mut pieces = line.as_bytes().split(|&byte| byte == b';');
    let pair = pieces.next().unwrap_or_default();
    // RFC 6265bis, section 5.6: without `=` it is all value, of a cookie that has no name.
    let equals = memchr(b'=', pair);
    equals.is_some_and(|equals| pair[..equals].trim_ascii() == name.as_bytes())
}

/// Adds `member` to a comma-separated header, as one line, unless it has one of `enough`.
fn add_member(headers: &mut HeaderMap, header: HeaderName, member: &'static str, enough: &[&str]) {
    let value = HeaderValue::from_static(member);
    let mut entry = match headers.entry(header) {
        Entry::Vacant(entry) => {
            entry.insert(value);
            return;
        }
        Entry::Occupied(entry) => entry,
    };
    if entry.iter().any(|line| lists(line, enough)) {
        return;
    }
    let lines: Vec<&[u8]> = entry.iter().map(HeaderValue::as_bytes).collect();
    let joined = [&lines.join(&b", "[..]), member.as_bytes()].join(&b", "[..]);
    match HeaderValue::from_bytes(&joined) {
        Ok(joined) => {
            entry.insert(joined);
        }
        // What was in a header can stand in one; a line of its own means the same (RFC 9110, section 5.3).
        Err(_) => entry.append(value),
    }
}

/// Whether a line of a comma-separated header has one of `members`.
fn lists(line: &HeaderValue, members: &[&str]) -> bool {
    // A comma within a quoted string separates nothing, and a quote behind a backslash ends none.
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut found = line.as_bytes().split(|&byte| {
        is_quoted ^= byte == b'"' && !is_escaped;
        is_escaped = is_quoted && byte == b'\\' && !is_escaped;
        byte == b',' && !is_quoted
    });
    found.any(|found| {
        let found = found.trim_ascii();
        let mut members = members.iter().map(|member| member.as_bytes());
        members.any(|member| found.eq_ignore_ascii_case(member))
    })
}
