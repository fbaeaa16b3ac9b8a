//! The same for actix-web, over the test service of its own.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::test::TestRequest;
use tokio::runtime::Runtime;

use super::client::Client;

pub struct ActixClient<S> {
    service: S,
    requests: Vec<Request>,
}

impl<S> ActixClient<S> {
    pub fn new(service: S) -> Self {
        let requests = Vec::new();
        Self { service, requests }
    }
}

impl<S, B> Client for ActixClient<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    fn prepare(&mut self, path: &str, cookies: &[Option<&str>]) {
        let requests = cookies.iter().map(|cookie| request(path, *cookie));
        self.requests = requests.collect();
    }

    fn send(&mut self, runtime: &Runtime) {
        let requests = std::mem::take(&mut self.requests);
        runtime.block_on(async {
            for request in requests {
                let response = self
                    .service
                    .call(request)
                    .await
                    .expect("an application answers");
                assert!(response.status().is_success(), "{}", response.status());
            }
        });
    }

    fn visit(&mut self, runtime: &Runtime, path: &str) -> Vec<String> {
        let response = runtime.block_on(self.service.call(request(path, None)));
        let response = response.expect("an application answers");
        let lines = response.headers().get_all(SET_COOKIE);
        let pairs = lines.filter_map(|line| line.to_str().ok()?.split(';').next());
        pairs.map(str::to_owned).collect()
    }
}

fn request(path: &str, cookie: Option<&str>) -> Request {
    let mut request = TestRequest::with_uri(path);
    if let Some(cookie) = cookie {
        request = request.insert_header((COOKIE, cookie));
    }
    request.to_request()
}
