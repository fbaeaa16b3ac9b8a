use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::record::Token;

/// What a request says in `Authorization: Bearer` that begins with our prefix.
#[derive(Debug)]
pub(crate) enum Bearer {
    Token(Token),
    /// Something malformed, or more than one of them.
    Malformed,
}

/// The bearer token of ours that a request brings; `None`: none, so that its cookie counts.
pub(crate) fn bearer(headers: &HeaderMap, prefix: &str) -> Option<Bearer> {
    let mut lines = headers.get_all(AUTHORIZATION).into_iter();
    let ours = lines.find_map(|line| {
        let (scheme, token) = line.as_bytes().split_at_checked("Bearer ".len())?;
        let token = token.trim_ascii().strip_prefix(prefix.as_bytes());
        token.filter(|_| scheme.eq_ignore_ascii_case(b"Bearer "))
    })?;
    let is_only = headers.get_all(AUTHORIZATION).into_iter().nth(1).is_none();
    let token = Token::parse(ours).filter(|_| is_only);
    Some(token.map_or(Bearer::Malformed, Bearer::Token))
}

/// RFC 6750, section 2.1, but for the `=` that only ends a token.
pub(crate) fn is_bearer_prefix(prefix: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    (3..=32).contains(&prefix.len()) && prefix.bytes().all(is_allowed)
}
