//! Texts that are no JWT.

use super::*;

#[test]
fn what_is_no_canonical_jwt_is_refused() {
    let jwt = registration();
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let raw = bytes::<64>(signature.as_bytes()).unwrap();
    for signature in [
        String::new(),
        format!("{signature}=="),
        format!("{signature}A"),
        signature.replace(['-', '_'], "+"),
        signature[1..].to_owned(),
        base64(&raw[..63]),
        base64([&raw[..], &[0]].concat()),
        base64([0; 64]),
        base64([0xff; 64]),
        // Bits beyond the 512.
        format!("{}B", &signature[..signature.len() - 1]),
    ] {
        let error = refused(&format!("{signed}.{signature}"));
        let is_same = signature == jwt.rsplit_once('.').unwrap().1;
        assert!(
            is_same || error == Some(ProofError::Signature),
            "{signature} {error:?}"
        );
    }
    let parts: Vec<_> = jwt.split('.').collect();
    for text in [
        String::new(),
        ".".to_owned(),
        parts[..2].join("."),
        format!("{jwt}."),
        format!("{jwt}.{}", parts[0]),
    ] {
        assert_eq!(refused(&text), Some(ProofError::Parts), "{text}");
    }
    for text in [
        "..".to_owned(),
        format!(".{}.{}", parts[1], parts[2]),
        format!(" {jwt}"),
        format!("=.{}.{}", parts[1], parts[2]),
    ] {
        assert_eq!(refused(&text), Some(ProofError::Header), "{text}");
    }
    let padded = [
        format!("{}=", parts[0]),
        parts[1].to_owned(),
        parts[2].to_owned(),
    ]
    .join(".");
    assert_eq!(refused(&padded), Some(ProofError::Header));
}

#[test]
fn a_megabyte_is_refused_unread_wherever_it_is() {
    let long = "A".repeat(1_000_000);
    let parts: Vec<String> = registration().split('.').map(str::to_owned).collect();
    for at in 0..3 {
        let mut parts = parts.clone();
        parts[at] = long.clone();
        assert_eq!(refused(&parts.join(".")), Some(ProofError::TooLong));
    }
    let payload = format!(r#"{{"jti":"{long}"}}"#);
    let jwt = sign(&key(1), &header(&jwk(&key(1))), &payload);
    assert_eq!(refused(&jwt), Some(ProofError::TooLong));
    let exact = "x".repeat(MAX_LENGTH);
    assert_eq!(refused(&exact), Some(ProofError::Parts));
    assert_eq!(refused(&format!("{exact}x")), Some(ProofError::TooLong));
}

/// Of 20,000 proofs in which bytes were changed at random none is accepted, and none panics.
#[test]
fn a_proof_that_differs_by_some_bytes_is_refused() {
    let good = registration();
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        // Knuth's linear congruential generator.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut changed = 0;
    while changed < 20_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = random(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"AZaz09-_.=\"{"[random(12)]),
            }
        }
        if bytes == good.as_bytes() {
            continue;
        }
        changed += 1;
        let accepted = Proof::read(&bytes).is_ok_and(|proof| {
            let device = proof.device.clone();
            device.is_some_and(|device| proof.verify(&device, URL).is_ok())
        });
        assert!(!accepted, "{}", String::from_utf8_lossy(&bytes));
    }
}
