use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Everything that is logged on this thread, at every level, until it is dropped.
pub(crate) struct Log {
    text: Buffer,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

/// Has every event made, on every thread: one that a thread without a log came to first might else be off for good.
pub(crate) fn enable_events() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let counter = tracing_subscriber::registry().with(Counter);
        tracing::subscriber::set_global_default(counter).unwrap();
    });
}

/// How many events of `target` there were on threads of that name, where no log listens.
#[cfg(feature = "sqlite")]
pub(crate) fn count_events(target: &'static str, thread: &'static str) -> impl Fn() -> u64 {
    enable_events();
    COUNTED.lock().unwrap().insert((target, thread), 0);
    move || COUNTED.lock().unwrap()[&(target, thread)]
}

static COUNTED: Mutex<BTreeMap<(&str, &str), u64>> = Mutex::new(BTreeMap::new());

struct Counter;

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut counted = COUNTED.lock().unwrap();
        let thread = std::thread::current();
        for ((target, name), count) in counted.iter_mut() {
            if event.metadata().target() == *target && thread.name() == Some(*name) {
                *count += 1;
            }
        }
    }
}

impl Log {
    pub(crate) fn new() -> Self {
        enable_events();
        let text = Buffer::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(text.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        Self {
            text,
            _guard: guard,
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
