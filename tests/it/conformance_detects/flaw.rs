/// What a storage does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A save writes, whatever is stored.
    SavesUnconditionally,
    /// A save compares the version, waits, and then writes.
    ComparesThenWrites,
    /// A save is one step among those of its own handle only.
    ComparesAndWritesInOneProcess,
    /// A save that expects a version creates the record where there is none.
    SaveRevives,
    /// A touch creates the record where there is none.
    TouchCreates,
    /// A touch loads the record, waits, and writes all of it.
    TouchWritesAll,
    /// A touch takes the session from its owner's list, and puts it back.
    TouchLeavesTheList,
    /// A touch counts as a write.
    TouchMovesTheVersion,
    /// A list takes no heed of the expiry.
    ListsTheExpired,
    /// A list compares owners as many SQL collations do.
    ListFoldsCase,
    /// A list stops after a page.
    ListsOnePage,
    /// A load of many stops after a page.
    LoadsOnePageOfMany,
    /// A load of many remembers what it found.
    LoadsManyFromAMemory,
    /// A load remembers what its handle saved.
    LoadsWhatItSaved,
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
    /// A deletion always says that there was something.
    DeleteTellsNothing,
    /// All of an owner's sessions are deleted, whichever are named.
    DeletesAllOwned,
    /// None but the one that is named is deleted, and none where one is to be kept.
    DeletesOneOwnedAtMost,
    /// The one that is named is deleted, whosever it is.
    DeletesOneOfAnybody,
    /// An owner's sessions are listed, and then each is deleted.
    ListsThenDeletes,
    /// Deleting an owner's sessions also tells those that had expired.
    TellsTheExpired,
    /// Deleting an owner's sessions leaves them where a load finds them.
    DeletesFromTheListOnly,
    /// Deleting an owner's sessions stops after a page.
    DeletesOnePage,
    /// It says that it tells of changes, and never does.
    TellsNoChanges,
    /// It tells of what its own handle did.
    TellsOwnChangesOnly,
    /// It tells of a save, waits, and then saves.
    TellsBeforeItSaves,
    /// All ids are a page of them.
    NamesOnePage,
}
