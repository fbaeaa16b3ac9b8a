use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;

use super::*;

const URL: &str = "https://example.com/device-bound/register";

/// RFC 7515, appendix A.3: its key and its signature by ES256.
const RFC_7515: (&str, &str, &str) = (
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    concat!(
        "eyJhbGciOiJFUzI1NiJ9",
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    ),
);

/// The test vectors of dbsc-toolkit (Apache-2.0), `spec/vectors`: a registration, and a refresh with the same key.
const TOOLKIT_CHALLENGE: &str = "KN3qw_pQxR8tY5uI8oP1aS2dF3gH4jK5lM6nO7pQ8rS";
const TOOLKIT_REGISTRATION: &str = concat!(
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0IiwiandrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiT2lxc0xvMkZneDhzMXg1R",
    "Uk5YmpVRGk1UU45bGc5X3BNOFZHWW52ZHVQNCIsInkiOiJMSXRnd2JXZXdtZzBycmF1S0kxSVg0dEUyV3pObm1CMzIyRTRVdmZTUHQ4In19",
    ".eyJqdGkiOiJLTjNxd19wUXhSOHRZNXVJOG9QMWFTMmRGM2dINGpLNWxNNm5PN3BROHJTIn0",
    ".6YjXpu8GV1Yjw8R5qB42lh_5HPj0USF7RBAmp1gJaKIondZ0rpSIzjVvAbbztFRTGWI0jPPheN2YqDZQ8J_heg"
);
const TOOLKIT_REFRESH: &str = concat!(
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0",
    ".eyJqdGkiOiJLTjNxd19wUXhSOHRZNXVJOG9QMWFTMmRGM2dINGpLNWxNNm5PN3BROHJTIn0",
    ".dZhwcoAWFE9jCoWAInYiaw9z_ZO_nJCfVv8JUGK_5xZybqIal0uWB8Svdid9A4eymcitK8amsuuhrh7t15lsew"
);

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap()
}

fn device(key: &SigningKey) -> DeviceKey {
    let point = key.verifying_key().to_sec1_point(false);
    DeviceKey(Box::new(point.as_bytes()[1..].try_into().unwrap()))
}

fn jwk(key: &SigningKey) -> String {
    let DeviceKey(point) = device(key);
    let (x, y) = (base64(&point[..32]), base64(&point[32..]));
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
}

fn sign(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", base64(header), base64(payload));
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", base64(signature.to_bytes()))
}

