//! The inner steps of a request, each by itself, for day-to-day work: `cargo bench --bench steps`, with words that
//! choose some.
//!
//! Each request goes straight into a router, so that what a step costs is the difference to
//! `request::without_sessions` or to the step before it. Allocations are counted beside the times. Where noise hides a
//! change, count instructions:
//!
//! ```sh
//! cargo bench --bench steps --no-run   # prints the program's path
//! valgrind --tool=callgrind --toggle-collect=steps::App::answer PATH --bench --sample-count 1 --sample-size 1000 read_1_of_5
//! callgrind_annotate callgrind.out.*   # for all 1,000 requests
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, Response};
use axum::routing::{RouterIntoService, get};
use axum::{Extension, Router};
use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, SessionId, add_session_middleware,
};
use divan::{AllocProfiler, Bencher, black_box};
use tokio::runtime::{Builder, Runtime};
use tower::Service;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

type Answer = Result<&'static str, SessionError>;

fn main() {
    divan::main();
}

async fn ignore() -> &'static str {
    "ok"
}

async fn open(session: SessionData) -> &'static str {
    black_box(session);
    "ok"
}

async fn read(session: SessionData) -> Answer {
    black_box(session.get::<u64>("key_0")?);
    Ok("ok")
}

async fn modify(session: SessionData) -> Answer {
    let number = session.get::<u64>("key_0")?.unwrap_or(0);
    session.insert("key_0", number + 1)?;
    Ok("ok")
}

async fn update(session: SessionData) -> Answer {
    session.update("key_0", |number: Option<u64>| number.unwrap_or(0) + 1)?;
    Ok("ok")
}

/// An update that another request gets in before.
async fn late(session: SessionData, storage: Extension<MemorySessionStorage>) -> Answer {
    session.update("key_0", |number: Option<u64>| number.unwrap_or(0) + 1)?;
    if let Some(id) = session.id() {
        write_again(&storage, id).await;
    }
    Ok("ok")
}

async fn fill(session: SessionData, Path(keys): Path<usize>) -> Answer {
    session.insert("key_0", 0)?;
    for key in 1..keys {
        session.insert(format!("key_{key}"), "a short text")?;
    }
    Ok("ok")
}

/// Writes the stored record once more, as it is.
async fn write_again(storage: &MemorySessionStorage, id: SessionId) {
    let stored = storage.load(id).await.expect("memory answers");
    let mut record = SessionRecord::clone(&stored.expect("the session is stored"));
    let expected = Some(record.version);
    record.version = record.version.next();
    let saved = storage.save(id, Arc::new(record), expected).await;
    assert_eq!(saved.expect("memory answers"), Saved::Done);
}

/// A router to send requests into.
struct App {
    runtime: Runtime,
    service: RouterIntoService<Body>,
    storage: MemorySessionStorage,
}

impl App {
    fn new(attach: impl FnOnce(Router, MemorySessionStorage) -> Router) -> Self {
        let storage = MemorySessionStorage::with_max_sessions(2_000_000);
        let routes = Router::new()
            .route("/ignore", get(ignore))
            .route("/open", get(open))
            .route("/read", get(read))
            .route("/modify", get(modify))
            .route("/update", get(update))
            .route("/late", get(late))
            .route("/fill/{keys}", get(fill));
        let routes = attach(routes, storage.clone()).layer(Extension(storage.clone()));
        Self {
            runtime: Builder::new_current_thread().build().expect("a runtime"),
            // With its state applied, or each request would apply every layer anew.
            service: routes.with_state(()).into_service(),
            storage,
        }
    }

    fn with_sessions() -> Self {
        Self::new(add_session_middleware)
    }

    #[inline(never)]
    fn answer(&mut self, request: Request<Body>) -> Response<Body> {
        let answered: Result<_, Infallible> = self.runtime.block_on(self.service.call(request));
        let Ok(response) = answered;
        assert!(response.status().is_success());
        response
    }

    /// The cookie of a new session with so many keys.
    fn visitor(&mut self, keys: usize) -> String {
        let response = self.answer(request(&format!("/fill/{keys}"), ""));
        let cookie = response.headers()[SET_COOKIE].to_str().expect("text");
        let (cookie, _) = cookie.split_once(';').expect("attributes");
        cookie.to_owned()
    }

    /// Measures requests with that cookie, which are made before the clock runs.
    fn measure(&mut self, bencher: Bencher<'_, '_>, path: &str, cookie: &str) {
        bencher
            .with_inputs(|| request(path, cookie))
            .bench_local_values(|request| self.answer(request));
    }
}

fn request(path: &str, cookie: &str) -> Request<Body> {
    let mut request = Request::builder().uri(path);
    if !cookie.is_empty() {
        request = request.header(COOKIE, cookie);
    }
    request.body(Body::empty()).expect("a request")
}

mod request {
    use axum::extract::Request;
    use axum::middleware::{Next, from_fn_with_state};
    use axum::response::Response;

    use super::*;

