//! Stands between a variant and its database, counts what passes, and may keep it on its way for a while.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What has passed so far.
#[derive(Default)]
pub struct Counts {
    /// Each is a request of whatever length, and all that is answered before the next one.
    pub round_trips: AtomicUsize,
    /// Of both directions.
    pub bytes: AtomicUsize,
}

impl Counts {
    pub fn get(&self) -> [usize; 2] {
        [&self.round_trips, &self.bytes].map(|count| count.load(Ordering::SeqCst))
    }
}

/// Passes on connections to the server on that port, as long as this process lives; and returns the proxy's port. All
/// that passes takes `delay` for its way.
pub fn start(server: u16, delay: Duration) -> io::Result<(u16, Arc<Counts>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A connection that fails is one to the client, too.
            let _ = pass(client, server, delay, &counted);
        }
    });
    Ok((port, counts))
}

fn pass(client: TcpStream, server: u16, delay: Duration, counts: &Arc<Counts>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let is_asked = Arc::new(AtomicBool::new(false));
    let directions = [
        (client.try_clone()?, server.try_clone()?, true),
        (server, client, false),
    ];
    for (from, to, asks) in directions {
        let (counts, is_asked) = (Arc::clone(counts), Arc::clone(&is_asked));
        thread::spawn(move || {
            copy(from, to, delay, |bytes| {
                counts.bytes.fetch_add(bytes, Ordering::SeqCst);
                let was_asked = is_asked.swap(asks, Ordering::SeqCst);
                if asks && !was_asked {
                    counts.round_trips.fetch_add(1, Ordering::SeqCst);
                }
            });
        });
    }
    Ok(())
}

/// Reads what passes as it comes, so that a delay holds nothing up that comes after.
fn copy(mut from: TcpStream, to: TcpStream, delay: Duration, passed: impl Fn(usize)) {
    let (sender, on_its_way) = mpsc::channel();
    thread::spawn(move || deliver(to, &on_its_way));
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        passed(bytes);
        let due = Instant::now() + delay;
        if sender.send((due, buffer[..bytes].to_vec())).is_err() {
            break;
        }
    }
}

fn deliver(mut to: TcpStream, on_its_way: &mpsc::Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in on_its_way {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
