//! The suite itself: a storage that breaks the contract in one way fails the sentence that says so.

mod flaw;
mod flawed;
mod flawed_handle;
mod two_handles;

use axum_bare_session::storage::conformance::*;

use self::flaw::Flaw;
use self::flawed::Flawed;
use self::flawed_handle::FlawedHandle;
use axum_bare_session::MemorySessionStorage;

/// One test for each line: what is made with the flaw fails the sentence, with a message that has the words.
macro_rules! detects {
    ($made:expr; $($test:ident: $flaw:ident fails $sentence:ident, $words:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[should_panic(expected = $words)]
            async fn $test() {
                $sentence(&$made(Flaw::$flaw)).await;
            }
        )*
    };
}
use detects;

fn handle(flaw: Flaw) -> FlawedHandle {
    FlawedHandle::new(&MemorySessionStorage::new(), flaw)
}

detects! {
    Flawed::new;
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
    a_storage_whose_delete_tells_nothing_fails:
        DeleteTellsNothing fails a_delete_tells_whether_there_was_a_record, "there never was one";
    a_storage_that_deletes_nothing_where_all_are_named_fails:
        DeletesOneOwnedAtMost fails all_sessions_of_an_owner_are_deleted_in_one_call, "had three sessions";
    a_storage_that_deletes_the_session_to_be_kept_fails:
        DeletesAllOwned fails all_sessions_of_an_owner_but_one_are_deleted, "all but one";
    a_storage_that_deletes_all_where_one_is_named_fails:
        DeletesAllOwned fails one_session_of_an_owner_is_deleted, "the one (left: deleted)";
    a_storage_that_deletes_anybodys_session_fails:
        DeletesOneOfAnybody fails delete_owned_removes_no_other_owners_sessions, "not this owner's";
    a_storage_that_deletes_what_another_owner_got_fails:
        DeletesOneOfAnybody fails a_session_that_another_owner_got_is_not_deleted, "another owner's now";
    a_storage_that_lists_and_then_deletes_fails:
        ListsThenDeletes fails a_session_that_another_owner_gets_meanwhile_is_not_deleted,
        "if another owner got it";
    a_storage_that_tells_expired_sessions_as_deleted_fails:
        TellsTheExpired fails delete_owned_returns_the_live_sessions, "one session was alive";
    a_storage_whose_deleted_sessions_are_only_no_longer_listed_fails:
        DeletesFromTheListOnly fails after_delete_owned_nothing_is_found, "nothing should be stored";
    a_storage_whose_deleted_sessions_a_save_finds_fails:
        DeletesFromTheListOnly fails delete_owned_among_parallel_saves_is_final,
        "nothing should be stored";
    a_storage_that_deletes_one_page_fails:
        DeletesOnePage fails three_thousand_sessions_are_deleted_in_one_call, "had 3,000 sessions";
    a_storage_that_only_says_that_it_tells_of_changes_fails:
        TellsNoChanges fails every_change_is_told, "should be told";
    a_storage_that_names_one_page_fails:
        NamesOnePage fails all_records_are_named, "records that were not named";
}

detects! {
    handle;
    a_storage_that_loads_one_page_of_many_fails:
        LoadsOnePageOfMany fails many_are_loaded_at_once, "99 of 100 are stored";
    a_storage_that_loads_many_from_a_memory_fails:
        LoadsManyFromAMemory fails a_load_of_many_follows_every_write, "after a save";
    a_storage_whose_touch_leaves_the_list_for_a_moment_fails:
        TouchLeavesTheList fails a_list_among_parallel_saves_and_touches_misses_none,
        "a list missed one";
    a_storage_that_tells_before_it_saves_fails:
        TellsBeforeItSaves fails no_change_is_told_before_it_was_applied, "before it was applied";
}
