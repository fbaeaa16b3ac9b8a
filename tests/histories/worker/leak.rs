use std::future::pending;
use std::thread;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::interval;

/// Five times a second keeps some memory, a task, a thread and a connection to `port` for good: a planted flaw.
pub(super) async fn leak(port: u16) {
    let mut kept = Vec::new();
    let mut ticks = interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
        tokio::spawn(pending::<()>());
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
        let connection = TcpStream::connect(("127.0.0.1", port)).await;
        kept.push((vec![1_u8; 256 << 10], connection));
    }
}
