//! Readers by the letter of the documents, that know nothing of the crate's.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The values of the cookies of that name in a request's lines (RFC 6265bis, section 4.2.1, read as leniently as
/// section 5.6 reads `Set-Cookie`: around names and values there may be spaces and tabs).
pub(crate) fn cookies<'l>(lines: &[&'l [u8]], name: &[u8]) -> Vec<&'l [u8]> {
    let mut values = Vec::new();
    for line in lines {
        for pair in line.split(|&byte| byte == b';') {
            let Some(equals) = pair.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            if without_blanks(&pair[..equals]) == name {
                values.push(without_blanks(&pair[equals + 1..]));
            }
        }
    }
    values
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let Some(first) = text.iter().position(is_text) else {
        return &[];
    };
    let last = text.iter().rposition(is_text).expect("there is a first");
    &text[first..=last]
}

/// RFC 4648, section 5, for texts of whole bytes.
pub(crate) fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::new();
    for four in text.chunks(4) {
        let mut bits = 0_u32;
        for byte in four {
            let digit = BASE64URL.iter().position(|it| it == byte)?;
            bits = bits << 6 | u32::try_from(digit).expect("less than 64");
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    Some(bytes)
}

/// The same the other way.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let [a, b, c] = *three else {
            panic!("a whole number of groups")
        };
        let bits = u32::from_be_bytes([0, a, b, c]);
        for shift in [18, 12, 6, 0] {
            text.push(char::from(BASE64URL[(bits >> shift & 63) as usize]));
        }
    }
    text
}

/// The first 24 bytes of the HMAC-SHA-256 of a cookie's name, `=` and value.
pub(crate) fn signature(key: &[u8; 32], name: &[u8], value: &[u8]) -> String {
    let message = [name, b"=", value].concat();
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    let mac = mac.chain_update(message).finalize().into_bytes();
    to_base64url(&mac[..24])
}

/// The members of a comma-separated header (RFC 9110, section 5.6.1), or `None` where a quoted string has no end.
pub(crate) fn members(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut members, mut member) = (Vec::new(), Vec::new());
    let (mut is_quoted, mut bytes) = (false, value.iter());
    while let Some(&byte) = bytes.next() {
        match byte {
            b',' if !is_quoted => members.push(std::mem::take(&mut member)),
            b'\\' if is_quoted => {
                member.push(byte);
                member.push(*bytes.next()?);
            }
            _ => {
                is_quoted ^= byte == b'"';
                member.push(byte);
            }
        }
    }
    members.push(member);
    let members = members.iter().map(|member| without_blanks(member).to_vec());
    let members = members.filter(|member| !member.is_empty());
    (!is_quoted).then(|| members.collect())
}
