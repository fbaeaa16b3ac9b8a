use axum::http::{HeaderName, Method};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::Value;

use super::{BOUND_NAME, PATH};
use crate::support::{Browser, Reply};

const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");

/// A device's key, and what a browser knows of the session that is bound to it.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) key: SigningKey,
    pub(crate) identifier: String,
    /// The latest challenge.
    pub(crate) challenge: String,
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Device {
    pub(crate) fn new(byte: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[byte; 32]).unwrap(),
            identifier: String::new(),
            challenge: String::new(),
        }
    }

    pub(crate) fn jwk(&self) -> String {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (&point.as_bytes()[1..33], &point.as_bytes()[33..]);
        let (x, y) = (base64(x), base64(y));
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
    }

    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64(header), base64(payload));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", base64(signature.to_bytes()))
    }

    /// The proof that registers the key.
    pub(crate) fn registration(&self, challenge: &str) -> String {
        let jwk = self.jwk();
        let header = format!(r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{jwk}}}"#);
        self.sign(&header, &format!(r#"{{"jti":"{challenge}"}}"#))
    }

    /// The proof that the key is still there.
    pub(crate) fn proof(&self, challenge: &str) -> String {
        let header = r#"{"alg":"ES256","typ":"dbsc+jwt"}"#;
        self.sign(header, &format!(r#"{{"jti":"{challenge}"}}"#))
    }

    /// Notes what an endpoint has answered.
    pub(crate) fn keep(&mut self, reply: &Reply) {
        if let Some(challenge) = reply.headers.get("secure-session-challenge") {
            let challenge = challenge.to_str().unwrap();
            let (challenge, identifier) = challenge.split_once(";id=").unwrap();
            self.challenge = challenge.trim_matches('"').to_owned();
            self.identifier = identifier.trim_matches('"').to_owned();
        }
        if reply.status == 200 {
            let instructions: Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(instructions["session_identifier"], self.identifier);
        }
    }
}

/// What a browser with a device's key does.
impl Browser {
    /// Logs in, and returns the challenge that is to be signed.
    pub(crate) async fn log_in_with_offer(&mut self) -> String {
        let reply = self.get("/log_in").await;
        assert_eq!(reply.status, 200);
        offered(&reply).expect("a registration is offered")
    }

    /// Logs in, and registers the device's key.
    pub(crate) async fn log_in_on(&mut self, device: &mut Device) {
        let challenge = self.log_in_with_offer().await;
        let reply = self.register(&device.registration(&challenge)).await;
        assert_eq!(reply.status, 200);
        device.keep(&reply);
    }

    pub(crate) async fn register(&mut self, proof: &str) -> Reply {
        let path = format!("{PATH}/register");
        let headers = [(RESPONSE, proof.as_bytes())];
        self.send(Method::POST, &path, &headers).await
    }

    /// Refreshes as Chromium does: with the latest challenge, and with another one where that is refused.
    pub(crate) async fn refresh(&mut self, device: &mut Device) -> Reply {
        let proof = device.proof(&device.challenge);
        let reply = self.refresh_with(&device.identifier, Some(&proof)).await;
        device.keep(&reply);
        if reply.status != 403 {
            return reply;
        }
        let proof = device.proof(&device.challenge);
        let reply = self.refresh_with(&device.identifier, Some(&proof)).await;
        device.keep(&reply);
        reply
    }

    pub(crate) async fn refresh_with(&mut self, identifier: &str, proof: Option<&str>) -> Reply {
        let path = format!("{PATH}/refresh");
        let mut headers = vec![(SESSION_ID, identifier.as_bytes())];
        headers.extend(proof.map(|proof| (RESPONSE, proof.as_bytes())));
        self.send(Method::POST, &path, &headers).await
    }

    /// Forgets the bound cookie, as at its end, and returns it.
    pub(crate) fn drop_bound_cookie(&mut self) -> Option<String> {
        self.cookies.remove(BOUND_NAME)
    }

    pub(crate) fn bound_cookie(&self) -> Option<&String> {
        self.cookies.get(BOUND_NAME)
    }
}

/// The challenge of the registration that a response offers.
pub(crate) fn offered(reply: &Reply) -> Option<String> {
    let header = reply.headers.get("secure-session-registration")?;
    let header = header.to_str().unwrap();
    let start = format!(r#"(ES256);path="{PATH}/register";challenge=""#);
    let challenge = header.strip_prefix(&start).expect(header);
    Some(challenge.strip_suffix('"').expect(header).to_owned())
}
