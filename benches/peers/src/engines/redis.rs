use std::process::Command;

use ::axum_session::SessionConfig;
use axum::Router;
use axum_bare_session::{CachedSessionStorage, Duration, RedisSessionStorage, Sessions};
use axum_session_redispool::SessionRedisPool;
use redis::aio::ConnectionManager;
use redis_pool::RedisPool;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

use super::limit::Table;
use super::server::Recipe;
use super::{limit, tower_sessions};
use crate::Failure;
use crate::variants::{axum_session, ours, saysion};

pub const RECIPE: Recipe = Recipe {
    engine: "Redis",
    package: "redis-server",
    user: "redis",
    settings: "Redis without files. One connection that all requests share: limit, ours, saysion; a pool as the \
        library's guide sets it up: tower_sessions (6 shared ones), axum_session (up to 16 idle, each for one request)",
    prepare: None,
    run,
    url: |port| format!("redis://127.0.0.1:{port}"),
};

fn run(port: u16) -> Command {
    let mut server = Command::new("redis-server");
    server.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    server.args(["--save", "", "--appendonly", "no"]);
    server
}

pub async fn router(name: &str, url: &str) -> Result<Router, Failure> {
    match name {
        "limit" => {
            let client = redis::Client::open(url)?;
            Ok(limit::router(Records(
                client.get_connection_manager().await?,
            )))
        }
        "ours" => Ok(ours(Sessions::from(
            RedisSessionStorage::connect(url).await?,
        ))),
        "ours_cached" => {
            let storage = RedisSessionStorage::connect(url).await?;
            Ok(ours(Sessions::from(CachedSessionStorage::new(storage))))
        }
        "tower_sessions" => {
            let pool = Pool::new(Config::from_url(url)?, None, None, None, 6)?;
            pool.init().await?;
            Ok(tower_sessions::router(RedisStore::new(pool)))
        }
        "axum_session" => axum_session_over(url, SessionConfig::default()).await,
        "axum_session_no_copy" => {
            let config = SessionConfig::default().with_memory_lifetime(Duration::ZERO);
            axum_session_over(url, config).await
        }
        "saysion" => Ok(saysion::router(::saysion::RedisStore::from_url(url).await?)),
        _ => Err(format!("no variant {name} on Redis").into()),
    }
}

async fn axum_session_over(url: &str, config: SessionConfig) -> Result<Router, Failure> {
    let pool = RedisPool::from(redis::Client::open(url)?);
    axum_session::router(Some(SessionRedisPool::from(pool)), config).await
}

#[derive(Clone)]
struct Records(ConnectionManager);

impl Table for Records {
    async fn load(&self, key: &str) -> Result<Option<String>, Failure> {
        let command = redis::Cmd::get(key);
        Ok(command.query_async(&mut self.0.clone()).await?)
    }

    async fn save(&self, key: &str, record: String) -> Result<(), Failure> {
        let command = redis::Cmd::set_ex(key, record, 24 * 60 * 60);
        Ok(command.query_async(&mut self.0.clone()).await?)
    }
}
