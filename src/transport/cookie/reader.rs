use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use memchr::memchr;
use smallvec::SmallVec;

use super::{Signatures, Signed};
use crate::record::Token;

/// A well-formed session cookie.
pub(crate) struct Candidate {
    pub(crate) token: Token,
    pub(crate) signed: Signed,
}

/// How many well-formed cookies of one name are tried; a request has one, unless another site of the same domain
/// planted more.
const MAX_CANDIDATES: usize = 4;

/// The well-formed session cookies of a request, each once, in the order in which they came. No signature is computed
/// for more.
pub(crate) fn candidates(
    headers: &HeaderMap,
    name: &str,
    signatures: &Signatures,
) -> SmallVec<[Candidate; 1]> {
    let mut tried = SmallVec::<[&[u8]; 1]>::new();
    let mut found = SmallVec::new();
    let mut malformed = 0_usize;
    for value in values(headers, name) {
        if tried.contains(&value) {
            continue;
        }
        match candidate(value, name, signatures) {
            Some(candidate) => {
                tried.push(value);
                found.push(candidate);
            }
            None => malformed += 1,
        }
        if found.len() == MAX_CANDIDATES {
            break;
        }
    }
    if malformed > 0 {
        tracing::debug!(
            cookie.name = name,
            cookie.count = malformed,
            "session refused: malformed cookie"
        );
    }
    found
}

fn candidate(value: &[u8], name: &str, signatures: &Signatures) -> Option<Candidate> {
    let (value, signature) = value.split_at_checked(Token::LENGTH)?;
    if signature.len() != signatures.length() {
        return None;
    }
    let token = Token::parse(value)?;
    let signed = signatures.verify(name.as_bytes(), value, signature);
    Some(Candidate { token, signed })
}

/// The values of all cookies of a name, in the order in which they came.
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let mut lines = headers.get_all(COOKIE).into_iter();
    let mut line: &[u8] = &[];
    // The pieces between the semicolons of all lines.
    let pairs = std::iter::from_fn(move || {
        while line.is_empty() {
            line = lines.next()?.as_bytes();
        }
        let (pair, rest) = match memchr(b';', line) {
            Some(end) => (&line[..end], &line[end + 1..]),
            None => (line, &[][..]),
        };
        line = rest;
        Some(pair)
    });
    pairs.filter_map(|pair| value(pair, name.as_bytes()))
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
