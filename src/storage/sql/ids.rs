use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::record::SessionId;
use crate::storage::StorageError;

/// How many ids one statement reads.
pub(in crate::storage) const PAGE: usize = 1_000;

/// All ids of a table, in their order. `page` reads those from an id on, [`PAGE`] at most.
pub(in crate::storage) fn ids<'s, P, F>(page: P) -> BoxStream<'s, Result<SessionId, StorageError>>
where
    P: Fn(SessionId) -> F + Send + Sync + 's,
    F: Future<Output = Result<Vec<SessionId>, StorageError>> + Send + 's,
{
    let pages = stream::try_unfold((page, Some(Uuid::nil())), async |(page, from)| {
        let Some(from) = from else {
            return Ok::<_, StorageError>(None);
        };
        let ids = page(from.into()).await?;
        let is_full = ids.len() == PAGE;
        let last = ids.last().filter(|_| is_full);
        let next = last.and_then(|last| Uuid::from(*last).as_u128().checked_add(1));
        let ids = stream::iter(ids).map(Ok);
        Ok(Some((ids, (page, next.map(Uuid::from_u128)))))
    });
    pages.try_flatten().boxed()
}
