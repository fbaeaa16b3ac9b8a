//! The library has a storage in the cookie and one in Redis: the one in memory here is as short as its trait allows.

use std::collections::HashMap;
use std::sync::Arc;

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::error::ErrorInternalServerError;
use actix_web::web::get;
use actix_web::{App, Error, test};
use dashmap::DashMap;

use super::{SessionCookie, keys, text};
use crate::harness::{ActixClient, Client};

/// The values of each session under its key.
#[derive(Clone, Default)]
struct MemoryStore(Arc<DashMap<String, HashMap<String, String>>>);

impl SessionStore for MemoryStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        Ok(self.0.get(key.as_ref()).map(|values| values.clone()))
    }

    async fn save(
        &self,
        values: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        self.0.insert(key.as_ref().to_owned(), values);
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        values: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        self.0.insert(key.as_ref().to_owned(), values);
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        self.0.remove(key.as_ref());
        Ok(())
    }
}

type Answer = Result<&'static str, Error>;

async fn ok() -> &'static str {
    "ok"
}

async fn read_1(session: Session) -> Answer {
    std::hint::black_box(
        session
            .get::<u64>("key_0")
            .map_err(ErrorInternalServerError)?,
    );
    Ok("ok")
}

async fn read_5(session: Session) -> Answer {
    std::hint::black_box(
        session
            .get::<u64>("key_0")
            .map_err(ErrorInternalServerError)?,
    );
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(
            session
                .get::<String>(key)
                .map_err(ErrorInternalServerError)?,
        );
    }
    Ok("ok")
}

async fn modify(session: Session) -> Answer {
    let number = session
        .get::<u64>("key_0")
        .map_err(ErrorInternalServerError)?;
    session
        .insert("key_0", number.unwrap_or(0) + 1)
        .map_err(ErrorInternalServerError)?;
    Ok("ok")
}

async fn fill<const COUNT: usize>(session: Session) -> Answer {
    session
        .insert("key_0", 1)
        .map_err(ErrorInternalServerError)?;
    for key in keys(COUNT) {
        session
            .insert(key, text(COUNT))
            .map_err(ErrorInternalServerError)?;
    }
    Ok("ok")
}

async fn new(session: Session) -> Answer {
    session
        .insert("key_0", 1)
        .map_err(ErrorInternalServerError)?;
    Ok("ok")
}

/// Known, so that the cookie of an unknown session can be signed.
fn key() -> Key {
    Key::from(&[7; 64])
}

pub fn cookie() -> SessionCookie {
    let mut jar = CookieJar::new();
    jar.private_mut(&key())
        .add(Cookie::new("id", "A".repeat(64)));
    let cookie = jar.get("id").expect("what was added");
    SessionCookie {
        name: "id",
        unknown: cookie.encoded().stripped().to_string(),
    }
}

pub async fn client() -> Box<dyn Client> {
    let app = App::new()
        .wrap(SessionMiddleware::new(MemoryStore::default(), key()))
        .route("/ignore", get().to(ok))
        .route("/read/1", get().to(read_1))
        .route("/read/5", get().to(read_5))
        .route("/modify", get().to(modify))
        .route("/new", get().to(new))
        .route("/fill/5", get().to(fill::<5>))
        .route("/fill/100", get().to(fill::<100>));
    Box::new(ActixClient::new(test::init_service(app).await))
}

/// The same routes without the library.
pub async fn bare() -> Box<dyn Client> {
    let app = App::new()
        .route("/ignore", get().to(ok))
        .route("/read/1", get().to(ok))
        .route("/read/5", get().to(ok))
        .route("/modify", get().to(ok))
        .route("/new", get().to(ok))
        .route("/fill/5", get().to(ok))
        .route("/fill/100", get().to(ok));
    Box::new(ActixClient::new(test::init_service(app).await))
}
