//! What the servers of `tests/it` ask for.

#[path = "../it/support/disk.rs"]
mod disk;

pub(crate) use disk::limit_files;
