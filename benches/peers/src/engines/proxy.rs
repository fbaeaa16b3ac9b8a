//! Stands between a variant and its database, and counts what passes.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

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

/// Passes on connections to the server on that port, as long as this process lives; and returns the proxy's port.
pub fn start(server: u16) -> io::Result<(u16, Arc<Counts>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A connection that fails is one to the client, too.
            let _ = pass(client, server, &counted);
        }
    });
    Ok((port, counts))
}

fn pass(client: TcpStream, server: u16, counts: &Arc<Counts>) -> io::Result<()> {
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
            copy(&from, &to, |bytes| {
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

fn copy(mut from: &TcpStream, mut to: &TcpStream, passed: impl Fn(usize)) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        passed(bytes);
        if to.write_all(&buffer[..bytes]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
