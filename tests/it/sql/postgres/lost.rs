//! Answers that are lost on their way: a write is made once, whether it was applied or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{SHARED, shared, url};
use crate::sql::app::app;
use crate::sql::database::new_table;

/// Stands between a storage and the server, and closes the connection on which the next record is written.
struct Proxy {
    port: u16,
    cuts: Arc<AtomicBool>,
}

impl Proxy {
    /// Closes it before the write arrives, or after the server's answer has.
    async fn start(is_applied: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", SHARED.port)).await;
                tokio::spawn(pass(client, server.unwrap(), is_applied, Arc::clone(&cut)));
            }
        });
        Self { port, cuts }
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    is_applied: bool,
    cut: Arc<AtomicBool>,
) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                let request = &request[..length];
                let writes = request.windows(8).any(|text| text == b"\"count\":");
                let cuts = writes && cut.swap(false, Ordering::SeqCst);
                if cuts && !is_applied {
                    return;
                }
                if server.write_all(request).await.is_err() {
                    return;
                }
                if cuts {
                    assert_ne!(server.read(&mut answer).await.unwrap(), 0);
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_made_once() {
    shared().await;
    for is_applied in [true, false] {
        let proxy = Proxy::start(is_applied).await;
        let port = format!(":{}/", SHARED.port);
        let url = url(&SHARED).replace(&port, &format!(":{}/", proxy.port));
        let builder = axum_bare_session::PostgresSessionStorage::builder(&url);
        let newcomer = app(builder.table(new_table()).migrate().await.unwrap());

        // What was created may have been ended since, so it is never created again.
        let mut visitor = newcomer.clone();
        proxy.cuts.store(true, Ordering::SeqCst);
        let created = visitor.post("/count").await.status;
        assert!(!proxy.cuts.load(Ordering::SeqCst), "nothing was cut");
        if is_applied {
            assert_eq!(created, StatusCode::OK);
        } else {
            assert_eq!(created, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
        }
        for count in 2..5 {
            proxy.cuts.store(true, Ordering::SeqCst);
            assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
            assert!(!proxy.cuts.load(Ordering::SeqCst), "nothing was cut");
            assert_eq!(visitor.get("/counted").await.body, count.to_string());
        }
    }
}
