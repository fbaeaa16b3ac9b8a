//! What sends requests to one application within this process, whatever framework that is built on.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::routing::RouterIntoService;
use tokio::runtime::Runtime;
use tower::Service;

pub trait Client {
    /// Builds a request for each of `cookies`, which the next [`send`](Self::send) sends: only the sending is timed.
    fn prepare(&mut self, path: &str, cookies: &[Option<&str>]);

    /// Sends what was prepared, one request after the other. Panics if one fails.
    fn send(&mut self, runtime: &Runtime);

    /// Sends one request without a cookie, and returns the `name=value` of each cookie that it sets.
    fn visit(&mut self, runtime: &Runtime, path: &str) -> Vec<String>;
}

pub struct AxumClient {
    service: RouterIntoService<Body>,
    requests: Vec<Request<Body>>,
}

impl AxumClient {
    pub fn new(router: Router) -> Self {
        // With its state applied, or each request would apply every layer anew.
        let router: Router = router.with_state(());
        let requests = Vec::new();
        Self {
            service: router.into_service(),
            requests,
        }
    }
}

impl Client for AxumClient {
    fn prepare(&mut self, path: &str, cookies: &[Option<&str>]) {
        let requests = cookies.iter().map(|cookie| request(path, *cookie));
        self.requests = requests.collect();
    }

    fn send(&mut self, runtime: &Runtime) {
        let requests = std::mem::take(&mut self.requests);
        runtime.block_on(async {
            for request in requests {
                let response = self.service.call(request).await.expect("a router answers");
                assert!(response.status().is_success(), "{}", response.status());
            }
        });
    }

    fn visit(&mut self, runtime: &Runtime, path: &str) -> Vec<String> {
        let response = runtime.block_on(self.service.call(request(path, None)));
        let response = response.expect("a router answers");
        let lines = response.headers().get_all(SET_COOKIE).into_iter();
        let pairs = lines.filter_map(|line| line.to_str().ok()?.split(';').next());
        pairs.map(str::to_owned).collect()
    }
}

pub fn request(path: &str, cookie: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri(path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    request.body(Body::empty()).expect("a request")
}
