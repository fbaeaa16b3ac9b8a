//! What nobody but a forger sends: refused as the protocol says, and nothing is stored.

use hmac::{Hmac, KeyInit, Mac};

use super::*;

/// Proofs that register nothing, by what is wrong with them.
fn bad_registrations(device: &Device, challenge: &str) -> Vec<(String, String)> {
    let jwk = device.jwk();
    let header = format!(r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{jwk}}}"#);
    let payload = format!(r#"{{"jti":"{challenge}"}}"#);
    let good = device.sign(&header, &payload);
    let mut bad = vec![("empty".to_owned(), String::new())];
    let mut add = |what: &str, jwt: String| bad.push((what.to_owned(), jwt));
    let long = "A".repeat(1_000_000);
    for (name, json) in [
        ("alg", r#""ES256""#),
        ("typ", r#""dbsc+jwt""#),
        ("jwk", &jwk),
    ] {
        let own = format!(r#""{name}":{json}"#);
        for (what, other) in [
            ("missing", format!(r#""x{name}":{json}"#)),
            ("doubled", format!("{own},{own}")),
            ("null", format!(r#""{name}":null"#)),
            ("a number", format!(r#""{name}":1"#)),
            ("a list", format!(r#""{name}":[{json}]"#)),
            ("long", format!(r#""{name}":"{long}""#)),
        ] {
            add(
                &format!("{name} {what}"),
                device.sign(&header.replace(&own, &other), &payload),
            );
        }
    }
    for alg in ["none", "HS256", "RS256", "ES384", "EdDSA"] {
        let header = header.replace("ES256", alg);
        add(alg, device.sign(&header, &payload));
        let unsigned = format!("{}.{}.", base64(&header), base64(&payload));
        add(&format!("{alg} unsigned"), unsigned.clone());
        let point = device.key.verifying_key().to_sec1_point(false);
        let secret = Hmac::<sha2::Sha256>::new_from_slice(point.as_bytes()).unwrap();
        let signed = unsigned.trim_end_matches('.');
        let mac = secret.chain_update(signed).finalize().into_bytes();
        add(
            &format!("{alg} with the key as secret"),
            format!("{signed}.{}", base64(mac)),
        );
    }
    for crit in [r#"["b64"]"#, "[]", "null"] {
        let header = header.replacen('{', &format!(r#"{{"crit":{crit},"#), 1);
        add("crit", device.sign(&header, &payload));
    }
    let point = device.key.verifying_key().to_sec1_point(false);
    let x = base64(&point.as_bytes()[1..33]);
    for (what, other) in [
        ("another curve", jwk.replace("P-256", "P-384")),
        (
            "a point beside the curve",
            jwk.replace(&x, &base64([1; 32])),
        ),
        ("no coordinate", jwk.replace(&x, "")),
        ("a long coordinate", jwk.replace(&x, &long)),
        ("another key", Device::new(9).jwk()),
    ] {
        add(what, device.sign(&header.replace(&jwk, &other), &payload));
    }
    for (what, payload) in [
        ("no jti", "{}".to_owned()),
        (
            "jti doubled",
            format!(r#"{{"jti":"{challenge}","jti":"{challenge}"}}"#),
        ),
        ("jti null", r#"{"jti":null}"#.to_owned()),
        ("jti a number", r#"{"jti":7}"#.to_owned()),
        ("jti long", format!(r#"{{"jti":"{long}"}}"#)),
        ("jti of nobody", r#"{"jti":"c"}"#.to_owned()),
        ("jti padded", format!(r#"{{"jti":"{challenge}="}}"#)),
        (
            "aud of another endpoint",
            format!(r#"{{"jti":"{challenge}","aud":"https://shop.example/device-bound/refresh"}}"#),
        ),
        (
            "aud of another origin",
            format!(
                r#"{{"jti":"{challenge}","aud":"https://evil.example/device-bound/register"}}"#
            ),
        ),
        (
            "aud of another scheme",
            format!(r#"{{"jti":"{challenge}","aud":"http://shop.example/device-bound/register"}}"#),
        ),
        (
            "aud a list",
            format!(
                r#"{{"jti":"{challenge}","aud":["https://shop.example/device-bound/register"]}}"#
            ),
        ),
        ("no object", "[]".to_owned()),
    ] {
        add(what, device.sign(&header, &payload));
    }
    let (signed, signature) = good.rsplit_once('.').unwrap();
    add("padded", format!("{good}=="));
    add("four parts", format!("{good}.{signature}"));
    add("two parts", signed.to_owned());
    add("a long signature", format!("{signed}.{long}"));
    add("half a signature", format!("{signed}.{}", &signature[..43]));
    add(
        "a signature of zeros",
        format!("{signed}.{}", base64([0; 64])),
    );
    add("two quotes", "\"".to_owned() + &good);
    bad
}

async fn register(browser: &mut Browser, proof: &str) -> Reply {
    let headers = [
        ("secure-session-response".parse().unwrap(), proof.as_bytes()),
        (axum::http::header::HOST, b"shop.example"),
    ];
    browser
        .send(Method::POST, "/device-bound/register", &headers)
        .await
}

#[tokio::test]
async fn a_bad_registration_is_refused_and_stores_nothing() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    house.storage.take_calls();
    let bad = bad_registrations(&device, &challenge);
    assert!(bad.len() > 60, "{}", bad.len());
    for (what, proof) in bad {
        let reply = register(&mut browser, &proof).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body.as_str()),
            (401, ""),
            "{what}"
        );
        assert!(reply.set_cookies().is_empty(), "{what}");
        assert_eq!(reply.headers["cache-control"], "no-store", "{what}");
    }
    assert_eq!(house.storage.take_calls().save, 0);
    assert_eq!(house.listed().await[0].bound_at(), None);
    // It is not used up.
    let reply = register(&mut browser, &device.registration(&challenge)).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_bad_proof_renews_no_bound_cookie() {
    let mut house = House::new();
    let (mut browser, device) = house.bound().await;
    let (good, challenge) = (device.proof(&device.challenge), device.challenge.clone());
    let registration = device.registration(&challenge);
    let header = r#"{"alg":"ES256","typ":"dbsc+jwt"}"#;
    let payload = format!(r#"{{"jti":"{challenge}"}}"#);
    let unsigned = good.rsplit_once('.').unwrap().0;
    let other = Device::new(9);
    let mut bad = vec![
        (401, other.proof(&challenge)),
        (401, other.registration(&challenge)),
        (401, device.sign(&header.replace("ES256", "none"), &payload)),
        (
            401,
            device.sign(&header.replace("dbsc+jwt", "JWT"), &payload),
        ),
        (401, format!("{unsigned}.")),
        (401, format!("{good}==")),
        (
            401,
            device.sign(
                header,
                &format!(
                    r#"{{"jti":"{challenge}","aud":"https://evil.example/device-bound/refresh"}}"#
                ),
            ),
        ),
        (401, "A".repeat(1_000_000)),
        (401, String::new()),
        (403, device.proof("")),
        (403, device.proof(browser.bound_cookie().unwrap())),
    ];
    let (mut second, mut of_second) = (house.browser(), Device::new(1));
    second.log_in_on(&mut of_second).await;
    // Of the same key, for another session.
    bad.push((403, device.proof(&of_second.challenge)));
    house.storage.take_calls();
    for (status, proof) in bad {
        let reply = browser.refresh_with(&device.identifier, Some(&proof)).await;
        let what = &proof[..proof.len().min(200)];
        assert_eq!(reply.status, status, "{what}");
        assert!(reply.set_cookies().is_empty(), "{what}");
        let told = reply.headers.get("secure-session-challenge");
        assert_eq!(told.is_some(), status == 403, "{what}");
    }
    for identifier in ["", "x", &of_second.identifier] {
        let reply = browser.refresh_with(identifier, Some(&good)).await;
        assert_eq!(reply.status, 401, "{identifier}");
    }
    let calls = house.storage.take_calls();
    assert_eq!(calls.save + calls.touch + calls.delete, 0, "{calls:?}");
    // A proof that names the key is as good as one that does not.
    for proof in [good, registration] {
        let reply = browser.refresh_with(&device.identifier, Some(&proof)).await;
        assert_eq!(reply.status, 200);
    }
}

/// Of 3,000 proofs and cookies in which bytes were changed at random none is accepted, and none panics.
#[tokio::test]
async fn what_differs_by_some_bytes_is_refused() {
    let mut house = House::new();
    let (mut browser, device) = house.bound().await;
    let good = device.proof(&device.challenge);
    let cookie = browser.bound_cookie().unwrap().clone();
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        // Knuth's linear congruential generator.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut mutate = |text: &str| loop {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = 0x21 + random(0x5d) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"AZaz09-_.={}"[random(12)]),
            }
        }
        let mutated = String::from_utf8(bytes).unwrap();
        // A cookie's value ends there.
        if mutated != text && !mutated.contains([';', '"']) {
            break mutated;
        }
    };
    for _ in 0..1_500 {
        let proof = mutate(&good);
        let reply = browser.refresh_with(&device.identifier, Some(&proof)).await;
        assert!([401, 403].contains(&reply.status.as_u16()), "{proof}");
        let value = mutate(&cookie);
        let cookies = format!(
            "{COOKIE_NAME}={}; {BOUND_NAME}={value}",
            browser.cookies[COOKIE_NAME]
        );
        let reply = browser
            .get_with_cookies("/owner", &[cookies.as_bytes()])
            .await;
        assert_eq!(reply.body, "", "{value}");
    }
    house.take_events();
    assert_eq!(browser.get("/owner").await.body, "ada");
}
