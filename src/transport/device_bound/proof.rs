use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::record::DeviceKey;

/// Several times what a browser sends.
const MAX_LENGTH: usize = 4096;
/// RFC 7518, section 3.4: two numbers of 256 bits.
const SIGNATURE_BYTES: usize = 64;
const COORDINATE_BYTES: usize = 32;
/// SEC 1, section 2.3.3: both coordinates of the point follow.
const UNCOMPRESSED: u8 = 4;

/// What a browser has signed with its device's key: a JWT (RFC 7519) of type `dbsc+jwt`, signed by ES256. It is read,
/// and not verified yet.
pub(crate) struct Proof<'a> {
    pub(crate) challenge: String,
    /// The URL that it was made for, if the browser tells it.
    pub(crate) audience: Option<String>,
    /// The public key, which a registration brings.
    pub(crate) device: Option<DeviceKey>,
    signed: &'a [u8],
    signature: Signature,
}

/// What is wrong with a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofError {
    #[error("no proof, or more than one")]
    Count,
    #[error("longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("no JWT of three parts")]
    Parts,
    #[error("malformed header")]
    Header,
    #[error("another type than dbsc+jwt")]
    Type,
    #[error("another algorithm than ES256")]
    Algorithm,
    #[error("a critical header")]
    Critical,
    #[error("no public key of P-256")]
    Key,
    #[error("malformed payload")]
    Payload,
    #[error("malformed signature")]
    Signature,
    #[error("signed with another key")]
    OtherKey,
    #[error("an answer to another challenge")]
    OtherChallenge,
    #[error("made for another URL")]
    OtherAudience,
}

/// Members that are not named here mean nothing to a proof (RFC 7515, section 4.2), and one that is doubled is an
/// error.
#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    #[serde(default, deserialize_with = "some")]
    jwk: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    /// A private key, which nobody is to know.
    #[serde(default, deserialize_with = "is_there")]
    d: bool,
}

#[derive(Deserialize)]
struct Payload {
    jti: String,
    #[serde(default, deserialize_with = "some")]
    aud: Option<String>,
}

impl<'a> Proof<'a> {
    pub(crate) fn read(jwt: &'a [u8]) -> Result<Self, ProofError> {
        if jwt.len() > MAX_LENGTH {
            return Err(ProofError::TooLong);
        }
        let mut parts = jwt.split(|&byte| byte == b'.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ProofError::Parts);
        };
        let signed = &jwt[..header.len() + 1 + payload.len()];
        let header: Header = part(header).ok_or(ProofError::Header)?;
        if header.typ != "dbsc+jwt" {
            return Err(ProofError::Type);
        }
        if header.alg != "ES256" {
            return Err(ProofError::Algorithm);
        }
        if header.crit {
            return Err(ProofError::Critical);
        }
        let device = match header.jwk {
            Some(jwk) => {
                let jwk: Jwk = object(jwk.get()).ok_or(ProofError::Header)?;
                Some(jwk.key().ok_or(ProofError::Key)?)
            }
            None => None,
        };
        let payload: Payload = part(payload).ok_or(ProofError::Payload)?;
        let signature = bytes::<SIGNATURE_BYTES>(signature);
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        Ok(Self {
            challenge: payload.jti,
            audience: payload.aud,
            device,
            signed,
            signature: signature.ok_or(ProofError::Signature)?,
        })
    }

    /// Fails unless it was made for `url`, where it tells for which, and signed with the private key of `device`.
    pub(crate) fn verify(&self, device: &DeviceKey, url: &str) -> Result<(), ProofError> {
        if self.audience.as_deref().is_some_and(|it| it != url) {
            return Err(ProofError::OtherAudience);
        }
        if self.device.as_ref().is_some_and(|it| it != device) {
            return Err(ProofError::OtherKey);
        }
        let point = [&[UNCOMPRESSED][..], &device.0[..]].concat();
        // Fails for what is no point on the curve.
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| ProofError::Key)?;
        let verified = key.verify(self.signed, &self.signature);
        verified.map_err(|_| ProofError::OtherKey)
    }
}

impl Jwk {
    fn key(&self) -> Option<DeviceKey> {
        if self.kty != "EC" || self.crv != "P-256" || self.d {
            return None;
        }
        let x = bytes::<COORDINATE_BYTES>(self.x.as_bytes())?;
        let y = bytes::<COORDINATE_BYTES>(self.y.as_bytes())?;
        let mut point = Box::new([0; 2 * COORDINATE_BYTES]);
        point[..COORDINATE_BYTES].copy_from_slice(&x);
        point[COORDINATE_BYTES..].copy_from_slice(&y);
        Some(DeviceKey(point))
    }
}

fn part<T: DeserializeOwned>(part: &[u8]) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    object(str::from_utf8(&bytes).ok()?)
}

/// An object by its members' names: a list of their values, which Serde would take too, is none.
fn object<T: DeserializeOwned>(json: &str) -> Option<T> {
    let is_object = json.trim_start().starts_with('{');
    is_object.then(|| serde_json::from_str(json).ok())?
}

/// Exactly so many bytes, in canonical base64url without padding.
fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == N).then_some(bytes)
}

/// A member that is there: `null` is none of any type.
fn some<'de, D: Deserializer<'de>, T: de::Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests;
