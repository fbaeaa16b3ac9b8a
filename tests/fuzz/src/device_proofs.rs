use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionInfo, Sessions, add_session_middleware,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use tower::ServiceExt;

use crate::house::{done, now};
use crate::input::expanded;
use crate::jwt::{Jwt, Object, decoded};

const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");
const CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
const REGISTRATION: HeaderName = HeaderName::from_static("secure-session-registration");

/// Bits of an input's first byte.
const REFRESHES: u8 = 1;
const BY_ANOTHER_KEY: u8 = 2;
const WITHOUT_A_SIGNATURE: u8 = 4;

/// A proof of a device's key registers it or refreshes the bound cookie where another reader takes it for one, and
/// nowhere else; what is refused changes nothing.
pub fn device_proofs(input: &[u8]) {
    let Some((&[kind], text)) = input.split_first_chunk() else {
        return;
    };
    let site = Site::new();
    let device = key(1);
    let mut challenge = site.challenge.clone();
    let mut identifier = None;
    if kind & REFRESHES != 0 {
        let jwt = site.good_registration(&device);
        let registered = site.post("register", &jwt, None).expect("it is a header");
        assert_eq!(registered.status(), StatusCode::OK);
        let told = registered.headers()[CHALLENGE]
            .to_str()
            .expect("it is ASCII");
        let (quoted, id) = told.split_once(";id=").expect("an id");
        challenge = quoted.trim_matches('"').to_owned();
        identifier = Some(id.trim_matches('"').to_owned());
    }
    let path = match &identifier {
        Some(_) => "refresh",
        None => "register",
    };
    let url = format!("https://shop.example/bound/{path}");
    let pieces = [
        challenge.clone().into_bytes(),
        jwk(&device).into_bytes(),
        url.clone().into_bytes(),
        jwk(&key(2)).into_bytes(),
        br#"{"alg":"ES256","typ":"dbsc+jwt"}"#.to_vec(),
    ];
    // A header, a payload, and what stands behind all.
    let mut parts = text.splitn(3, |&byte| byte == b'\n');
    let mut next = || expanded(parts.next().unwrap_or(&[]), &pieces);
    let signed = format!("{}.{}", base64(next()), base64(next()));
    let signer = match kind & BY_ANOTHER_KEY {
        0 => &device,
        _ => &key(2),
    };
    let signature = match kind & WITHOUT_A_SIGNATURE {
        0 => format!(".{}", base64(sign(signer, &signed))),
        _ => String::new(),
    };
    let mut jwt = (signed + &signature).into_bytes();
    jwt.extend(next());

    let before = site.listed();
    let Some(response) = site.post(path, &jwt, identifier.as_deref()) else {
        return;
    };
    let known = identifier.is_some().then_some(&device);
    let expected = expected(&jwt, &challenge, known, &url);
    let shown = String::from_utf8_lossy(&jwt);
    assert_eq!(response.status(), expected, "{shown}");
    let is_bound = response.headers().contains_key(SET_COOKIE);
    assert_eq!(is_bound, expected == StatusCode::OK, "{shown}");
    let after = site.listed();
    assert_eq!(after.id(), before.id());
    assert_eq!(
        after.bound_at().is_some(),
        identifier.is_some() || expected == StatusCode::OK,
        "{shown}"
    );
}

/// What a proof is worth, by the drafts of the protocol and RFC 7515: of a session that is bound to `known`, or to
/// nothing.
fn expected(jwt: &[u8], challenge: &str, known: Option<&SigningKey>, url: &str) -> StatusCode {
    const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;
    // The value of a header, which may stand in quotes.
    let jwt = jwt.trim_ascii();
    let inside = jwt
        .strip_prefix(b"\"")
        .and_then(|it| it.strip_suffix(b"\""));
    let jwt = inside.unwrap_or(jwt);
    if jwt.len() > 4_096 {
        return REFUSED;
    }
    let Some(jwt) = str::from_utf8(jwt).ok().and_then(Jwt::read) else {
        return REFUSED;
    };
    let header = &jwt.header;
    let is_ours = header.text("typ").as_deref() == Some("dbsc+jwt")
        && header.text("alg").as_deref() == Some("ES256")
        && !header.has("crit");
    let brought = header.object("jwk").as_ref().and_then(point);
    if !is_ours || header.has("jwk") && brought.is_none() {
        return REFUSED;
    }
    let (Some(answered), Ok(signature)) = (
        jwt.payload.text("jti"),
        Signature::from_slice(&jwt.signature),
    ) else {
        return REFUSED;
    };
    let audience = jwt.payload.text("aud");
    if jwt.payload.has("aud") && audience.is_none() {
        return REFUSED;
    }
    if answered != challenge {
        return match known {
            Some(_) => StatusCode::FORBIDDEN,
            None => REFUSED,
        };
    }
    let known = known.map(own_point);
    let (Some(key), true) = (
        known.as_ref().or(brought.as_ref()),
        audience.is_none_or(|it| it == url),
    ) else {
        return REFUSED;
    };
    let is_signed = VerifyingKey::from_sec1_bytes(key)
        .is_ok_and(|key| key.verify(jwt.signed.as_bytes(), &signature).is_ok());
    let is_same = brought.as_ref().is_none_or(|it| it == key);
    match is_signed && is_same {
        true => StatusCode::OK,
        false => REFUSED,
    }
}

