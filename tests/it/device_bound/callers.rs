//! Who may call the endpoints.

use axum::http::HeaderName;
use axum::http::header::{HOST, ORIGIN};

use super::*;

const ENDPOINTS: [&str; 2] = ["/device-bound/register", "/device-bound/refresh"];

fn header(name: &str) -> HeaderName {
    name.parse().unwrap()
}

#[tokio::test]
async fn the_endpoints_answer_nothing_but_posts_with_one_proof_and_a_session() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let proof = device.registration(&challenge);
    let response = header("secure-session-response");
    house.storage.take_calls();
    let once = [(response.clone(), proof.as_bytes())];
    let twice = [once[0].clone(), (response, proof.as_bytes())];
    for endpoint in ENDPOINTS {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            let reply = browser.send(method, endpoint, &once).await;
            assert_eq!(reply.status, 405);
            assert_eq!(reply.headers["allow"], "POST");
        }
        for headers in [&twice[..], &[]] {
            let reply = browser.send(Method::POST, endpoint, headers).await;
            assert_eq!(reply.status, 401);
        }
        let mut stranger = house.browser();
        let reply = stranger.send(Method::POST, endpoint, &once).await;
        assert_eq!(reply.status, 401);
    }
    assert_eq!(house.storage.take_calls().save, 0);
    assert_eq!(browser.register(&proof).await.status, 200);
}

#[tokio::test]
async fn a_page_of_another_site_gets_nothing_of_them() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let proof = device.registration(&challenge);
    house.storage.take_calls();
    let post = async |mut browser: Browser, endpoint: &str, other: (&str, &str)| {
        let headers = [
            (header("secure-session-response"), proof.as_bytes()),
            (HOST, b"shop.example"),
            (header(other.0), other.1.as_bytes()),
        ];
        browser.send(Method::POST, endpoint, &headers).await
    };
    for endpoint in ENDPOINTS {
        for foreign in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://evil.example"),
            ("origin", "https://shop.example.evil.example"),
            ("origin", "https://shop.exampl"),
            ("origin", "http://shop.example"),
            ("origin", "https://shop.example:8443"),
            ("origin", "null"),
            ("origin", ""),
        ] {
            let reply = post(browser.clone(), endpoint, foreign).await;
            assert_eq!(reply.status, 403, "{foreign:?}");
            assert!(reply.set_cookies().is_empty());
            assert!(!reply.headers.contains_key("secure-session-challenge"));
        }
    }
    assert_eq!(house.storage.take_calls().total(), 0);
    let own = (ORIGIN.as_str(), "https://shop.example");
    assert_eq!(post(browser, ENDPOINTS[0], own).await.status, 200);
}
