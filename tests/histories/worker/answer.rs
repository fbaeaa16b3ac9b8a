use serde::{Deserialize, Serialize};

use crate::history::{Contents, Mark};

/// What a request asks for, beside its path.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    /// How long the handler takes between reading and writing, or waits at most, in milliseconds.
    #[serde(default)]
    pub pause: u64,
    /// Whether the handler saves by itself, to tell where its mark stands.
    #[serde(default)]
    pub save: bool,
}

/// What a handler tells.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Answer {
    /// What the session held when the handler began; `None` if there was none. Nothing was written then.
    pub seen: Option<Seen>,
    pub wrote_at: Option<u32>,
    pub id: Option<String>,
    /// Whether the session ended while the request waited for that.
    #[serde(default)]
    pub has_ended: bool,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Seen {
    pub log: Vec<Mark>,
    pub keys: Vec<Mark>,
}

impl From<Seen> for Contents {
    fn from(seen: Seen) -> Self {
        let Seen { log, mut keys } = seen;
        keys.sort_unstable();
        Self { log, keys }
    }
}
