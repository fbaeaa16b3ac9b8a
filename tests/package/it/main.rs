//! What is published: the public API, the files, the links, and the versions that are asked for.

mod api;
mod beside;
mod cargo;
mod files;
mod versions;
