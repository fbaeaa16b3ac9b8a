use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, Sessions};
use tower::Service;

use super::{MILLION, resident_bytes};
use crate::harness::request;
use crate::{Failure, harness, settings, variants};

/// Fills a million sessions, lets all expire, and times each request of those that make them leave, by beginning a million others.
pub fn clean_up() -> Result<(), Failure> {
    let storage = MemorySessionStorage::new();
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&seconds);
    let now = move || OffsetDateTime::UNIX_EPOCH + Duration::seconds(clock.load(Ordering::Relaxed));
    let sessions = Sessions::builder(storage.clone()).clock(now).build()?;
    let mut service = variants::ours(sessions).into_service::<Body>();
    let count = settings::sessions(MILLION);
    let empty = resident_bytes()?;
    harness::runtime()?.block_on(async {
        for _ in 0..count {
            service.call(request("/fill/5", None)).await?;
        }
        let full = resident_bytes()? - empty;
        // More than the idle timeout.
        seconds.store(25 * 60 * 60, Ordering::Relaxed);
        let mut times = Vec::with_capacity(count);
        let before = resident_bytes()?;
        for _ in 0..count {
            let request = request("/fill/5", None);
            let start = Instant::now();
            service.call(request).await?;
            times.push(start.elapsed());
        }
        times.sort();
        let most = |thousandths| times[(times.len() - 1) * thousandths / 1_000];
        println!("\na request, while {count} expired sessions leave (none is to wait 1 ms for it)");
        println!(
            "  median {:?}, 99.9 % {:?}, longest {:?}",
            most(500),
            most(999),
            most(1_000)
        );
        println!("  sessions in memory at the end: {}", storage.len());
        let grown = resident_bytes()?.saturating_sub(before + size_of_val(&times[..]));
        println!(
            "  memory that the second million took beyond the first's: {:.1} %",
            100.0 * grown as f64 / full as f64
        );
        Ok(())
    })
}