/// The point that a public key of P-256 names (RFC 7518, section 6.2.1).
fn point(jwk: &Object) -> Option<Vec<u8>> {
    let is = |name: &str, value: &str| jwk.text(name).as_deref() == Some(value);
    if !is("kty", "EC") || !is("crv", "P-256") || jwk.has("d") {
        return None;
    }
    let coordinate = |name| decoded(&jwk.text(name)?).filter(|bytes| bytes.len() == 32);
    Some([vec![4], coordinate("x")?, coordinate("y")?].concat())
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).expect("a number below the order")
}

fn own_point(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
}

fn jwk(key: &SigningKey) -> String {
    let point = own_point(key);
    let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
}

fn sign(key: &SigningKey, text: &str) -> Vec<u8> {
    let signature: Signature = key.sign(text.as_bytes());
    signature.to_bytes().to_vec()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A site on which somebody has just logged in, to whom the registration of a key is offered.
struct Site {
    app: Router,
    sessions: Sessions,
    cookie: HeaderValue,
    challenge: String,
}

impl Site {
    fn new() -> Self {
        let sessions = Sessions::builder(MemorySessionStorage::with_max_sessions(8))
            .device_bound("/bound")
            .clock(now)
            .insecure_seed(7)
            .build();
        let sessions: Sessions = sessions.expect("it is right");
        let log_in = async |session: SessionData| session.log_in("ann");
        let app = Router::new().route("/log_in", get(log_in));
        let app = add_session_middleware(app, sessions.clone());
        let offered = send(&app, Method::GET, "/log_in", HeaderMap::new());
        let told = |name: HeaderName| offered.headers()[name].to_str().expect("it is ASCII");
        let (_, challenge) = told(REGISTRATION).split_once("challenge=\"").expect("one");
        let (cookie, _) = told(SET_COOKIE).split_once(';').expect("attributes");
        Self {
            challenge: challenge.trim_end_matches('"').to_owned(),
            cookie: HeaderValue::from_str(cookie).expect("it came so"),
            app,
            sessions,
        }
    }

    fn good_registration(&self, key: &SigningKey) -> Vec<u8> {
        let header = format!(r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{}}}"#, jwk(key));
        let payload = format!(r#"{{"jti":"{}"}}"#, self.challenge);
        let signed = format!("{}.{}", base64(header), base64(payload));
        format!("{signed}.{}", base64(sign(key, &signed))).into_bytes()
    }

    /// Sends a proof; `None` if no header can hold it.
    fn post(&self, path: &str, jwt: &[u8], identifier: Option<&str>) -> Option<Response<Body>> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, self.cookie.clone());
        headers.insert(HOST, HeaderValue::from_static("shop.example"));
        headers.insert(RESPONSE, HeaderValue::from_bytes(jwt).ok()?);
        if let Some(identifier) = identifier {
            let identifier = HeaderValue::from_str(identifier).expect("it came so");
            headers.insert(SESSION_ID, identifier);
        }
        let path = format!("/bound/{path}");
        Some(send(&self.app, Method::POST, &path, headers))
    }

    fn listed(&self) -> SessionInfo {
        let listed = done(self.sessions.list("ann")).expect("memory lists");
        listed.into_iter().next().expect("it is there")
    }
}

fn send(app: &Router, method: Method, path: &str, headers: HeaderMap) -> Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let mut request = request.body(Body::empty()).expect("it is one");
    *request.headers_mut() = headers;
    match done(app.clone().oneshot(request)) {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
