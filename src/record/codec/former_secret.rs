use super::digest;
use crate::record::renewal::FormerSecret;
use crate::record::{DecodeError, Timestamp};

#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct StoredFormerSecret {
    digest: String,
    accepted_until: i64,
    replaced_at: i64,
    successor_used: bool,
}

impl StoredFormerSecret {
    pub(super) fn of(former: &FormerSecret) -> Self {
        Self {
            digest: digest::encode(&former.digest),
            accepted_until: former.accepted_until.as_micros(),
            replaced_at: former.replaced_at.as_micros(),
            successor_used: former.successor_used,
        }
    }

    pub(super) fn read(self) -> Result<FormerSecret, DecodeError> {
        let time = |micros| Timestamp::decode(micros, "former_secret");
        Ok(FormerSecret {
            digest: digest::decode(&self.digest)?,
            accepted_until: time(self.accepted_until)?,
            replaced_at: time(self.replaced_at)?,
            successor_used: self.successor_used,
        })
    }
}
