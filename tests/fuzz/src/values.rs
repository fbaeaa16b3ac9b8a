use std::collections::BTreeMap;

use axum_bare_session::SessionData;

/// Any sequence of changes to a session's values does what it would do to a map.
pub fn values(input: &[u8]) {
    let (session, mut map) = (SessionData::detached(), BTreeMap::<String, String>::new());
    for change in input.chunks_exact(3).take(512) {
        let [kind, key, length] = *change else {
            continue;
        };
        // Few keys, some of which begin with others, and values that fill and split the blocks they lie in.
        let key = "key".repeat(usize::from(key % 3)) + &(key / 3).to_string();
        let value = char::from(b'a' + kind % 26)
            .to_string()
            .repeat(2 * usize::from(length));
        match kind % 8 {
            0..=3 => {
                session.insert(&key, &value).expect("there is room");
                map.insert(key, value);
            }
            4 => assert_eq!(session.remove(&key), map.remove(&key).is_some()),
            5 => {
                let taken: Option<String> = session.take(&key).expect("a text");
                assert_eq!(taken, map.remove(&key));
            }
            6 => {
                let append = |now: Option<String>| now.unwrap_or_default() + "+";
                let updated = session.update(&key, append).expect("there is room");
                map.entry(key.clone()).or_default().push('+');
                assert_eq!(updated, map[&key]);
            }
            _ if length == 0 => {
                session.clear();
                map.clear();
            }
            _ => {
                let found: Option<String> = session.get(&key).expect("a text");
                assert_eq!(found.as_ref(), map.get(&key));
                assert_eq!(session.contains_key(&key), found.is_some());
            }
        }
        assert_eq!(session.len(), map.len());
    }
    assert_eq!(session.keys(), map.keys().cloned().collect::<Vec<_>>());
    for (key, value) in &map {
        let found: Option<String> = session.get(key.as_str()).expect("a text");
        assert_eq!(found.as_ref(), Some(value));
    }
}
