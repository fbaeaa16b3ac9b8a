use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::block::{self, Block, Entry, Text};

/// A session's values: each key with the JSON text of its value, sorted by key.
///
/// They lie in small blocks, which are shared when the values are cloned: a change copies one block, whatever the
/// number of keys. No text is parsed before a handler asks for it. `Debug` shows keys and sizes, never a value.
/// Serializes as a JSON object.
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
    /// None is empty, and every key of one is less than those of the next. Most sessions have one.
    blocks: SmallVec<[Block; 1]>,
    size: usize,
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
        self.set(&Entry::serialize(key, value)?);
        Ok(())
    }

    /// The JSON text of `key`'s value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let entry = self.block(key)?.get(key)?;
        block::text(entry.json)
    }

    /// Each key with its JSON text, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.blocks.iter().flat_map(Block::iter);
        entries.filter_map(|entry| Some((block::text(entry.key)?, block::text(entry.json)?)))
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.iter().count()).sum()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The bytes of all keys and JSON texts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The JSON text of `key`'s value, shared with these values.
    pub(crate) fn share(&self, key: &str) -> Option<Text> {
        self.block(key)?.share(key)
    }

    /// The JSON text of `key`'s value, as bytes, to compare it.
    pub(crate) fn bytes(&self, key: &str) -> Option<&[u8]> {
        Some(self.block(key)?.get(key)?.json)
    }

    /// These values under the keys of `keep` alone.
    pub(crate) fn only(&self, keep: &[Box<str>]) -> Self {
        let kept = keep.iter().filter_map(|key| {
            let json = self.bytes(key)?;
            Some(Entry::new(key, json))
        });
        kept.collect()
    }

    /// The values of these keys and JSON texts, each of which was text; of those under one key the last.
    pub(super) fn packed<K: AsRef<str>, J: AsRef<[u8]>>(mut pairs: Vec<(K, J)>) -> Self {
        // Takes next to nothing where they are sorted, as in whatever these values were written to.
        pairs.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        pairs.dedup_by(|later, earlier| {
            let is_same = later.0.as_ref() == earlier.0.as_ref();
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        let sizes = pairs
            .iter()
            .map(|(key, json)| key.as_ref().len() + json.as_ref().len());
        Self {
            size: sizes.sum(),
            blocks: block::pack(&pairs).collect(),
        }
    }

    pub(crate) fn set(&mut self, entry: &Entry) {
        self.size += entry.size();
        let Some(at) = self.find(entry.key()) else {
            self.blocks.insert(0, Block::new(entry));
            return;
        };
        let replaced = self.blocks[at].set(entry);
        self.size -= replaced.size;
        self.blocks[at] = replaced.block;
        if let Some(rest) = replaced.rest {
            self.blocks.insert(at + 1, rest);
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        let Some(at) = self.find(key) else { return };
        let Some((size, rest)) = self.blocks[at].without(key) else {
            return;
        };
        self.size -= size;
        match rest {
            Some(rest) => self.blocks[at] = rest,
            None => {
                self.blocks.remove(at);
            }
        }
    }

    /// How long each block is.
    pub(super) fn block_lengths(&self) -> impl Iterator<Item = usize> {
        self.blocks.iter().map(Block::len)
    }

    /// The block that holds `key`, if any does.
    fn block(&self, key: &str) -> Option<&Block> {
        self.find(key).map(|at| &self.blocks[at])
    }

    /// The last block that begins at `key` or before it, or else the first.
    fn find(&self, key: &str) -> Option<usize> {
        let others = self.blocks.get(1..)?;
        Some(others.partition_point(|block| block.first_key() <= key.as_bytes()))
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        // Equal values may lie in blocks of other sizes.
        self.size == other.size && self.iter().eq(other.iter())
    }
}

impl FromIterator<Entry> for Values {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let pairs = entries.iter().map(|entry| (entry.key(), entry.json()));
        Self::packed(pairs.collect())
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
        let mut map = serializer.serialize_map(None)?;
        for (key, json) in self.iter() {
            let raw: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs
            .iter()
            .map(|(k, v)| Entry::new(k, v.as_bytes()))
            .collect()
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
        values.set(&Entry::new("key", b"1"));
        assert_eq!(values.size(), 4);
        values.set(&Entry::new("é", b"22"));
        assert_eq!(values.size(), 8);
        values.remove("key");
        assert_eq!(values.size(), 4);
        values.remove("no such key");
        values.remove("é");
        assert_eq!(values.size(), 0);
        assert!(values.is_empty());
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
    fn thousands_of_changes_in_any_order_come_to_what_a_map_holds() {
        let (mut values, mut model) = (Values::default(), BTreeMap::new());
        let mut state = 1_u64;
        for step in 0..5_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let key = format!("key_{}", (state >> 33) % 300);
            if (state >> 20).is_multiple_of(3) {
                values.remove(&key);
                model.remove(&key);
            } else {
                let json = "7".repeat(1 + step % 90);
                values.set(&Entry::new(&key, json.as_bytes()));
                model.insert(key, json);
            }
        }
        let expected = model.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        assert!(values.iter().eq(expected));
        assert_eq!(values.len(), model.len());
        let size: usize = model.iter().map(|(k, v)| k.len() + v.len()).sum();
        assert_eq!(values.size(), size);
        assert!(values.blocks.len() > 10);
        for (key, json) in &model {
            assert_eq!(values.get(key), Some(json.as_str()));
        }
    }

    #[test]
    fn a_change_shares_all_blocks_but_one() {
        let pairs: Vec<_> = (0..100)
            .map(|n| (format!("key_{n}"), "1".repeat(90)))
            .collect();
        let before: Values = pairs
            .iter()
            .map(|(k, v)| Entry::new(k, v.as_bytes()))
            .collect();
        let mut after = before.clone();
        after.set(&Entry::new("key_50", b"2"));
        let shared = |block: &&Block| before.blocks.iter().any(|b| b.is_same(block));
        assert_eq!(
            after.blocks.iter().filter(shared).count(),
            after.blocks.len() - 1
        );
    }

    #[test]
    fn debug_shows_keys_and_sizes_only() {
        let shown = format!("{:?}", values(&[("card", "\"4111\"")]));
        assert_eq!(shown, r#"{"card": 6 bytes}"#);
    }
}
