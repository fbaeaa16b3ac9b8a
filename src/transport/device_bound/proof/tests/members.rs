//! Headers, payloads and keys that are refused.

use super::*;

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
    let point = jwk.replace(r#""kty":"#, "").replace(r#""crv":"#, "");
    let point = point.replace(r#""x":"#, "").replace(r#""y":"#, "");
    let list = format!("[{}]", point.trim_matches(['{', '}']));
    assert_eq!(member("jwk", &list), Some(ProofError::Header), "{list}");
    let listed = format!(r#"["dbsc+jwt","ES256",{jwk}]"#);
    let listed = sign(&key(1), &listed, r#"{"jti":"c"}"#);
    assert_eq!(refused(&listed), Some(ProofError::Header));
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
        r#"["c"]"#,
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
