use std::ops::{Deref, Range};
use std::sync::Arc;

use serde::Serialize;

use super::readable;

/// The bytes beyond which a block of several entries is halved: copying so much costs about as much as allocating for
/// it.
const MAX_LENGTH: usize = 1024;
/// The bytes of an entry's two lengths, which stand before its key and its text.
const HEADER: usize = 8;

/// A key and the JSON text of its value.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The key and then the text.
    buffer: Vec<u8>,
    key_length: usize,
}

impl Entry {
    pub(crate) fn new(key: &str, json: &[u8]) -> Self {
        Self {
            buffer: [key.as_bytes(), json].concat(),
            key_length: key.len(),
        }
    }

    pub(crate) fn serialize<T: Serialize + ?Sized>(
        key: &str,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        let mut buffer = Vec::with_capacity(key.len() + 24);
        buffer.extend_from_slice(key.as_bytes());
        readable::write(&mut buffer, value)?;
        Ok(Self {
            buffer,
            key_length: key.len(),
        })
    }

    pub(crate) fn key(&self) -> &str {
        text(self.key_bytes()).unwrap_or_default()
    }

    fn key_bytes(&self) -> &[u8] {
        &self.buffer[..self.key_length]
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.buffer[self.key_length..]
    }

    /// The bytes of the key and of the text.
    pub(crate) fn size(&self) -> usize {
        self.buffer.len()
    }

    fn header(&self) -> [u8; HEADER] {
        header(self.key_length, self.json().len())
    }
}

/// Some entries in the order of their keys, packed into one shared piece of memory.
#[derive(Clone)]
pub(super) struct Block(Arc<[u8]>);

/// A JSON text inside a shared block.
#[derive(Clone)]
pub(crate) struct Text {
    block: Arc<[u8]>,
    range: Range<usize>,
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block[self.range.clone()]
    }
}

/// An entry as it lies in a block.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    pub(super) key: &'a [u8],
    pub(super) json: &'a [u8],
    /// Where its header begins.
    start: usize,
}

impl Packed<'_> {
    fn end(&self) -> usize {
        self.start + HEADER + self.size()
    }

    fn size(&self) -> usize {
        self.key.len() + self.json.len()
    }
}

/// What setting an entry came to.
pub(super) struct Replaced {
    pub(super) block: Block,
    /// The second half, if the block has grown too long.
    pub(super) rest: Option<Block>,
    /// The bytes of the entry that the key had before.
    pub(super) size: usize,
}

impl Block {
    pub(super) fn new(entry: &Entry) -> Self {
        Self(concat([&entry.header(), &entry.buffer]))
    }

