use axum::http::header::{
    CACHE_CONTROL, Entry, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY,
};

/// Says that the response depends on the `Cookie` header, so that no cache hands one visitor's page to another.
pub(super) fn vary_by_cookie(headers: &mut HeaderMap) {
    if !lists(headers, &VARY, &["cookie", "*"]) {
        append(headers, VARY, "Cookie");
    }
}

/// Forbids caches to keep the response (ASVS 5.0, 14.3.2): it carries a secret.
pub(super) fn forbid_caching(headers: &mut HeaderMap) {
    if !lists(headers, &CACHE_CONTROL, &["no-store"]) {
        append(headers, CACHE_CONTROL, "no-store");
    }
}

/// Sends `cookie` as the last word on the cookie of that name, and leaves all others in their order.
pub(super) fn set_cookie(headers: &mut HeaderMap, name: &str, cookie: HeaderValue) {
    if let Entry::Occupied(entry) = headers.entry(SET_COOKIE)
        && entry.iter().any(|line| names(line, name))
    {
        let (_, lines) = entry.remove_entry_mult();
        let others: Vec<_> = lines.filter(|line| !names(line, name)).collect();
        for line in others {
            headers.append(SET_COOKIE, line);
        }
    }
    headers.append(SET_COOKIE, cookie);
}

fn names(line: &HeaderValue, name: &str) -> bool {
    let pair = line.as_bytes().split(|&byte| byte == b';').next();
    let found = pair.and_then(|pair| pair.split(|&byte| byte == b'=').next());
    found.is_some_and(|found| found.trim_ascii() == name.as_bytes())
}

/// Whether a comma-separated header has one of `members`.
fn lists(headers: &HeaderMap, header: &HeaderName, members: &[&str]) -> bool {
    let lines = headers.get_all(header).into_iter();
    lines
        .flat_map(|line| {
            // A comma within a quoted string separates nothing.
            let mut quoted = false;
            line.as_bytes().split(move |&byte| {
                quoted ^= byte == b'"';
                byte == b',' && !quoted
            })
        })
        .map(<[u8]>::trim_ascii)
        .any(|found| {
            members
                .iter()
                .any(|m| found.eq_ignore_ascii_case(m.as_bytes()))
        })
}

/// Adds `member` to a comma-separated header, as one line.
fn append(headers: &mut HeaderMap, header: HeaderName, member: &'static str) {
    if !headers.contains_key(&header) {
        headers.insert(header, HeaderValue::from_static(member));
        return;
    }
    let lines: Vec<&[u8]> = headers
        .get_all(&header)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let joined = [&lines.join(&b", "[..]), member.as_bytes()].join(&b", "[..]);
    match HeaderValue::from_bytes(&joined) {
        Ok(value) => headers.insert(header, value),
        // What was in a header can stand in one; a line of its own means the same (RFC 9110, section 5.3).
        Err(_) => {
            headers.append(header, HeaderValue::from_static(member));
            None
        }
    };
}
