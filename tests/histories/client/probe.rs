use std::time::Duration;

use super::http::Connection;
use super::load::{Load, Sender};
use super::slot::Ended;

/// Looks at each of the sessions once more, by its cookie and by its id, until all have answered.
pub async fn probe(load: &Load, sessions: &[Ended], client: u32) {
    let mut connections: Vec<_> = load.ports.iter().map(|_| Connection::default()).collect();
    for (number, ended) in sessions.iter().enumerate() {
        for by_id in [false, true] {
            let process = (number + usize::from(by_id)) % connections.len();
            for _ in 0..50 {
                let mut to = Sender {
                    load,
                    client,
                    process: process as u32,
                    connection: &mut connections[process],
                };
                if to.look(ended, by_id).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Waits until each process answers a request that asks its storage.
///
/// # Errors
///
/// If one does not within a minute.
pub async fn settle(load: &Load) -> Result<(), crate::Failure> {
    for process in 0..load.ports.len() as u32 {
        let mut connection = Connection::default();
        let mut tries = 0;
        loop {
            let port = load.port(process);
            let reply = connection.send(port, "POST /create/0", None).await;
            if matches!(reply, super::http::Reply::Answered(..)) {
                break;
            }
            tries += 1;
            if tries > 600 {
                return Err(format!("process {process} does not answer").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}
