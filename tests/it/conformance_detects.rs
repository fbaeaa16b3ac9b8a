//! The suite itself: a storage that breaks the contract in one way fails the sentence that says so.

use std::sync::Arc;

use axum_bare_session::storage::conformance::*;
use axum_bare_session::storage::{
    Digest, Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, SessionId};

/// What a storage does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// A save writes, whatever is stored.
    SavesUnconditionally,
    /// A save compares the version, waits, and then writes.
    ComparesThenWrites,
    /// A save that expects a version creates the record where there is none.
    SaveRevives,
    /// A touch creates the record where there is none.
    TouchCreates,
    /// A touch loads the record, waits, and writes all of it.
    TouchWritesAll,
    /// A touch counts as a write.
    TouchMovesTheVersion,
    /// A list takes no heed of the expiry.
    ListsTheExpired,
    /// A list compares owners as many SQL collations do.
    ListFoldsCase,
    /// A list stops after a page.
    ListsOnePage,
    /// A conflict carries nothing.
    ConflictIsEmpty,
    /// A clean-up removes what has five minutes to live.
    CleansUpTooMuch,
    /// A clean-up does nothing, and no engine does it instead.
    CleansUpNothing,
    /// A record is stored without the fields that this version does not know.
    ForgetsUnknownFields,
    /// Values are parsed, and written again.
    RewritesValues,
    /// Times are stored in milliseconds.
    RoundsTimes,
    /// A record that is asked for again is gone.
    RevalidatesNothing,
    /// Deleting what is not there is an error.
    DeleteFailsOnTheAbsent,
}

struct Flawed {
    inner: MemorySessionStorage,
    flaw: Flaw,
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        let inner = MemorySessionStorage::new();
        Self { inner, flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    async fn overwrite(&self, id: SessionId, record: Arc<SessionRecord>) {
        loop {
            let before = self.inner.load(id).await.unwrap();
            let version = before.map(|before| before.version);
            let saved = self.inner.save(id, Arc::clone(&record), version).await;
            if saved.unwrap() == Saved::Done {
                return;
            }
        }
    }

    /// What of a record is stored.
    fn stored(&self, record: Arc<SessionRecord>) -> Arc<SessionRecord> {
        let mut record = Arc::unwrap_or_clone(record);
        match self.flaw {
            Flaw::ForgetsUnknownFields => {
                let (seen, end) = (record.last_seen, record.expires_at);
                let mut known = SessionRecord::new(record.digest, seen, end);
                known.version = record.version;
                known.created_at = record.created_at;
                known.authenticated_at = record.authenticated_at;
                known.set_remember(record.remember());
                known.owner = record.owner;
                known.values = record.values;
                record = known;
            }
            Flaw::RewritesValues => {
                let values = record.values.clone();
                for (key, json) in values.iter() {
                    let value: serde_json::Value = serde_json::from_str(json).unwrap();
                    record.values.insert(key, &value).unwrap();
                }
            }
            Flaw::RoundsTimes => {
                let time = OffsetDateTime::from(record.created_at);
                record.created_at = time.truncate_to_millisecond().into();
            }
            _ => {}
        }
        record.into()
    }
}

impl SessionStorage for Flawed {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.inner.load(id).await
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        if self.has(Flaw::RevalidatesNothing) {
            return Ok(None);
        }
        self.inner.revalidate(id, loaded).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let record = self.stored(record);
        let before = self.inner.load(id).await?;
        let as_expected = before.as_ref().map(|before| before.version) == expected;
        let writes = match self.flaw {
            Flaw::SavesUnconditionally => true,
            Flaw::SaveRevives => before.is_none(),
            Flaw::ComparesThenWrites => {
                tokio::task::yield_now().await;
                as_expected
            }
            _ => false,
        };
        if writes {
            self.overwrite(id, record).await;
            return Ok(Saved::Done);
        }
        match self.inner.save(id, record, expected).await? {
            Saved::Conflict(_) if self.has(Flaw::ConflictIsEmpty) => Ok(Saved::Conflict(None)),
            saved => Ok(saved),
        }
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let before = self.inner.load(id).await?;
        if before.is_none() && self.has(Flaw::TouchCreates) {
            let record = SessionRecord::new(Digest::from([0; 32]), last_seen, expires_at);
            self.overwrite(id, record.into()).await;
            return Ok(true);
        }
        let Some(mut record) = before.map(Arc::unwrap_or_clone) else {
            return Ok(false);
        };
        record.last_seen = last_seen;
        record.expires_at = expires_at;
        let matches = record.version == expected;
        match self.flaw {
            Flaw::TouchWritesAll if matches => {
                tokio::task::yield_now().await;
                self.overwrite(id, record.into()).await;
            }
            Flaw::TouchMovesTheVersion if matches => {
                record.version = expected.next();
                let _ = self.inner.save(id, record.into(), Some(expected)).await?;
            }
            _ => return self.inner.touch(id, expected, last_seen, expires_at).await,
        }
        Ok(matches)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        if self.has(Flaw::DeleteFailsOnTheAbsent) && self.inner.load(id).await?.is_none() {
            return Err(StorageError::new("no such record"));
        }
        self.inner.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let long_ago = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
        match self.flaw {
            Flaw::ListsTheExpired => self.inner.list(owner, long_ago).await,
            Flaw::ListFoldsCase => {
                let (lower, upper) = (owner.to_lowercase(), owner.to_uppercase());
                let mut listed = self.inner.list(&lower, now).await?;
                listed.extend(self.inner.list(&upper, now).await?);
                Ok(listed)
            }
            Flaw::ListsOnePage => {
                let mut listed = self.inner.list(owner, now).await?;
                listed.truncate(100);
                Ok(listed)
            }
            _ => self.inner.list(owner, now).await,
        }
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.inner.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        match self.flaw {
            Flaw::CleansUpNothing => Ok(0),
            Flaw::CleansUpTooMuch => self.inner.delete_expired(now + Duration::HOUR * 2).await,
            _ => self.inner.delete_expired(now).await,
        }
    }
}

