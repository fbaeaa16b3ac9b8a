use axum::http::HeaderValue;

/// Lines in which a control character stands for a piece of text that no generator would find, such as a secret.
///
/// No header can hold one, but for the tab, which stands for itself.
pub(crate) fn lines(input: &[u8], pieces: &[Vec<u8>]) -> Vec<HeaderValue> {
    let lines = input.split(|&byte| byte == b'\n').take(8);
    let lines = lines.map(|line| expanded(line, pieces));
    lines
        .filter_map(|line| HeaderValue::from_bytes(&line).ok())
        .collect()
}

pub(crate) fn expanded(line: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut text = Vec::with_capacity(2 * line.len());
    for &byte in line {
        match pieces.get(usize::from(byte).wrapping_sub(1)) {
            Some(piece) => text.extend_from_slice(piece),
            None => text.push(byte),
        }
    }
    text
}
