use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, ValueIter};
use memchr::memchr;

use super::{Signatures, Signed};
use crate::record::Token;

/// A well-formed session cookie.
pub(crate) struct Candidate {
    pub(crate) token: Token,
    pub(crate) signed: Signed,
}

/// The well-formed session cookies of a request.
///
/// All `Cookie` header lines are read (HTTP/2 may split them), byte by byte: a neighbour's cookie may hold anything. Only
/// space and tab are trimmed: trimming U+2000 would let a script plant a name with a `__Host-` prefix.
pub(crate) fn candidates<'a>(
    headers: &'a HeaderMap,
    name: &'a str,
    signatures: &'a Signatures,
) -> impl Iterator<Item = Candidate> + Send + 'a {
    let pairs = Pairs {
        lines: headers.get_all(COOKIE).into_iter(),
        line: &[],
    };
    pairs.filter_map(move |pair| candidate(value(pair, name.as_bytes())?, name, signatures))
}

fn candidate(value: &[u8], name: &str, signatures: &Signatures) -> Option<Candidate> {
    let (value, signature) = value.split_at_checked(Token::LENGTH)?;
    if signature.len() != signatures.length() {
        return None;
    }
    Some(Candidate {
        token: Token::parse(value)?,
        signed: signatures.verify(name.as_bytes(), value, signature),
    })
}

/// The pieces between the semicolons of all lines.
struct Pairs<'a> {
    lines: ValueIter<'a, HeaderValue>,
    line: &'a [u8],
}

impl<'a> Iterator for Pairs<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.line.is_empty() {
            self.line = self.lines.next()?.as_bytes();
        }
        let (pair, rest) = match memchr(b';', self.line) {
            Some(end) => (&self.line[..end], &self.line[end + 1..]),
            None => (self.line, &[][..]),
        };
        self.line = rest;
        Some(pair)
    }
}

fn value<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, value) = trim(pair).split_at_checked(name.len())?;
    if found != name {
        return None;
    }
    let equals = trim(value);
    equals.strip_prefix(b"=").map(trim)
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
