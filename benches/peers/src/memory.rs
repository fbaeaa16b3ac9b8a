//! Resident bytes a session at a million sessions of five small keys, each variant in a process of its own; and how long single
//! requests take while a million expired sessions leave.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use std::{fs, io};

use axum::body::Body;
use axum::http::Request;
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, Sessions};
use tower::Service;

use crate::{Outcome, variants};

const MILLION: usize = 1_000_000;

pub fn run() -> Outcome {
    println!("resident bytes a session, at a million");
    for name in variants::NAMES
        .iter()
        .filter(|name| variants::has_sessions(name))
    {
        child(&["resident", name])?;
    }
    child(&["clean-up"])
}

fn child(arguments: &[&str]) -> Outcome {
    let status = Command::new(std::env::current_exe()?)
        .args(arguments)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {status}").into())
    }
}

pub fn resident(name: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut service = variants::named(name).await?.router.into_service::<Body>();
        let before = resident_bytes()?;
        for _ in 0..MILLION {
            let request = Request::builder().uri("/fill/5").body(Body::empty())?;
            service.call(request).await?;
        }
        let each = (resident_bytes()? - before) / MILLION;
        println!("  {name:16} {each:6}");
        Ok(())
    })
}

fn resident_bytes() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    Ok(kibibytes.unwrap_or(0) * 1024)
}

/// Fills a million sessions, lets all expire, and times each of the requests that make them leave.
pub fn clean_up() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let storage = MemorySessionStorage::new();
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&seconds);
    let sessions = Sessions::builder(storage.clone())
        .clock(move || {
            OffsetDateTime::UNIX_EPOCH + Duration::seconds(clock.load(Ordering::Relaxed))
        })
        .build()?;
    let mut service = variants::ours(sessions).into_service::<Body>();
    runtime.block_on(async {
        let mut times = Vec::with_capacity(MILLION);
        for round in 0..2 {
            for _ in 0..MILLION / (1 + round) {
                let request = Request::builder().uri("/fill/5").body(Body::empty())?;
                let start = Instant::now();
                service.call(request).await?;
                if round == 1 {
                    times.push(start.elapsed());
                }
            }
            if round == 0 {
                seconds.store(25 * 60 * 60, Ordering::Relaxed);
            }
        }
        times.sort();
        let (half, most) = (times[times.len() / 2], times[times.len() * 999 / 1000]);
        let longest = times[times.len() - 1];
        println!("a million expired sessions leave while half a million come: a request takes {half:?} (median), {most:?} (99.9 %), {longest:?} (longest)");
        println!("  sessions left: {}", storage.len());
        Ok(())
    })
}
