use std::error::Error;
use std::fmt::Debug;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::support::{Reply, token_bytes};

/// How many characters at the start of a cookie's value belong to the public id.
const PUBLIC: usize = 22;

/// All that anyone got to see, and all that nobody may see.
#[derive(Default)]
pub(super) struct Haystack {
    seen: String,
    needles: Vec<(&'static str, String)>,
}

impl Haystack {
    /// Notes what a response shows, `Set-Cookie` aside: only the browser sees that, and its value is secret from now
    /// on.
    pub(super) fn reply(&mut self, mut reply: Reply) {
        self.debug(&reply);
        let lines: Vec<_> = reply
            .set_cookies()
            .iter()
            .map(|s| (*s).to_owned())
            .collect();
        for line in lines {
            let pair = line.split(';').next().unwrap();
            let (_, value) = pair.split_once('=').unwrap();
            if !value.is_empty() {
                self.secret_cookie(value);
            }
        }
        reply.headers.remove("set-cookie");
        for (name, value) in &reply.headers {
            self.text(&format!(
                "{name}: {}",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
        self.text(&reply.body);
    }

    pub(super) fn debug(&mut self, shown: &(impl Debug + ?Sized)) {
        self.text(&format!("{shown:?}\n{shown:#?}"));
    }

    /// Notes all that an error says of itself and of its sources.
    pub(super) fn error(&mut self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.text(&format!("{error}"));
            self.debug(error);
            next = error.source();
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.seen.push_str(text);
        self.seen.push('\n');
    }

    /// Makes a cookie's value secret, in whatever form it or its digest might be written.
    pub(super) fn secret_cookie(&mut self, value: &str) {
        let secret = &token_bytes(value)[16..];
        let digest: [u8; 32] = Sha256::digest(secret).into();
        self.needle("a cookie's secret", value[PUBLIC..].to_owned());
        for (what, bytes) in [("a secret", secret), ("a digest", &digest[..])] {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let list = format!("{bytes:?}");
            self.needle(what, URL_SAFE_NO_PAD.encode(bytes));
            self.needle(what, STANDARD_NO_PAD.encode(bytes));
            self.needle(what, hex.to_uppercase());
            self.needle(what, hex);
            self.needle(what, list.trim_matches(['[', ']']).to_owned());
        }
    }

    pub(super) fn secret_value(&mut self, value: &str) {
        self.needle("a stored value", value.to_owned());
    }

    fn needle(&mut self, what: &'static str, needle: String) {
        self.needles.push((what, needle));
    }

    pub(super) fn seen(&self) -> &str {
        &self.seen
    }

    /// Asserts that nothing secret was seen; `{:#?}` may have spread a list over lines.
    pub(super) fn assert_no_needle(&self) {
        assert!(!self.needles.is_empty() && !self.seen.is_empty());
        let one_line = self.seen.split_whitespace().collect::<Vec<_>>().join(" ");
        for (what, needle) in &self.needles {
            for seen in [&self.seen, &one_line] {
                if let Some(at) = seen.find(needle) {
                    let from = seen[..at].rfind('\n').unwrap_or(at.saturating_sub(80));
                    let around = String::from_utf8_lossy(&seen.as_bytes()[from..at]);
                    panic!("{what} is shown after {around:?}");
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "a digest is shown")]
fn a_digest_in_the_haystack_is_found() {
    let value = "A".repeat(64);
    let mut haystack = Haystack::default();
    haystack.secret_cookie(&value);
    haystack.debug(&Sha256::digest([0; 32]).to_vec());
    haystack.assert_no_needle();
}

#[test]
#[should_panic(expected = "a cookie's secret is shown")]
fn a_cookie_in_the_haystack_is_found() {
    let value = "AbCdEfGhIjKlMnOp".repeat(4);
    let mut haystack = Haystack::default();
    haystack.secret_cookie(&value);
    haystack.text(&format!("cookie: {value}"));
    haystack.assert_no_needle();
}
