//! What a password may be, and its hash, by Argon2id.

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use axum::http::StatusCode;
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB of memory for its time, so that there are not too many at once.
static HASHING: Semaphore = Semaphore::const_new(4);

pub(crate) const RULE: &str = "A password has 8 to 200 characters.";

/// ASVS 5.0, 6.2.1 and 6.2.9. The upper bound keeps a request from hashing megabytes.
pub(crate) fn is_acceptable(password: &str) -> bool {
    (8..=200).contains(&password.chars().count())
}

/// A hash fails where there is no memory for it, and a stored one that is none cannot be compared: both are a 500.
type Result<T> = std::result::Result<T, StatusCode>;

pub(crate) async fn hash(password: String) -> Result<String> {
    beside_the_runtime(move || {
        let hash = Argon2::default().hash_password(password.as_bytes())?;
        Ok(hash.to_string())
    })
    .await
}

pub(crate) async fn is_hash_of(hash: String, password: String) -> Result<bool> {
    beside_the_runtime(move || {
        let hash = PasswordHash::new(&hash)?;
        match Argon2::default().verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    })
    .await
}

/// A hash takes tens of milliseconds, in which a thread of the runtime could answer many requests.
async fn beside_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, Error> + Send + 'static,
) -> Result<T> {
    let _turn = HASHING.acquire().await;
    let done = tokio::task::spawn_blocking(work).await;
    done.ok()
        .and_then(std::result::Result::ok)
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}
