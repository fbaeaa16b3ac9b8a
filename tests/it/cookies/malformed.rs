use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{NAME, house, live, read};
use crate::support::{Calls, Log, token_bytes};

/// Asserts that a cookie line opens nothing and costs no call to the storage.
macro_rules! assert_never_reaches_the_storage {
    ($browser:expr, $storage:expr, $line:expr) => {
        let line: Vec<u8> = $line.into();
        let shown = String::from_utf8_lossy(&line).into_owned();
        $storage.take_calls();
        let reply = read(&$browser, &[line]).await;
        assert_eq!(reply.body, "none", "{shown}");
        assert_eq!(reply.set_cookie(), None, "{shown}");
        assert_eq!($storage.take_calls(), Calls::default(), "{shown}");
    };
}

#[tokio::test]
async fn a_well_formed_cookie_opens_its_session() {
    let (browser, storage) = house();
    let value = live(&browser, 3).await;
    storage.take_calls();
    let reply = read(&browser, &[format!("{NAME}={value}")]).await;
    assert_eq!(reply.body, "3");
    assert_eq!(storage.take_calls().load, 1);
}

#[tokio::test]
async fn a_value_of_another_length_never_reaches_the_storage() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    let short = &value[1..];
    let shorter = &value[..63];
    let oversized = "A".repeat(8 * 1024);
    let lengths = [
        String::new(),
        "A".to_owned(),
        short.to_owned(),
        shorter.to_owned(),
        format!("{value}A"),
        format!("{value}{value}"),
        oversized,
    ];
    for value in lengths {
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}"));
    }
}

#[tokio::test]
async fn a_value_of_another_alphabet_never_reaches_the_storage() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await.into_bytes();
    let strangers = b"+/=%~!*'(),\"\\ \t@.:|<>{}[]^`\x80\xe9\xff";
    for stranger in strangers {
        for at in [1, 31, 62] {
            let mut value = value.clone();
            value[at] = *stranger;
            let line = [NAME.as_bytes(), b"=", &value].concat();
            assert_never_reaches_the_storage!(browser, storage, line);
        }
    }
}

#[tokio::test]
async fn the_standard_base64_alphabet_and_padding_never_reach_the_storage() {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let (browser, storage) = house();
    // Bits that need the last two letters of each alphabet.
    let bytes = [0xff; 48];
    assert!(STANDARD.encode(bytes).contains('/'));
    let plus = STANDARD.encode([0xfb, 0xef, 0xbe].repeat(16));
    assert!(plus.contains('+'));
    let padded = URL_SAFE.encode([7; 46]);
    assert_eq!((padded.len(), padded.ends_with("==")), (64, true));
    for value in [STANDARD.encode(bytes), plus, padded] {
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}"));
    }
}

#[tokio::test]
async fn a_quoted_value_never_reaches_the_storage() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    for value in [
        format!("\"{value}\""),
        format!("\"{value}"),
        format!("\"{}\"", &value[1..63]),
    ] {
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}"));
    }
}

#[tokio::test]
async fn nothing_is_percent_decoded() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    let escaped: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
    let first = format!("%{:02X}{}", value.as_bytes()[0], &value[1..]);
    let of_length_64 = format!("%{:02X}{}", value.as_bytes()[0], &value[3..]);
    assert_eq!(of_length_64.len(), 64);
    for value in [escaped, first, of_length_64] {
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}"));
    }
    let name = "%5F%5FHost-id";
    assert_never_reaches_the_storage!(browser, storage, format!("{name}={value}"));
}

#[tokio::test]
async fn the_name_is_compared_with_regard_to_case_and_as_a_whole() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    let names = [
        "__host-id",
        "__Host-ID",
        "__HOST-ID",
        "id",
        "Host-id",
        "__Host-i",
        "__Host-Http-id2",
        "x__Host-Http-id",
        "__Host-",
        "__Secure-id",
        "_Host-id",
        "$__Host-Http-id",
        "\"__Host-Http-id\"",
        "__Host id",
        "",
    ];
    for name in names {
        assert_never_reaches_the_storage!(browser, storage, format!("{name}={value}"));
    }
}

#[tokio::test]
async fn a_space_that_is_not_ascii_is_part_of_the_name() {
    // A trimmed U+2000 would let a script plant a `__Host-` cookie past the browser's own check.
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    for space in ["\u{2000}", "\u{a0}", "\u{3000}", "\u{feff}", "\u{85}"] {
        assert_never_reaches_the_storage!(browser, storage, format!("{space}{NAME}={value}"));
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}{space}={value}"));
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={space}{value}"));
        assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}{space}"));
    }
    // U+00A0 as the single byte of Latin-1.
    let line = [b"\xa0", NAME.as_bytes(), b"=", value.as_bytes()].concat();
    assert_never_reaches_the_storage!(browser, storage, line);
}

