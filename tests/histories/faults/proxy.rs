use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use super::engine::Fault;

/// Stands between the processes and their server.
pub(super) struct Proxy {
    pub(super) port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Counts the cuts: a connection of before the last one ends.
    cuts: AtomicU64,
    is_closed: AtomicBool,
    loses_answers: AtomicBool,
}

impl Proxy {
    /// Passes everything on to that port, until the process ends.
    pub(super) fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        spawn(move || {
            for client in listener.incoming().flatten() {
                let of = shared.cuts.load(Ordering::SeqCst);
                if shared.is_closed.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                pass(&client, &server, of, false, &shared);
                pass(&server, &client, of, true, &shared);
            }
        });
        Self { port, state }
    }

    /// Does it for that long.
    pub(super) fn strike(&self, fault: Fault, during: Duration) {
        if fault == Fault::LoseAnswers {
            self.state.loses_answers.store(true, Ordering::SeqCst);
            sleep(during / 8);
        } else {
            self.state.is_closed.store(true, Ordering::SeqCst);
        }
        self.state.cuts.fetch_add(1, Ordering::SeqCst);
        // The connections see it before it is over.
        sleep(Duration::from_millis(60));
        self.state.loses_answers.store(false, Ordering::SeqCst);
        if fault != Fault::LoseAnswers {
            sleep(during);
        }
        self.state.is_closed.store(false, Ordering::SeqCst);
    }
}

/// Passes on what comes from the one side to the other, until either ends or the connection is cut.
fn pass(from: &TcpStream, to: &TcpStream, of: u64, is_answer: bool, state: &Arc<State>) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let state = Arc::clone(state);
    let _ = to.set_nodelay(true);
    let _ = from.set_read_timeout(Some(Duration::from_millis(20)));
    spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while state.cuts.load(Ordering::SeqCst) == of {
            let length = match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    continue;
                }
                Err(_) => break,
            };
            let is_lost = is_answer && state.loses_answers.load(Ordering::SeqCst)
                || state.cuts.load(Ordering::SeqCst) != of;
            if !is_lost && to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}