    #[divan::bench]
    fn without_sessions(bencher: Bencher<'_, '_>) {
        App::new(|routes, _| routes).measure(bencher, "/ignore", "");
    }

    #[divan::bench]
    fn with_an_empty_layer(bencher: Bencher<'_, '_>) {
        async fn nothing(State(()): State<()>, request: Request, next: Next) -> Response {
            next.run(request).await
        }
        let mut app = App::new(|routes, _| routes.layer(from_fn_with_state((), nothing)));
        app.measure(bencher, "/ignore", "");
    }

    #[divan::bench]
    fn that_ignores_the_session(bencher: Bencher<'_, '_>) {
        App::with_sessions().measure(bencher, "/ignore", "");
    }
}

mod cookie {
    use super::*;

    #[divan::bench]
    fn none(bencher: Bencher<'_, '_>) {
        App::with_sessions().measure(bencher, "/open", "");
    }

    #[divan::bench]
    fn malformed(bencher: Bencher<'_, '_>) {
        let cookie = format!("__Host-Http-id={}", "!".repeat(64));
        App::with_sessions().measure(bencher, "/open", &cookie);
    }

    #[divan::bench]
    fn unknown(bencher: Bencher<'_, '_>) {
        let cookie = format!("__Host-Http-id={}", "A".repeat(64));
        App::with_sessions().measure(bencher, "/open", &cookie);
    }

    /// Read, decoded, loaded, and the digest of its secret compared.
    #[divan::bench]
    fn valid(bencher: Bencher<'_, '_>) {
        let mut app = App::with_sessions();
        let cookie = app.visitor(5);
        app.measure(bencher, "/open", &cookie);
    }

    #[divan::bench]
    fn valid_among_three(bencher: Bencher<'_, '_>) {
        let mut app = App::with_sessions();
        let cookie = format!("theme=dark; {}; consent=necessary", app.visitor(5));
        app.measure(bencher, "/open", &cookie);
    }
}

mod session {
    use super::*;

    fn measure(bencher: Bencher<'_, '_>, path: &str, keys: usize) {
        let mut app = App::with_sessions();
        let cookie = app.visitor(keys);
        app.measure(bencher, path, &cookie);
    }

    #[divan::bench(args = [1, 5, 100, 1_000])]
    fn read_one_key_of(bencher: Bencher<'_, '_>, keys: usize) {
        measure(bencher, "/read", keys);
    }

    #[divan::bench(args = [1, 5, 100, 1_000])]
    fn modify_one_key_of(bencher: Bencher<'_, '_>, keys: usize) {
        measure(bencher, "/modify", keys);
    }

    #[divan::bench(args = [5, 100])]
    fn update_one_key_of(bencher: Bencher<'_, '_>, keys: usize) {
        measure(bencher, "/update", keys);
    }

    /// An update, another request's write before its commit (`storage::save`, about), the conflict, the replay and the
    /// second write.
    #[divan::bench(args = [5, 100])]
    fn replay_over_another_write_to(bencher: Bencher<'_, '_>, keys: usize) {
        measure(bencher, "/late", keys);
    }

    #[divan::bench]
    fn new(bencher: Bencher<'_, '_>) {
        App::with_sessions().measure(bencher, "/fill/1", "");
    }

    /// Reads a key of one of a thousand visitors, who came in equal distances: beyond cache misses it costs the same.
    #[divan::bench(args = [1_000, 1_000_000], sample_count = 20, sample_size = 1_000)]
    fn read_with_so_many_sessions(bencher: Bencher<'_, '_>, sessions: usize) {
        let mut app = App::with_sessions();
        let mut cookies = Vec::new();
        for _ in 0..1_000 {
            cookies.push(app.visitor(5));
            for _ in 1..sessions / 1_000 {
                app.visitor(1);
            }
        }
        let mut cookies = cookies.iter().cycle();
        bencher
            .with_inputs(|| request("/read", cookies.next().map_or("", String::as_str)))
            .bench_local_values(|request| app.answer(request));
    }
}

mod storage {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// The id of a new session: the first sixteen bytes of its cookie's value.
    fn stored(app: &mut App, keys: usize) -> SessionId {
        let cookie = app.visitor(keys);
        let (_, value) = cookie.split_once('=').expect("a value");
        let bytes = URL_SAFE_NO_PAD.decode(value).expect("base64url");
        uuid::Uuid::from_bytes(*bytes.first_chunk().expect("48 bytes")).into()
    }

    #[divan::bench]
    fn load(bencher: Bencher<'_, '_>) {
        let mut app = App::with_sessions();
        let id = stored(&mut app, 5);
        bencher.bench_local(|| app.runtime.block_on(app.storage.load(id)));
    }

    /// A load, a copy of the record, and a save of the next version.
    #[divan::bench]
    fn save(bencher: Bencher<'_, '_>) {
        let mut app = App::with_sessions();
        let id = stored(&mut app, 5);
        bencher.bench_local(|| app.runtime.block_on(write_again(&app.storage, id)));
    }
}
