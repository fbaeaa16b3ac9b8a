use std::mem::size_of;

use super::binding::{Binding, POINT_BYTES};
use super::session_record::RareFields;
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
        let texts = [&self.owner, &self.rare().label, &self.rare().scope];
        let texts = texts.into_iter().flatten().map(|text| shared(text.len()));
        let rare = self.rare.as_ref().map_or(0, |rare| rare.footprint());
        shared(size_of::<Self>()) + texts.sum::<usize>() + self.values.footprint() + rare
    }
}

impl RareFields {
    fn footprint(&self) -> usize {
        let formers = &self.former_secrets[..];
        let in_formers: usize = formers.iter().map(|it| it.unknown.footprint()).sum();
        let stamps = match self.stamps.as_slice() {
            [] => 0,
            stamps => shared(size_of_val(stamps)),
        };
        let marks = size_of_val(&self.marks[..]);
        let binding = self.binding.as_ref().map_or(0, |it| it.footprint());
        let formers = piece(size_of_val(formers)) + in_formers;
        piece(RARE) + formers + stamps + marks + binding + self.unknown.footprint()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Digest, Nonce, Stamps, Timestamp, Transport};

    fn record() -> SessionRecord {
        SessionRecord::new(Digest::from([0; 32]), Timestamp::MIN, Timestamp::MAX)
    }

    /// What a change adds to the footprint.
    fn added(change: impl FnOnce(&mut SessionRecord)) -> usize {
        let mut changed = record();
        change(&mut changed);
        changed.footprint() - record().footprint()
    }

    #[test]
    fn every_part_of_a_record_counts_in_pieces_of_an_allocator() {
        assert_eq!(record().footprint(), shared(size_of::<SessionRecord>()));
        assert_eq!([piece(0), piece(8), piece(9)], [16, 16, 32]);
        assert_eq!(
            added(|it| it.owner = Some("user:4242".into())),
            piece(16 + 9)
        );
        // With the list of former secrets, which is empty.
        let rare = piece(RARE) + piece(0);
        assert_eq!(
            added(|it| it.set_rare(|it| it.transport = Transport::Bearer)),
            rare
        );
        assert_eq!(
            added(|it| it.set_label(Some("phone".into()))),
            rare + piece(16 + 5)
        );
        assert_eq!(
            added(|it| it.set_rare(|it| it.marks.extend([1, 2]))),
            rare + 8
        );
        let stamps: Stamps = [b"a", b"b"]
            .map(|it| Stamps::digest(it))
            .into_iter()
            .collect();
        assert_eq!(
            added(|it| it.set_rare(|it| it.stamps = stamps)),
            rare + piece(16 + 64)
        );
        // The parts of a binding lie behind a pointer of its own.
        let bound = |more: &str| {
            let key = "A".repeat(43);
            let binding = format!(r#"{{"key":"{key}","at":0{more}}}"#);
            let json = String::from_utf8(record().to_json().unwrap()).unwrap();
            let json = json.replacen('{', &format!(r#"{{"binding":{binding},"#), 1);
            let bound = SessionRecord::from_json(json.as_bytes()).unwrap();
            bound.footprint() - record().footprint()
        };
        let offered = rare + shared(size_of::<Binding>());
        assert_eq!(bound(""), offered);
        let device = format!(r#","device":"{}""#, "A".repeat(86));
        assert_eq!(bound(&device), offered + piece(POINT_BYTES));
        let later = format!(r#"{device},"later":"{}""#, "v".repeat(100));
        let unknown = piece(16 + 8 + 5 + 102);
        assert_eq!(bound(&later), offered + piece(POINT_BYTES) + unknown);
        let later = format!(r#"{{"later":"{}","#, "v".repeat(100));
        let json = String::from_utf8(record().to_json().unwrap()).unwrap();
        let later = SessionRecord::from_json(json.replacen('{', &later, 1).as_bytes());
        let later = later.unwrap().footprint() - record().footprint();
        assert_eq!(later, rare + unknown);
        // What a later version says of a former secret counts with it.
        let mut renewed = record();
        renewed.renew_periodically(Digest::from([1; 32]), Nonce([2; 16]), Timestamp::MIN);
        let json = String::from_utf8(renewed.to_json().unwrap()).unwrap();
        let later = format!(r#""later":"{}","replaced_at""#, "v".repeat(100));
        let later =
            SessionRecord::from_json(json.replacen(r#""replaced_at""#, &later, 1).as_bytes());
        let later = later.unwrap().footprint() - renewed.footprint();
        assert_eq!(later, unknown);
        let text = "v".repeat(700);
        let block = piece(16 + 8 + 1 + 702);
        assert_eq!(added(|it| it.values.insert("a", &text).unwrap()), block);
        let two = |it: &mut SessionRecord| {
            it.values.insert("a", &text).unwrap();
            it.values.insert("b", &text).unwrap();
        };
        assert_eq!(added(two), 2 * block + piece(32));
    }
}
