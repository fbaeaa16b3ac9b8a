use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration as StdDuration, Instant};

use axum::body::Body;
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, Sessions};
use tower::Service;

use super::{MILLION, resident_bytes};
use crate::harness::request;
use crate::{Failure, harness, settings, variants};

/// Fills a million sessions, lets all expire, and times each request of those that make them leave, by beginning a
/// million others.
pub fn clean_up() -> Result<(), Failure> {
    let storage = MemorySessionStorage::new();
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&seconds);
    let now = move || OffsetDateTime::UNIX_EPOCH + Duration::seconds(clock.load(Ordering::Relaxed));
    let sessions = Sessions::builder(storage.clone()).clock(now).build()?;
    let mut service = variants::ours(sessions).into_service::<Body>();
    let count = settings::sessions(MILLION);
    let empty = resident_bytes()?;
    let runtime = harness::runtime()?;
    let mut begin = || -> Result<Vec<StdDuration>, Failure> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let request = request("/fill/5", None);
            let start = Instant::now();
            runtime.block_on(service.call(request))?;
            times.push(start.elapsed());
        }
        times.sort();
        Ok(times)
    };
    let start = Instant::now();
    let first = begin()?;
    let pauses = pauses(start.elapsed());
    let full = resident_bytes()?;
    // More than the idle timeout.
    seconds.store(25 * 60 * 60, Ordering::Relaxed);
    let second = begin()?;
    let grown = resident_bytes()?.saturating_sub(full + size_of_val(&second[..]));

    println!("\na request that begins a session (none is to wait 1 ms because others leave)");
    line("while none leaves", &first);
    line(&format!("while {count} leave"), &second);
    println!(
        "  pauses of 1 ms or more that this machine makes by itself, in as long a time: {pauses}"
    );
    println!("  sessions at the end: {}", storage.len());
    let share = 100.0 * grown as f64 / (full - empty) as f64;
    println!("  memory that the second million took beyond the first's: {share:.1} %");
    Ok(())
}

fn line(title: &str, times: &[StdDuration]) {
    let most = |thousandths| times[(times.len() - 1) * thousandths / 1_000];
    let [median, nearly_all, longest] = [500, 999, 1_000].map(most);
    let long = times.iter().filter(is_long).count();
    println!(
        "  {title:24} median {median:?}, 99.9 % {nearly_all:?}, longest {longest:?}, of 1 ms or more: {long}"
    );
}

fn is_long(time: &&StdDuration) -> bool {
    time.as_millis() >= 1
}

/// How often the machine keeps a thread that does nothing but read the clock from that for long.
fn pauses(duration: StdDuration) -> usize {
    let start = Instant::now();
    let (mut last, mut pauses) = (start, 0);
    while last - start < duration {
        let now = Instant::now();
        pauses += usize::from(is_long(&&(now - last)));
        last = now;
    }
    pauses
}
