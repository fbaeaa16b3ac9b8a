use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::record::Token;

/// How many well-formed cookies of one name a request may bring; more are ignored.
const MAX_CANDIDATES: usize = 4;

/// The well-formed session cookies of a request: one, unless another site of the same domain planted more.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    tokens: [Option<Token>; MAX_CANDIDATES],
}

impl Candidates {
    /// Reads all `Cookie` header lines (HTTP/2 may split them), byte by byte: a neighbour's cookie may hold anything.
    ///
    /// Only space and tab are trimmed. Trimming U+2000 would let a script plant a name with a `__Host-` prefix.
    pub(crate) fn read(headers: &HeaderMap, name: &str) -> Self {
        let mut candidates = Self::default();
        for line in headers.get_all(COOKIE) {
            for pair in line.as_bytes().split(|&byte| byte == b';') {
                let value = value(pair, name.as_bytes());
                if let Some(token) = value.and_then(Token::parse) {
                    candidates.add(token);
                }
            }
        }
        candidates
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().flatten()
    }

    fn add(&mut self, token: Token) {
        if let Some(free) = self.tokens.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(token);
        }
    }
}

fn value<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let equals = pair.iter().position(|&byte| byte == b'=')?;
    (trim(&pair[..equals]) == name).then(|| trim(&pair[equals + 1..]))
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
