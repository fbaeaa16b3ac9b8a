//! A session's record as the values' model sees it, and what an operation does to it.

use crate::mechanisms::Mechanisms;

/// Who a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    A,
    B,
}

/// Two keys, of which a log-out that keeps something keeps the cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Cart,
    Note,
}

pub const KEYS: [Key; 2] = [Key::Cart, Key::Note];

/// What a session holds for the application: what a serial order is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    pub owner: Option<Owner>,
    pub values: [Option<u8>; 2],
}

impl Content {
    /// Where every run begins.
    pub const INITIAL: Self = Self {
        owner: Some(Owner::A),
        values: [Some(5), Some(5)],
    };

    pub fn get(&self, key: Key) -> Option<u8> {
        self.values[key as usize]
    }

    fn set(&mut self, key: Key, value: u8) {
        self.values[key as usize] = Some(value);
    }

    /// Makes one operation of request `by`.
    pub fn apply(&mut self, operation: Operation, by: usize) {
        match operation {
            Operation::Set(key) => self.set(key, written_by(by)),
            Operation::Add(key) => self.set(key, self.get(key).unwrap_or(0) + 1),
            Operation::Clear => self.values = [None, None],
            Operation::LogIn(owner) => {
                if self.owner.is_some_and(|former| former != owner) {
                    self.values = [None, None];
                }
                self.owner = Some(owner);
            }
            Operation::LogOutKeeping => {
                self.owner = None;
                self.values[Key::Note as usize] = None;
            }
            Operation::Renew | Operation::LogOut => {}
        }
    }
}

/// The value that request `by` sets: nobody else's, and nothing that additions come to.
pub fn written_by(by: usize) -> u8 {
    20 + 10 * u8::try_from(by).expect("few requests")
}

/// One thing that a handler does to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Set(Key),
    /// `update`, whose closure adds one.
    Add(Key),
    Clear,
    LogIn(Owner),
    Renew,
    LogOutKeeping,
    LogOut,
}

impl Operation {
    /// Whether a new secret is due.
    pub fn renews(self) -> bool {
        matches!(self, Self::LogIn(_) | Self::Renew | Self::LogOutKeeping)
    }

    pub fn logs_out(self) -> bool {
        matches!(self, Self::LogOut | Self::LogOutKeeping)
    }

    /// The keys that it sets or removes, whatever was there.
    pub fn overwrites(self, key: Key) -> bool {
        matches!(self, Self::Clear) || self == Self::Set(key)
    }
}

/// A secret, and its digest: 0 is the one that every request has to begin with; `1 + i` is drawn by request `i`.
pub type Secret = u8;

/// The random mark of one write: the request, and which of its tries it is.
pub type Mark = (usize, u8);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub content: Content,
    pub digest: Secret,
    pub renewals: u8,
    pub generation: u8,
    /// The marks of the last writes, the newest last.
    pub marks: Vec<Mark>,
}

/// How many marks a record keeps: 16 in life, less in a run of three requests.
pub const MARKS: usize = 1;

impl Record {
    pub const INITIAL: Self = Self {
        content: Content::INITIAL,
        digest: 0,
        renewals: 0,
        generation: 0,
        marks: Vec::new(),
    };

    /// Makes one operation of request `by`; only a renewal writes the digest.
    pub fn apply(&mut self, operation: Operation, by: usize, mechanisms: &Mechanisms) {
        let former = self.content.owner;
        self.content.apply(operation, by);
        if operation.renews() {
            self.renewals += 1;
            self.digest = 1 + u8::try_from(by).expect("few requests");
        }
        let to_another = former.is_some() && former != self.content.owner;
        if mechanisms.generation && (operation == Operation::Clear || to_another) {
            self.generation += 1;
        }
    }

    pub fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
        if self.marks.len() > MARKS {
            self.marks.remove(0);
        }
    }
}
