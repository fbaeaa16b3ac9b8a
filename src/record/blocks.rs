use std::ops::{Deref, DerefMut};

use super::block::Block;

/// Blocks in the order of their keys. One lies here itself, since most sessions have no more.
#[derive(Clone)]
pub(super) enum Blocks {
    One(Block),
    Many(Vec<Block>),
}

impl Blocks {
    pub(super) fn insert(&mut self, at: usize, block: Block) {
        match self {
            Self::Many(blocks) if blocks.is_empty() => *self = Self::One(block),
            Self::Many(blocks) => blocks.insert(at, block),
            Self::One(only) => {
                let mut blocks = vec![only.clone()];
                blocks.insert(at, block);
                *self = Self::Many(blocks);
            }
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        match self {
            Self::One(_) => *self = Self::default(),
            Self::Many(blocks) => {
                blocks.remove(at);
            }
        }
    }
}

impl FromIterator<Block> for Blocks {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> Self {
        let mut blocks = blocks.into_iter();
        match (blocks.next(), blocks.next()) {
            (Some(only), None) => Self::One(only),
            (first, second) => {
                let both = first.into_iter().chain(second);
                Self::Many(both.chain(blocks).collect())
            }
        }
    }
}

impl Default for Blocks {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Deref for Blocks {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        match self {
            Self::One(block) => std::slice::from_ref(block),
            Self::Many(blocks) => blocks,
        }
    }
}

impl DerefMut for Blocks {
    fn deref_mut(&mut self) -> &mut [Block] {
        match self {
            Self::One(block) => std::slice::from_mut(block),
            Self::Many(blocks) => blocks,
        }
    }
}
