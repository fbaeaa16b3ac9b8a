use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

/// A session's values: each key with the JSON text of its value, sorted by key.
///
/// Texts are shared, not copied, when the values are cloned, and none is parsed before a handler asks for it. `Debug` shows
/// keys and sizes, never a value. Serializes as a JSON object.
///
/// ```
/// use axum_bare_session::storage::Values;
///
/// let mut values = Values::default();
/// values.insert("cart", &["apple", "pear"])?;
/// assert_eq!(values.get("cart"), Some(r#"["apple","pear"]"#));
/// assert_eq!(serde_json::to_string(&values)?, r#"{"cart":["apple","pear"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Values {
    entries: Vec<Entry>,
    size: usize,
}

/// A key and its JSON text, shared in one allocation.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The key and then the text.
    buffer: Arc<str>,
    key_length: usize,
}

impl Entry {
    pub(crate) fn new(key: &str, json: &str) -> Self {
        let mut buffer = String::with_capacity(key.len() + json.len());
        buffer.push_str(key);
        buffer.push_str(json);
        Self {
            buffer: buffer.into(),
            key_length: key.len(),
        }
    }

    pub(crate) fn key(&self) -> &str {
        &self.buffer[..self.key_length]
    }

    pub(crate) fn json(&self) -> &str {
        &self.buffer[self.key_length..]
    }

    /// The bytes of the key and of the text.
    pub(crate) fn size(&self) -> usize {
        self.buffer.len()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.buffer, &other.buffer)
            || (self.key_length == other.key_length && self.buffer == other.buffer)
    }
}

impl Values {
    /// Sets `key` to the JSON text of `value`.
    ///
    /// # Errors
    ///
    /// If `value` does not serialize as JSON.
    pub fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), serde_json::Error> {
        self.set(Entry::new(key, &serde_json::to_string(value)?));
        Ok(())
    }

    /// The JSON text of `key`'s value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(Entry::json)
    }

    /// Each key with its JSON text, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|e| (e.key(), e.json()))
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of all keys and JSON texts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.find(key).ok().map(|at| &self.entries[at])
    }

    pub(crate) fn set(&mut self, entry: Entry) {
        self.size += entry.size();
        match self.find(entry.key()) {
            Ok(at) => {
                self.size -= self.entries[at].size();
                self.entries[at] = entry;
            }
            Err(at) => self.entries.insert(at, entry),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.find(key).ok()?;
        let entry = self.entries.remove(at);
        self.size -= entry.size();
        Some(entry)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        self.entries.retain(keep);
        self.size = self.entries.iter().map(Entry::size).sum();
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.key().cmp(key))
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl FromIterator<Entry> for Values {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut values = Self::default();
        entries.into_iter().for_each(|entry| values.set(entry));
        values
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (key, json) in self.iter() {
            map.entry(&key, &format_args!("{} bytes", json.len()));
        }
        map.finish()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, json) in self.iter() {
            let raw: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(k, v)| Entry::new(k, v)).collect()
    }

    #[test]
    fn keys_are_sorted_and_the_last_text_of_a_key_wins() {
        let values = values(&[("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(values.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
    }

    #[test]
    fn the_size_follows_every_change() {
        let mut values = values(&[("key", "\"text\"")]);
        assert_eq!(values.size(), 9);
        values.set(Entry::new("key", "1"));
        assert_eq!(values.size(), 4);
        values.set(Entry::new("é", "22"));
        assert_eq!(values.size(), 8);
        values.remove("key");
        assert_eq!(values.size(), 4);
        values.retain(|_| false);
        assert_eq!(values.size(), 0);
    }

    #[test]
    fn a_key_may_be_empty_or_hold_any_text() {
        for key in ["", "\0", "a b", "\"", "ключ", "\u{1f36a}"] {
            let mut values = Values::default();
            values.insert(key, &true).unwrap();
            assert_eq!(values.get(key), Some("true"), "{key:?}");
        }
    }

    #[test]
    fn debug_shows_keys_and_sizes_only() {
        let shown = format!("{:?}", values(&[("card", "\"4111\"")]));
        assert_eq!(shown, r#"{"card": 6 bytes}"#);
    }
}