    /// A block of these pairs, in their order.
    fn of<K: AsRef<str>, J: AsRef<[u8]>>(pairs: &[(K, J)]) -> Self {
        let pairs = pairs
            .iter()
            .map(|(key, json)| (key.as_ref().as_bytes(), json.as_ref()));
        let lengths = pairs
            .clone()
            .map(|(key, json)| HEADER + key.len() + json.len());
        Self(filled(lengths.sum(), |free| {
            for (key, json) in pairs {
                put(free, &header(key.len(), json.len()));
                put(free, key);
                put(free, json);
            }
        }))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Packed<'_>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let (header, rest) = self.0.get(start..)?.split_first_chunk::<HEADER>()?;
            let [a, b, c, d, e, f, g, h] = *header;
            let (key, rest) = rest.split_at(u32::from_le_bytes([a, b, c, d]) as usize);
            let json = &rest[..u32::from_le_bytes([e, f, g, h]) as usize];
            let packed = Packed { key, json, start };
            start = packed.end();
            Some(packed)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first_key(&self) -> &[u8] {
        self.iter().next().map_or(&[], |first| first.key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Packed<'_>> {
        self.iter().find(|packed| packed.key == key.as_bytes())
    }

    pub(super) fn share(&self, key: &str) -> Option<Text> {
        let packed = self.get(key)?;
        let end = packed.end();
        Some(Text {
            range: end - packed.json.len()..end,
            block: Arc::clone(&self.0),
        })
    }

    /// A copy in which `entry` stands in the place of the entry of its key, if there is one.
    pub(super) fn set(&self, entry: &Entry) -> Replaced {
        let key = entry.key_bytes();
        let next = self.iter().find(|packed| packed.key >= key);
        let start = next.map_or(self.0.len(), |next| next.start);
        let former = next.filter(|next| next.key == key);
        let end = former.map_or(start, |former| former.end());

        let (before, after) = (&self.0[..start], &self.0[end..]);
        let mut block = Self(concat([before, &entry.header(), &entry.buffer, after]));
        let rest = block.split();
        Replaced {
            block,
            rest,
            size: former.map_or(0, |former| former.size()),
        }
    }

    /// The bytes of the entry of `key`, and a copy without it unless that would be empty; `None` if there is no such
    /// entry.
    pub(super) fn without(&self, key: &str) -> Option<(usize, Option<Self>)> {
        let packed = self.get(key)?;
        let rest = concat([&self.0[..packed.start], &self.0[packed.end()..]]);
        let rest = (!rest.is_empty()).then_some(Self(rest));
        Some((packed.size(), rest))
    }

    /// Cuts a block that is too long behind the entry in its middle, and returns what comes behind.
    fn split(&mut self) -> Option<Self> {
        if self.0.len() <= MAX_LENGTH {
            return None;
        }
        let middle = self.0.len() / 2;
        let packed = self.iter().find(|packed| packed.end() >= middle)?;
        let is_last = packed.end() == self.0.len();
        let cut = if is_last { packed.start } else { packed.end() };
        if cut == 0 {
            return None;
        }
        let (first, rest) = self.0.split_at(cut);
        let (first, rest) = (Arc::from(first), Arc::from(rest));
        self.0 = first;
        Some(Self(rest))
    }

    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Packs pairs, in the order of their keys, into as few blocks as hold them.
pub(super) fn pack<K: AsRef<str>, J: AsRef<[u8]>>(
    mut pairs: &[(K, J)],
) -> impl Iterator<Item = Block> {
    std::iter::from_fn(move || {
        let mut length = 0;
        let fits = pairs.iter().enumerate().take_while(|(index, (key, json))| {
            length += HEADER + key.as_ref().len() + json.as_ref().len();
            *index == 0 || length <= MAX_LENGTH
        });
        let (packed, rest) = pairs.split_at(fits.count());
        pairs = rest;
        (!packed.is_empty()).then(|| Block::of(packed))
    })
}

/// Keys and texts were text before they were packed.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The parts, one behind the other.
fn concat<const N: usize>(parts: [&[u8]; N]) -> Arc<[u8]> {
    let length = parts.iter().map(|part| part.len()).sum();
    filled(length, |free| {
        for part in parts {
            put(free, part);
        }
    })
}

/// So many bytes, which `fill` is to write, in one allocation: a vector would be copied into a second.
fn filled(length: usize, fill: impl FnOnce(&mut &mut [u8])) -> Arc<[u8]> {
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, length).collect();
    fill(&mut Arc::make_mut(&mut bytes));
    bytes
}

/// Writes `part` to the beginning of what is free.
fn put(free: &mut &mut [u8], part: &[u8]) {
    let (start, rest) = std::mem::take(free).split_at_mut(part.len());
    start.copy_from_slice(part);
    *free = rest;
}

/// What stands before a key and a text of these lengths.
fn header(key: usize, json: usize) -> [u8; HEADER] {
    let header = u64::from(length(key)) | u64::from(length(json)) << 32;
    header.to_le_bytes()
}

/// The size of a session's values is bounded far below 4 GiB before anything is packed.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_lies_in_as_few_blocks_as_hold_it() {
        let pairs: Vec<_> = (10..110)
            .map(|key| (key.to_string(), "1".repeat(110)))
            .collect();
        // Eight entries of up to 121 bytes fill a block but for less than one.
        assert_eq!(pack(&pairs).count(), 13);
        let block = Block::of(&pairs[..8]);
        let set = block.set(&Entry::new("2", "1".repeat(110).as_bytes()));
        let (first, rest) = (set.block.iter().count(), set.rest.unwrap().iter().count());
        assert_eq!((first, rest), (5, 4), "it is cut in its middle");
        let longer = [("a", "1".repeat(500)), ("b", "1".repeat(507))];
        assert_eq!(pack(&longer).count(), 2);
        let exact = [("a", "1".repeat(500)), ("b", "1".repeat(506))];
        assert_eq!(pack(&exact).map(|it| it.len()).collect::<Vec<_>>(), [1024]);
    }
}
