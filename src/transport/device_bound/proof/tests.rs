use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;

use super::*;

mod forms;
mod members;

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