#[tokio::test]
async fn a_pair_without_an_equals_sign_or_with_one_too_many_never_reaches_the_storage() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    for line in [
        NAME.to_owned(),
        format!("{NAME}{value}"),
        format!("{NAME};{value}"),
        format!("{NAME}=={value}"),
        format!("={NAME}={value}"),
        format!("{NAME}=x={value}"),
        format!("{NAME}:{value}"),
        "=".to_owned(),
        ";".to_owned(),
        ";;;".to_owned(),
        String::new(),
    ] {
        assert_never_reaches_the_storage!(browser, storage, line);
    }
}

#[tokio::test]
async fn a_comma_joins_no_two_cookies() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    assert_never_reaches_the_storage!(browser, storage, format!("a=b, {NAME}={value}"));
    assert_never_reaches_the_storage!(browser, storage, format!("{NAME}={value}, a=b"));
}

#[tokio::test]
async fn every_single_bit_of_a_cookie_matters() {
    let (browser, _) = house();
    let value = live(&browser, 1).await;
    let bytes = token_bytes(&value);
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let other = URL_SAFE_NO_PAD.encode(bytes);
        let reply = read(&browser, &[format!("{NAME}={other}")]).await;
        assert_eq!(reply.body, "none", "bit {bit}");
    }
}

#[tokio::test]
async fn another_sessions_secret_opens_nothing() {
    let (browser, _) = house();
    let (one, two) = (live(&browser, 1).await, live(&browser, 2).await);
    let (one, two) = (token_bytes(&one), token_bytes(&two));
    let crossed = URL_SAFE_NO_PAD.encode([&one[..16], &two[16..]].concat());
    let reply = read(&browser, &[format!("{NAME}={crossed}")]).await;
    assert_eq!(reply.body, "none");
}

#[tokio::test]
async fn a_stolen_digest_opens_nothing() {
    use axum_bare_session::storage::SessionStorage;
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    let id = crate::support::id_of(&value);
    let record = storage.inner.load(id).await.unwrap().unwrap();
    let stolen = [&id.as_bytes()[..], record.digest.as_bytes()].concat();
    let stolen = URL_SAFE_NO_PAD.encode(stolen);
    assert_eq!(stolen.len(), 64);
    let reply = read(&browser, &[format!("{NAME}={stolen}")]).await;
    assert_eq!(reply.body, "none");
}

#[tokio::test]
async fn an_id_or_a_secret_of_zeros_opens_nothing() {
    let (browser, storage) = house();
    let value = live(&browser, 1).await;
    let bytes = token_bytes(&value);
    for forged in [
        [&bytes[..16], &[0; 32]].concat(),
        [&[0; 16], &bytes[16..]].concat(),
        vec![0; 48],
        vec![0xff; 48],
    ] {
        let forged = URL_SAFE_NO_PAD.encode(forged);
        storage.take_calls();
        let reply = read(&browser, &[format!("{NAME}={forged}")]).await;
        assert_eq!(reply.body, "none");
        assert_eq!(reply.set_cookie(), None);
        assert_eq!(storage.take_calls().load, 1);
    }
}

#[tokio::test]
async fn malformed_cookies_are_one_event_at_debug_level_that_shows_none_of_them() {
    let (browser, _) = house();
    let value = live(&browser, 1).await;
    let told = "session refused: malformed cookie";
    for (malformed, count) in [
        (String::new(), 1),
        (value[1..].to_owned(), 1),
        (format!("{value}A"), 1),
        (value.replacen(&value[..1], "+", 1), 1),
        (format!("{}; {NAME}=planted", &value[1..]), 2),
        (format!("{value}; {NAME}=planted"), 1),
    ] {
        let log = Log::new();
        read(&browser, &[format!("a=b; {NAME}={malformed}")]).await;
        let text = log.text();
        let events: Vec<_> = text.lines().filter(|line| line.contains(told)).collect();
        assert_eq!(events.len(), 1, "{malformed}: {text}");
        assert!(events[0].contains("DEBUG"), "{text}");
        assert!(
            events[0].contains(&format!("cookie.count={count}")),
            "{text}"
        );
        assert!(
            !text.contains(&value[1..]) && !text.contains("planted"),
            "{text}"
        );
    }
    let log = Log::new();
    read(&browser, &[format!("{NAME}={value}; x{NAME}=y")]).await;
    assert!(!log.text().contains(told), "{}", log.text());
}
