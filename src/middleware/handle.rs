use super::slot::Slot;
use super::{commit, open};
use crate::session::{Answer, Handle, Session};

impl Handle for Slot {
    fn session(&self) -> &Session {
        &self.session
    }

    fn save(&self) -> Answer<'_, ()> {
        Box::pin(commit::save(self))
    }

    fn reload(&self) -> Answer<'_, bool> {
        Box::pin(open::reload(self))
    }
}
