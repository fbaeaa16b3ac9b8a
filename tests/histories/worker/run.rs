use std::io::{Read, Write};

use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use tokio::net::TcpListener;

use super::config::{Config, Storage};
use super::figures::Figures;
use super::leak::leak;
use super::{ours, peer};
use crate::Failure;

/// Serves until the standard input ends, with whoever started the process. Tells its port first, a number on a line.
///
/// # Errors
///
/// If the storage cannot be reached, or no port is free.
pub async fn run(config: &Config) -> Result<(), Failure> {
    // Whatever happens next, no process outlives the one that started it.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let router = match config.storage {
        Storage::TowerSessionsMemory | Storage::TowerSessionsRedis(_) => peer::router(config).await,
        _ => ours::router(config).await,
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    if config.is_leaking {
        tokio::spawn(leak(port));
    }
    let figures = async move || Json(Figures::now(port));
    let router = router?.merge(Router::new().route("/figures", get(figures)));
    let mut output = std::io::stdout();
    writeln!(output, "{port}")?;
    output.flush()?;
    Ok(axum::serve(listener, router).await?)
}
