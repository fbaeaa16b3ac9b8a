//! The application that a schedule runs on, and its requests while they run.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::COOKIE;
use axum::routing::get;
use axum_bare_session::{
    CachedSessionStorage, Duration, MemorySessionStorage, Sessions, SessionsBuilder,
    SuspectedTheft, add_session_middleware,
};
use tokio::task::JoinHandle;
use tower::ServiceExt;
use tracing::{Instrument, Span};

use super::browser::{COOKIE_NAME, Cookie, Said};
use super::flaws::{Flaw, Flawed};
use super::plan::{Over, Settings};
use super::program::{Notes, Op, Visit, handle};
use super::run::End;
use super::storage::{Gated, Shared};
use crate::support::Clock;

pub(super) struct House {
    pub(super) truth: MemorySessionStorage,
    pub(super) storage: Gated<Flawed>,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Clock,
    nodes: Vec<(Sessions, Router)>,
}

/// A request that was sent.
pub(super) struct Sent {
    pub(super) number: usize,
    pub(super) browser: Option<usize>,
    pub(super) visit: Arc<Visit>,
    pub(super) brought: Vec<Cookie>,
    pub(super) started_at: usize,
    pub(super) task: Option<JoinHandle<End>>,
    pub(super) ended: Option<(End, usize)>,
    pub(super) is_delivered: bool,
    /// Kept, so that no other span gets its id.
    _span: Span,
}

impl House {
    pub(super) fn new(settings: &Settings, over: Over, flaw: Option<Flaw>) -> Self {
        let (truth, shared) = (MemorySessionStorage::new(), Arc::<Shared>::default());
        let inner = Flawed {
            inner: truth.clone(),
            flaw,
        };
        let storage = Gated::over(inner, truth.clone(), Arc::clone(&shared));
        let clock = Clock::new();
        let node = || {
            let builder = match over {
                Over::Memory => Sessions::builder(storage.clone()),
                Over::Cached | Over::Nodes => {
                    Sessions::builder(CachedSessionStorage::new(storage.clone()))
                }
            };
            let sessions = configured(builder, settings).clock(clock.reader());
            let sessions = sessions.build().unwrap();
            let app = Router::new().route("/", get(handle));
            (sessions.clone(), add_session_middleware(app, sessions))
        };
        let count = if over == Over::Nodes { 2 } else { 1 };
        Self {
            nodes: (0..count).map(|_| node()).collect(),
            truth,
            storage,
            shared,
            clock,
        }
    }

    /// The node that request `number` comes to.
    fn node(&self, number: usize) -> &(Sessions, Router) {
        &self.nodes[number % self.nodes.len()]
    }

    pub(super) fn sessions(&self, number: usize) -> Sessions {
        self.node(number).0.clone()
    }

    /// Sends the request `number`, whose handler makes `ops`.
    pub(super) fn send(&self, number: usize, brought: Vec<Cookie>, ops: Vec<Op>) -> Sent {
        let mut request = Request::builder().uri("/");
        if !brought.is_empty() {
            let pairs = brought.iter();
            let pairs: Vec<_> = pairs
                .map(|cookie| format!("{COOKIE_NAME}={}", cookie.value))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let visit = self.visit(number, ops);
        let request = request.extension(Arc::clone(&visit));
        let request = request.body(Body::empty()).unwrap();
        let response = self.node(number).1.clone().oneshot(request);
        let answer = async move {
            let response = response.await.unwrap();
            End::Answered {
                status: response.status(),
                said: Said::read(response.headers()),
            }
        };
        self.start(number, visit, brought, answer)
    }

    /// Starts `work`, which is no browser's request.
    pub(super) fn work(
        &self,
        number: usize,
        work: impl Future<Output = End> + Send + 'static,
    ) -> Sent {
        self.start(number, self.visit(number, Vec::new()), Vec::new(), work)
    }

    fn visit(&self, number: usize, ops: Vec<Op>) -> Arc<Visit> {
        Arc::new(Visit {
            number,
            ops,
            shared: Arc::clone(&self.shared),
            gate: Default::default(),
            notes: Default::default(),
        })
    }

    fn start(
        &self,
        number: usize,
        visit: Arc<Visit>,
        brought: Vec<Cookie>,
        work: impl Future<Output = End> + Send + 'static,
    ) -> Sent {
        let span = tracing::info_span!("request", number);
        let id = span.id().expect("a log is listening").into_u64();
        self.shared.spans.lock().unwrap().insert(id, number);
        Sent {
            number,
            browser: None,
            visit,
            brought,
            started_at: self.step(),
            task: Some(tokio::spawn(work.instrument(span.clone()))),
            ended: None,
            is_delivered: false,
            _span: span,
        }
    }

    pub(super) fn step(&self) -> usize {
        self.shared.step.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn configured(mut builder: SessionsBuilder, settings: &Settings) -> SessionsBuilder {
    if let Some((max, consequence)) = settings.limit {
        builder = builder.max_sessions_per_owner(max, consequence);
    }
    if let Some(seconds) = settings.renewal_interval {
        builder = builder.renewal_interval(Duration::seconds(seconds));
    }
    if settings.ends_on_theft {
        builder = builder.suspected_theft(SuspectedTheft::EndSession);
    }
    if settings.is_persistent {
        builder = builder.max_age(Duration::HOUR);
    }
    if settings.touches_always {
        builder = builder.touch_interval(Duration::ZERO);
    }
    builder
}

impl Sent {
    pub(super) fn is_under_way(&self) -> bool {
        self.ended.is_none()
    }

    pub(super) fn notes(&self) -> Notes {
        self.visit.notes.lock().unwrap().clone()
    }

    /// Whether its handler waits with the session in its hands.
    pub(super) fn waits_at_gate(&self) -> bool {
        let notes = self.visit.notes.lock().unwrap();
        self.is_under_way() && notes.opened.is_some() && !notes.went_on
    }

    pub(super) fn go_on(&self) {
        self.visit.notes.lock().unwrap().went_on = true;
        self.visit.gate.notify_one();
    }

    pub(super) fn hang_up(&mut self, step: usize) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.ended = Some((End::HungUp, step));
        self.is_delivered = true;
    }

    /// Whether there is a response that has not come to its browser.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.ended.is_some() && !self.is_delivered
    }

    /// Notes how it ended, if it has.
    pub(super) async fn look(&mut self, step: usize) {
        let Some(task) = self.task.take_if(|task| task.is_finished()) else {
            return;
        };
        let end = task.await.unwrap_or_else(|error| match error.is_panic() {
            true => End::Panicked,
            false => End::HungUp,
        });
        let is_answer = matches!(end, End::Answered { .. });
        self.is_delivered = !is_answer || self.browser.is_none();
        self.ended = Some((end, step));
    }
}
