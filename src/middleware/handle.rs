use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use super::slot::Slot;
use super::undisturbed::undisturbed;
use super::{commit, open};
use crate::record::Timestamp;
use crate::session::{Answer, Handle, Limits, Reload, Session, Stored};

impl Handle for Slot {
    fn session(&self) -> &Session {
        &self.session
    }

    fn limits(&self) -> &Limits {
        &self.service.limits
    }

    fn now(&self) -> Timestamp {
        self.service.now()
    }

    fn save(self: Arc<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let save = Box::pin(commit::save(Arc::clone(&self)));
            undisturbed(&self, save).await
        })
    }

    fn ended(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let Some(Stored { id, record }) = self.session.live() else {
            return Box::pin(ready(()));
        };
        Box::pin(Arc::clone(&self.service).ended(id, record.renewals))
    }

    fn reload(&self, how: Reload) -> Answer<'_, bool> {
        Box::pin(open::reload(self, how))
    }
}