/// One test for each line: a storage with the flaw fails the sentence, with a message that has the words.
macro_rules! detects {
    ($($test:ident: $flaw:ident fails $sentence:ident, $words:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[should_panic(expected = $words)]
            async fn $test() {
                $sentence(&Flawed::new(Flaw::$flaw)).await;
            }
        )*
    };
}

detects! {
    a_storage_that_saves_unconditionally_fails:
        SavesUnconditionally fails a_save_at_a_stale_version_conflicts, "should conflict";
    a_storage_that_overwrites_at_a_creation_fails:
        SavesUnconditionally fails a_creation_over_a_record_conflicts, "should conflict";
    a_storage_that_saves_where_it_should_not_fails_under_a_race_too:
        SavesUnconditionally fails of_parallel_saves_at_one_version_one_is_done, "exactly one save";
    a_storage_that_compares_and_then_writes_lets_two_saves_win_and_fails:
        ComparesThenWrites fails of_parallel_saves_at_one_version_one_is_done, "exactly one save";
    a_storage_that_compares_and_then_writes_lets_two_creations_win_and_fails:
        ComparesThenWrites fails of_parallel_creations_of_one_id_one_is_done, "exactly one save";
    a_storage_that_compares_and_then_writes_loses_changes_and_fails:
        ComparesThenWrites fails parallel_changes_lose_none, "a change is lost";
    a_storage_that_compares_and_then_writes_revives_what_is_deleted_and_fails:
        ComparesThenWrites fails a_delete_among_parallel_saves_is_final, "nothing should be stored";
    a_storage_whose_save_revives_fails:
        SaveRevives fails a_save_never_revives, "should conflict";
    a_storage_whose_save_creates_what_it_should_replace_fails:
        SaveRevives fails a_save_that_expects_a_version_never_creates, "should conflict";
    a_storage_that_revalidates_nothing_fails:
        RevalidatesNothing fails a_revalidated_record_is_the_stored_one, "should be the stored one";
    a_storage_whose_touch_creates_fails:
        TouchCreates fails a_touch_never_creates, "nothing was there to touch";
    a_storage_whose_touch_revives_fails:
        TouchCreates fails a_delete_among_parallel_touches_is_final, "nothing should be stored";
    a_storage_whose_touch_writes_the_whole_record_fails:
        TouchWritesAll fails touches_undo_no_parallel_save, "a change is lost";
    a_storage_whose_touch_moves_the_version_fails:
        TouchMovesTheVersion fails a_touch_makes_no_save_conflict, "leaves the version as it is";
    a_storage_that_lists_what_has_expired_fails:
        ListsTheExpired fails a_session_is_listed_until_it_expires, "exactly then";
    a_storage_that_takes_owners_for_one_another_fails:
        ListFoldsCase fails owners_are_compared_byte_by_byte, "has one session";
    a_storage_that_lists_one_page_fails:
        ListsOnePage fails a_long_list_is_whole, "300 sessions";
    a_storage_whose_conflict_is_empty_fails:
        ConflictIsEmpty fails a_save_at_a_stale_version_conflicts, "should carry what is stored";
    a_storage_that_cleans_up_live_sessions_fails:
        CleansUpTooMuch fails a_clean_up_leaves_live_sessions_alone, "is absent";
    a_storage_that_never_cleans_up_fails:
        CleansUpNothing fails a_clean_up_removes_what_has_expired, "nothing should be stored";
    a_storage_that_forgets_unknown_fields_fails:
        ForgetsUnknownFields fails unknown_fields_survive_a_round_trip, "as it came back";
    a_storage_that_rewrites_values_fails:
        RewritesValues fails a_value_comes_back_as_the_same_text, "was changed";
    a_storage_that_rounds_times_fails:
        RoundsTimes fails times_survive_to_the_microsecond, "as it came back";
    a_storage_whose_delete_fails_on_the_absent_fails:
        DeleteFailsOnTheAbsent fails delete_is_idempotent, "`delete` failed";
}
