use super::steps::{created, load, next, replace, revalidate, set};
use crate::storage::SessionStorage;

/// A record that was loaded and is asked for again is the one that is stored.
pub async fn a_revalidated_record_is_the_stored_one(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let second = next(&first, |record| set(record, "visits", &2));
    for record in [&first, &second] {
        if record.version != first.version {
            replace(storage, id, &first, record).await;
        }
        let Some(loaded) = load(storage, id).await else {
            panic!("the record should be stored, and is absent: {record:?}");
        };
        let current = revalidate(storage, id, loaded).await;
        assert_eq!(
            current.as_deref(),
            Some(record),
            "a revalidated record should be the stored one (left: revalidated)"
        );
    }
}
