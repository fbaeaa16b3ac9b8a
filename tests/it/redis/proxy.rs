use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum_bare_session::RedisSessionStorage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Meanwhile = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// When the proxy cuts the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It drops the request.
    BeforeArrival,
    /// It passes the request on, waits for the reply, and drops that.
    AfterReply,
    /// It keeps the connection, and lets nothing through any more.
    Never,
}

struct Plan {
    /// What the request holds that is cut.
    command: &'static str,
    cut: Cut,
    meanwhile: Meanwhile,
}

/// Stands between a storage and its server, and cuts the connection at the request that it is told.
pub(super) struct Proxy {
    port: u16,
    plan: Arc<Mutex<Option<Plan>>>,
}

impl Proxy {
    pub(super) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Mutex::new(None));
        let plans = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(pass(client, server, Arc::clone(&plans)));
            }
        });
        Self { port, plan }
    }

    pub(super) async fn storage(&self) -> RedisSessionStorage {
        let url = format!("redis://127.0.0.1:{}", self.port);
        RedisSessionStorage::connect(&url).await.unwrap()
    }

    /// Cuts the connection at the next command of that name, once.
    pub(super) fn cut_at(&self, command: &'static str, cut: Cut) {
        self.cut_at_and(command, cut, async {});
    }

    /// Cuts the connection at the next request, once.
    pub(super) fn cut(&self, cut: Cut) {
        self.cut_and(cut, async {});
    }

    /// Does something after the request was lost or applied, before the client learns of the cut.
    pub(super) fn cut_and(&self, cut: Cut, meanwhile: impl Future<Output = ()> + Send + 'static) {
        self.cut_at_and("", cut, meanwhile);
    }

    /// Both at once.
    pub(super) fn cut_at_and(
        &self,
        command: &'static str,
        cut: Cut,
        meanwhile: impl Future<Output = ()> + Send + 'static,
    ) {
        let meanwhile: Meanwhile = Box::new(|| Box::pin(meanwhile));
        *self.plan.lock().unwrap() = Some(Plan {
            command,
            cut,
            meanwhile,
        });
    }

    /// Whether the cut that was ordered has happened.
    pub(super) fn has_cut(&self) -> bool {
        self.plan.lock().unwrap().is_none()
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, plan: Arc<Mutex<Option<Plan>>>) {
    let (mut request, mut reply) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                let planned = plan.lock().unwrap().take_if(|plan| text.contains(plan.command));
                if let Some(Plan { cut, meanwhile, .. }) = planned {
                    if cut == Cut::AfterReply {
                        server.write_all(&request[..length]).await.unwrap();
                        assert_ne!(server.read(&mut reply).await.unwrap(), 0);
                    }
                    meanwhile().await;
                    if cut == Cut::Never {
                        std::future::pending::<()>().await;
                    }
                    return;
                }
                if server.write_all(&request[..length]).await.is_err() { return }
            }
            read = server.read(&mut reply) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&reply[..length]).await.is_err() { return }
            }
        }
    }
}
