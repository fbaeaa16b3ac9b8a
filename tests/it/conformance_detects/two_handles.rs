//! What one handle does not show, and two do.

use axum_bare_session::MemorySessionStorage;
use axum_bare_session::storage::conformance::*;

use super::flaw::Flaw;
use super::{FlawedHandle, detects, handle};

fn two_handles(flaw: Flaw) -> TwoHandles<FlawedHandle> {
    let shared = MemorySessionStorage::new();
    let handle = || FlawedHandle::new(&shared, flaw);
    TwoHandles::new(handle(), handle())
}

detects! {
    two_handles;
    a_storage_that_is_atomic_in_one_process_loses_changes_of_two_and_fails:
        ComparesAndWritesInOneProcess fails parallel_changes_lose_none, "a change is lost";
    a_storage_that_is_atomic_in_one_process_lets_two_saves_win_and_fails:
        ComparesAndWritesInOneProcess fails of_parallel_saves_at_one_version_one_is_done,
        "exactly one save";
    a_storage_that_remembers_what_it_saved_fails:
        LoadsWhatItSaved fails a_save_at_the_stored_version_replaces_the_record,
        "another record is stored";
    a_storage_that_remembers_what_it_saved_does_not_see_it_deleted_and_fails:
        LoadsWhatItSaved fails a_deleted_record_is_absent, "nothing should be stored";
    a_storage_that_tells_of_its_own_changes_only_fails:
        TellsOwnChangesOnly fails every_change_is_told, "should be told";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_handle_shows_none_of_that() {
    let atomic = handle(Flaw::ComparesAndWritesInOneProcess);
    parallel_changes_lose_none(&atomic).await;
    of_parallel_saves_at_one_version_one_is_done(&atomic).await;
    let remembers = handle(Flaw::LoadsWhatItSaved);
    a_save_at_the_stored_version_replaces_the_record(&remembers).await;
    a_deleted_record_is_absent(&remembers).await;
    every_change_is_told(&handle(Flaw::TellsOwnChangesOnly)).await;
}
