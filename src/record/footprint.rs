use std::mem::size_of;

use super::binding::{Binding, POINT_BYTES};
use super::{SessionRecord, Values};

/// What a shared piece of memory has before its content: two counts.
const COUNTS: usize = 2 * size_of::<usize>();
/// What few records have takes about so much, without what it points to.
const RARE: usize = 192;

/// What an allocator takes for so many bytes, as the one of glibc does: eight more, in steps of sixteen.
const fn piece(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16)
}

/// What a shared piece of so many bytes takes.
const fn shared(bytes: usize) -> usize {
    piece(COUNTS + bytes)
}

impl SessionRecord {
    /// About how many bytes of memory the record takes when it is shared, as in a storage.
    pub(crate) fn footprint(&self) -> usize {
        let texts = [self.owner.as_ref(), self.label(), self.scope()];
        let texts = texts.into_iter().flatten().map(|text| shared(text.len()));
        shared(size_of::<Self>()) + texts.sum::<usize>() + self.values.footprint() + self.rare()
    }

    fn rare(&self) -> usize {
        let formers = self.former_secrets();
        let unknown = self.unknown().map_or(0, Values::footprint);
        let in_formers: usize = formers.iter().map(|it| it.unknown.footprint()).sum();
        let stamps = self.stamps().map_or(0, |it| it.as_slice().len());
        let binding = self.binding().map_or(0, |it| it.footprint());
        let has_rare = self.remember().is_some()
            || self.label().is_some()
            || self.scope().is_some()
            || stamps > 0
            || binding > 0
            || !formers.is_empty()
            || !self.marks().is_empty()
            || unknown > 0;
        if !has_rare {
            return 0;
        }
        let formers = piece(size_of_val(formers));
        let stamps = if stamps > 0 { shared(32 * stamps) } else { 0 };
        piece(RARE) + formers + stamps + in_formers + size_of_val(self.marks()) + binding + unknown
    }
}

impl Binding {
    fn footprint(&self) -> usize {
        let device = self.device().map_or(0, |_| piece(POINT_BYTES));
        shared(size_of::<Self>()) + device + self.unknown.footprint()
    }
}

impl Values {
    /// About how many bytes of memory they take beyond their own place.
    fn footprint(&self) -> usize {
        let blocks: usize = self.block_lengths().map(shared).sum();
        // A single block needs no list.
        let count = self.block_lengths().count();
        let list = if count > 1 { piece(16 * count) } else { 0 };
        blocks + list
    }
}