fn header(jwk: &str) -> String {
    format!(r#"{{"typ":"dbsc+jwt","alg":"ES256","jwk":{jwk}}}"#)
}

fn registration() -> String {
    sign(&key(1), &header(&jwk(&key(1))), r#"{"jti":"c"}"#)
}

/// What a registration is refused for.
fn refused(jwt: &str) -> Option<ProofError> {
    let check = || {
        let proof = Proof::read(jwt.as_bytes())?;
        let device = proof.device.clone().ok_or(ProofError::Key)?;
        proof.verify(&device, URL)
    };
    check().err()
}

#[test]
fn the_vector_of_rfc_7515_is_verified() {
    let (x, y, jwt) = RFC_7515;
    let jwk = Jwk {
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        x: x.to_owned(),
        y: y.to_owned(),
        d: false,
    };
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = bytes::<64>(signature.as_bytes()).unwrap();
    let verify = |signature: &[u8]| {
        let proof = Proof {
            challenge: String::new(),
            audience: None,
            device: None,
            signed: signed.as_bytes(),
            signature: Signature::from_slice(signature).unwrap(),
        };
        proof.verify(&jwk.key().unwrap(), URL)
    };
    assert_eq!(verify(&signature), Ok(()));
    for at in [0, 31, 32, 63] {
        let mut other = signature;
        other[at] ^= 1;
        assert_eq!(verify(&other), Err(ProofError::OtherKey), "{at}");
    }
}

#[test]
fn the_vectors_of_another_implementation_are_verified() {
    let registered = Proof::read(TOOLKIT_REGISTRATION.as_bytes()).unwrap();
    assert_eq!(registered.challenge, TOOLKIT_CHALLENGE);
    let device = registered.device.clone().unwrap();
    assert_eq!(registered.verify(&device, URL), Ok(()));
    let refreshed = Proof::read(TOOLKIT_REFRESH.as_bytes()).unwrap();
    assert_eq!(refreshed.challenge, TOOLKIT_CHALLENGE);
    assert!(refreshed.device.is_none());
    assert_eq!(refreshed.verify(&device, URL), Ok(()));
    let other = super::tests::device(&key(1));
    assert_eq!(refreshed.verify(&other, URL), Err(ProofError::OtherKey));
    assert_eq!(registered.verify(&other, URL), Err(ProofError::OtherKey));
}

#[test]
fn a_registration_as_browsers_send_it_is_accepted() {
    assert_eq!(refused(&registration()), None);
    let with_audience = format!(r#"{{"jti":"c","aud":"{URL}","iat":1}}"#);
    let jwt = sign(&key(1), &header(&jwk(&key(1))), &with_audience);
    assert_eq!(refused(&jwt), None);
}

#[test]
fn another_type_algorithm_or_a_critical_header_is_refused() {
    let jwk = jwk(&key(1));
    let member = |name: &str, json: &str| {
        let fields = [
            ("typ", r#""dbsc+jwt""#),
            ("alg", r#""ES256""#),
            ("jwk", &jwk),
        ];
        let fields = fields.map(|(field, own)| match field == name {
            true => format!(r#""{field}":{json}"#),
            false => format!(r#""{field}":{own}"#),
        });
        let header = format!("{{{}}}", fields.join(","));
        refused(&sign(&key(1), &header, r#"{"jti":"c"}"#))
    };
    for typ in [r#""JWT""#, r#""""#, r#""DBSC+JWT""#] {
        assert_eq!(member("typ", typ), Some(ProofError::Type), "{typ}");
    }
    for alg in ["none", "HS256", "RS256", "ES384", "es256", ""] {
        let json = format!("{alg:?}");
        assert_eq!(member("alg", &json), Some(ProofError::Algorithm), "{alg}");
    }
    for json in ["null", "1", "[]", "{}", r#"["ES256"]"#] {
        for name in ["typ", "alg", "jwk"] {
            assert_eq!(
                member(name, json),
                Some(ProofError::Header),
                "{name} {json}"
            );
        }
    }
    for crit in [r#"["exp"]"#, "[]", "null", "1"] {
        let header = header(&jwk).replacen('{', &format!(r#"{{"crit":{crit},"#), 1);
        let jwt = sign(&key(1), &header, r#"{"jti":"c"}"#);
        assert_eq!(refused(&jwt), Some(ProofError::Critical), "{crit}");
    }
}

#[test]
fn a_signature_with_the_public_key_as_a_secret_is_refused() {
    use hmac::{Hmac, KeyInit, Mac};

    for (alg, error) in [
        ("HS256", ProofError::Algorithm),
        ("ES256", ProofError::Signature),
    ] {
        let header = header(&jwk(&key(1))).replace("ES256", alg);
        let signed = format!("{}.{}", base64(header), base64(r#"{"jti":"c"}"#));
        let DeviceKey(point) = device(&key(1));
        let mac = Hmac::<sha2::Sha256>::new_from_slice(&point[..]).unwrap();
        let mac = mac.chain_update(&signed).finalize().into_bytes();
        assert_eq!(refused(&format!("{signed}.{}", base64(mac))), Some(error));
    }
}

#[test]
fn a_member_that_is_missing_or_doubled_is_refused() {
    let jwk = jwk(&key(1));
    let payload = r#"{"jti":"c"}"#;
    let members = [
        ("typ", r#""dbsc+jwt""#.to_owned()),
        ("alg", r#""ES256""#.to_owned()),
        ("jwk", jwk.clone()),
    ];
    for (name, json) in &members {
        let others = members.iter().filter(|(other, _)| other != name);
        let others = others.map(|(name, json)| format!("{name:?}:{json}"));
        let without = format!("{{{}}}", others.collect::<Vec<_>>().join(","));
        let error = refused(&sign(&key(1), &without, payload));
        assert!(
            matches!(error, Some(ProofError::Header | ProofError::Key)),
            "{name}"
        );
        let doubled = header(&jwk).replacen('{', &format!("{{{name:?}:{json},"), 1);
        let error = refused(&sign(&key(1), &doubled, payload));
        assert_eq!(error, Some(ProofError::Header), "{name}");
    }
    for payload in [
        "{}",
        r#"{"jti":"c","jti":"c"}"#,
        r#"{"jti":"c","aud":"u","aud":"u"}"#,
        r#"{"jti":null}"#,
        r#"{"jti":1}"#,
        r#"{"jti":["c"]}"#,
        r#"{"jti":"c","aud":null}"#,
        r#"{"jti":"c","aud":["https://example.com/device-bound/register"]}"#,
        "[]",
        "null",
        "",
        "{",
        r#"{"jti":"c"}x"#,
    ] {
        let jwt = sign(&key(1), &header(&jwk), payload);
        assert_eq!(refused(&jwt), Some(ProofError::Payload), "{payload}");
    }
}

#[test]
fn another_curve_a_point_beside_it_and_a_private_key_are_refused() {
    let good = jwk(&key(1));
    let DeviceKey(point) = device(&key(1));
    let (x, y) = (base64(&point[..32]), base64(&point[32..]));
    let beside = {
        let mut beside = point.clone();
        beside[63] ^= 1;
        base64(&beside[32..])
    };
    for bad in [
        good.replace("P-256", "P-384"),
        good.replace("P-256", "secp256k1"),
        good.replace("EC", "OKP"),
        good.replace("EC", "RSA"),
        good.replace(&y, &beside),
        good.replace(&y, &x),
        good.replace(&x, &base64([0; 32]))
            .replace(&y, &base64([0; 32])),
        good.replace(&x, &base64([0xff; 32])),
        good.replace(&x, &base64(&point[..31])),
        good.replace(&x, &base64(&point[..33])),
        good.replace(&x, ""),
        good.replace(&x, &format!("{x}=")),
        good.replace(&x, &"A".repeat(1_000)),
        good.replacen('{', r#"{"d":"AAAA","#, 1),
    ] {
        let jwt = sign(&key(1), &header(&bad), r#"{"jti":"c"}"#);
        assert_eq!(refused(&jwt), Some(ProofError::Key), "{bad}");
    }
    for name in ["kty", "crv", "x", "y"] {
        let without = good.replace(&format!("{name:?}"), r#""other""#);
        let jwt = sign(&key(1), &header(&without), r#"{"jti":"c"}"#);
        assert_eq!(refused(&jwt), Some(ProofError::Header), "{name}");
    }
}

#[test]
fn another_key_audience_or_signed_text_is_refused() {
    let jwt = sign(&key(2), &header(&jwk(&key(1))), r#"{"jti":"c"}"#);
    assert_eq!(refused(&jwt), Some(ProofError::OtherKey));
    for aud in [
        "",
        "https://example.com/device-bound/refresh",
        "https://evil.example/device-bound/register",
    ] {
        let payload = format!(r#"{{"jti":"c","aud":"{aud}"}}"#);
        let jwt = sign(&key(1), &header(&jwk(&key(1))), &payload);
        assert_eq!(refused(&jwt), Some(ProofError::OtherAudience), "{aud}");
    }
    let jwt = registration();
    let other = jwt.replace(&base64(r#"{"jti":"c"}"#), &base64(r#"{"jti":"d"}"#));
    assert_eq!(refused(&other), Some(ProofError::OtherKey));
}

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
