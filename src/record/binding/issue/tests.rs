use super::*;
use crate::record::Random;
use crate::record::binding::{BoundCookie, POINT_BYTES};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456).unwrap();

fn offer() -> Binding {
    Binding::offer(BindingKey::generate(&Random::default()).unwrap(), NOW)
}

fn bound() -> Binding {
    offer().bound(DeviceKey(Box::new([7; POINT_BYTES])), NOW)
}

#[test]
fn a_bound_cookie_is_worth_ten_minutes_and_browsers_drop_it_before() {
    let binding = bound();
    let cookie = binding.cookie(NOW);
    let check = |after| binding.check_cookie(cookie.as_bytes(), NOW + after);
    assert_eq!(check(Duration::ZERO), BoundCookie::Valid);
    let end = Duration::minutes(10);
    assert_eq!(check(end - Duration::MICROSECOND), BoundCookie::Valid);
    assert_eq!(check(end), BoundCookie::Stale);
    assert!(Binding::cookie_age() < end);
}

#[test]
fn neither_a_slow_upload_nor_another_clock_is_a_theft() {
    let binding = bound();
    let cookie = binding.cookie(NOW);
    let check = |after| binding.check_cookie(cookie.as_bytes(), NOW + after);
    let theft = Duration::minutes(130);
    assert_eq!(check(theft - Duration::MICROSECOND), BoundCookie::Stale);
    assert_eq!(check(theft), BoundCookie::Ended);
    for back in [Duration::minutes(10), Duration::DAY] {
        assert_eq!(check(-back), BoundCookie::Stale);
    }
}

#[test]
fn a_text_is_good_for_its_purpose_and_its_session_alone() {
    let (binding, other) = (bound(), bound());
    let (cookie, challenge) = (binding.cookie(NOW), binding.challenge(NOW));
    let registration = binding.registration_challenge();
    assert!(binding.is_challenge(&challenge, NOW));
    assert!(binding.is_registration_challenge(&registration));
    for text in [&cookie, &registration] {
        assert!(!binding.is_challenge(text, NOW));
    }
    for text in [&cookie, &challenge] {
        assert!(!binding.is_registration_challenge(text));
    }
    for text in [&challenge, &registration] {
        let worth = binding.check_cookie(text.as_bytes(), NOW);
        assert_eq!(worth, BoundCookie::Unknown);
    }
    assert!(!other.is_challenge(&challenge, NOW));
    assert!(!other.is_registration_challenge(&registration));
    let worth = other.check_cookie(cookie.as_bytes(), NOW);
    assert_eq!(worth, BoundCookie::Unknown);
}

#[test]
fn a_text_that_differs_by_a_bit_or_is_no_canonical_base64_is_unknown() {
    let binding = bound();
    let cookie = binding.cookie(NOW).into_bytes();
    for at in 0..cookie.len() {
        for stranger in [b'A', b'B', b'=', b'+', b' ', 0, 0xff] {
            let mut bad = cookie.clone();
            bad[at] = stranger;
            let worth = binding.check_cookie(&bad, NOW);
            let is_same = bad == cookie;
            assert_eq!(worth == BoundCookie::Valid, is_same, "{at} {stranger}");
            assert_ne!(worth, BoundCookie::Ended);
        }
        let worth = binding.check_cookie(&cookie[..at], NOW);
        assert_eq!(worth, BoundCookie::Unknown, "{at}");
    }
    for more in [&b"="[..], b"==", b"A", b"AAAA"] {
        let worth = binding.check_cookie(&[&cookie, more].concat(), NOW);
        assert_eq!(worth, BoundCookie::Unknown);
    }
    let worth = binding.check_cookie(&vec![b'A'; 1_000_000], NOW);
    assert_eq!(worth, BoundCookie::Unknown);
}

#[test]
fn an_offer_is_open_for_five_minutes_and_until_it_is_taken() {
    let offer = offer();
    assert!(offer.is_open(NOW));
    assert!(offer.is_open(NOW + Duration::minutes(5) - Duration::MICROSECOND));
    assert!(!offer.is_open(NOW + Duration::minutes(5)));
    let bound = offer.bound(DeviceKey(Box::new([7; POINT_BYTES])), NOW);
    assert!(!bound.is_open(NOW));
    assert_eq!(bound.bound_at(), Some(NOW));
    assert_eq!(offer.bound_at(), None);
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", bound());
    assert_eq!(shown.matches("REDACTED").count(), 2, "{shown}");
    assert!(!shown.contains("7, 7"), "{shown}");
}
