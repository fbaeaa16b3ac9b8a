/// Makes a module of tests that runs every sentence of the storage contract on a storage.
///
/// The first argument is the module's name, the second an expression that makes the storage. Each test evaluates it
/// anew, in an `async` block on a Tokio runtime of its own, so it may `.await`; it sees what is in scope where the
/// macro is called.
///
/// ```test_harness
/// use axum_bare_session::{MemorySessionStorage, storage_conformance};
///
/// async fn connect() -> MemorySessionStorage {
///     MemorySessionStorage::new()
/// }
///
/// storage_conformance!(memory, connect().await);
/// ```
#[macro_export]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
macro_rules! storage_conformance {
    ($name:ident, $storage:expr $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $crate::storage_conformance! { @sentences tests { $storage } }
        }
    };
    // The one list: a function that is not here is public nowhere, which the compiler reports as dead code.
    (@sentences $what:ident $with:tt) => {
        $crate::storage_conformance! {
            @$what $with
            save: {
                an_unknown_id_has_no_record
                a_created_record_is_loaded_as_it_was_saved
                a_creation_over_a_record_conflicts
                a_save_at_the_stored_version_replaces_the_record
                a_save_at_a_stale_version_conflicts
                a_save_at_a_version_to_come_conflicts
                a_save_that_expects_a_version_never_creates
                a_save_leaves_other_records_alone
                a_record_can_be_replaced_again_and_again
            }
            load_many: {
                many_are_loaded_at_once
                a_load_of_many_follows_every_write
            }
            revalidate: {
                a_revalidated_record_is_the_stored_one
            }
            changes: {
                every_change_is_told
                no_change_is_told_before_it_was_applied
            }
            ids: {
                all_records_are_named
            }
            touch: {
                a_touch_moves_the_times_and_nothing_else
                a_touch_can_bring_the_end_nearer
                a_touch_at_another_version_changes_nothing
                a_touch_never_creates
                a_touch_never_revives
                a_touch_leaves_other_records_alone
                a_touch_makes_no_save_conflict
                a_conflict_carries_the_times_of_a_touch
            }
            delete: {
                a_deleted_record_is_absent
                a_delete_tells_whether_there_was_a_record
                delete_is_idempotent
                a_delete_leaves_other_records_alone
                a_save_never_revives
            }
            delete_owned: {
                all_sessions_of_an_owner_are_deleted_in_one_call
                all_sessions_of_an_owner_but_one_are_deleted
                one_session_of_an_owner_is_deleted
                delete_owned_removes_no_other_owners_sessions
                a_session_that_another_owner_got_is_not_deleted
                a_session_that_another_owner_gets_meanwhile_is_not_deleted
                delete_owned_returns_the_live_sessions
                after_delete_owned_nothing_is_found
                delete_owned_among_parallel_saves_is_final
                three_thousand_sessions_are_deleted_in_one_call
            }
            list: {
                the_list_of_an_unknown_owner_is_empty
                a_list_has_all_sessions_of_the_owner_and_no_others
                a_long_list_is_whole
                a_list_follows_a_save
                a_list_follows_a_touch
                a_list_follows_a_delete
                a_session_that_gets_an_owner_is_listed
                a_session_that_changes_its_owner_changes_the_list
                a_session_that_loses_its_owner_is_not_listed
                a_conflict_changes_no_list
            }
            owners: {
                owners_are_compared_byte_by_byte
                a_pattern_lists_nobody
            }
            expiry: {
                an_expired_record_is_loaded_as_it_is_or_not_at_all
                a_session_is_listed_until_it_expires
                an_expired_session_is_not_listed
                a_session_that_was_brought_to_its_end_is_not_listed
                a_prolonged_session_is_listed_until_its_new_end
                a_clean_up_removes_what_has_expired
                a_clean_up_removes_what_a_touch_has_ended
                a_clean_up_leaves_live_sessions_alone
                a_session_prolonged_past_its_end_outlives_a_clean_up
            }
            round_trip: {
                every_field_survives_a_round_trip
                a_binding_to_a_device_survives_every_write
                an_empty_record_survives_a_round_trip
                times_survive_to_the_microsecond
                distant_times_survive_a_round_trip
                any_text_survives_as_a_value
                any_text_survives_as_a_key
                a_value_comes_back_as_the_same_text
                values_of_64_kib_survive_a_round_trip
                a_thousand_keys_survive_a_round_trip
                unknown_fields_survive_a_round_trip
            }
            concurrency: {
                of_parallel_saves_at_one_version_one_is_done
                of_parallel_creations_of_one_id_one_is_done
                parallel_changes_lose_none
                touches_undo_no_parallel_save
                a_delete_among_parallel_saves_is_final
                a_delete_among_parallel_touches_is_final
                parallel_creations_are_all_stored
                parallel_owner_changes_leave_one_owner
                a_list_among_parallel_saves_and_touches_misses_none
                a_clean_up_undoes_no_parallel_save
            }
        }
    };
    (@tests { $storage:expr } $($subject:ident: { $($sentence:ident)* })*) => {
        $($(
            #[test]
            fn $sentence() {
                $crate::storage::conformance::run(async {
                    let storage = $storage;
                    $crate::storage::conformance::$sentence(&storage).await;
                });
            }
        )*)*
    };
    (@exports {} $($subject:ident: { $($sentence:ident)* })*) => {
        $(pub use self::$subject::{$($sentence),*};)*
    };
}
