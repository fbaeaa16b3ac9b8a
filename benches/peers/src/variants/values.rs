//! What the sessions hold.

/// The names of the keys but the first, `key_0`, which holds a number. All others hold text.
pub fn keys(count: usize) -> impl Iterator<Item = String> {
    (1..count).map(|index| format!("key_{index}"))
}

/// The text under each key but the first: short among five, 90 bytes among a hundred.
pub fn text(count: usize) -> String {
    if count <= 5 {
        "a short text".to_owned()
    } else {
        "x".repeat(90)
    }
}
