use std::sync::Arc;

use super::steps::*;
use crate::storage::SessionStorage;

/// The bytes of the longest owner.
const LONGEST: usize = 255;

/// Owners that a collation, a pattern, a query or a trimmed column may take for one another.
const ALIKE: [&str; 24] = [
    "",
    " ",
    "\t",
    "\n",
    "\u{a0}",
    "%",
    "_",
    "*",
    "?",
    "[a-z]",
    "'",
    "''",
    "\"",
    "\\",
    ":",
    "{1}",
    "é",
    "e",
    "E",
    "É",
    "e\u{301}",
    "ß",
    "ss",
    "\u{1f36a}",
];

/// Two owners are the same if their bytes are, and only then.
pub async fn owners_are_compared_byte_by_byte(storage: &impl SessionStorage) {
    let unique = new_owner();
    let mut owners: Vec<Arc<str>> = Vec::new();
    for text in ALIKE {
        owners.push(format!("{unique}{text}").into());
    }
    owners.push(unique.to_uppercase().into());
    owners.push(format!(" {unique}").into());
    owners.push(unique[..unique.len() - 1].into());
    for last in ["a", "b"] {
        owners.push(format!("{unique:-<width$}{last}", width = LONGEST - 1).into());
    }

    let mut sessions = Vec::new();
    for owner in &owners {
        let (id, record) = created_of(storage, owner).await;
        assert_stored(storage, id, &record).await;
        sessions.push((owner, id));
    }
    for (owner, id) in sessions {
        let listed = list_ids(storage, owner).await;
        assert_eq!(listed, [id], "the owner {owner:?} has one session");
    }
}

/// A pattern of a query language or a store is no owner's name.
pub async fn a_pattern_lists_nobody(storage: &impl SessionStorage) {
    let owner = new_owner();
    created_of(storage, &owner).await;
    let stem = &owner[..owner.len() - 1];
    for pattern in ["%", "_", "*", "?", "[0-9a-f]", "' OR '1'='1"] {
        let listed = list_ids(storage, &format!("{stem}{pattern}")).await;
        assert_eq!(listed, [], "{pattern:?} is no pattern here");
    }
}
