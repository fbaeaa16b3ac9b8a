//! The properties on any toolchain: on the corpus that libFuzzer left, and on what a seeded generator makes of it.
//!
//! `FUZZ_SEED` gives other inputs, and `FUZZ_SECONDS` more of them. An input that breaks a property is written to
//! `target/tmp`, for `cargo run --package fuzz-tests --bin PROPERTY FILE`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

/// How long each property is tried, unless `FUZZ_SECONDS` says so.
const SECONDS: u64 = 4;

macro_rules! replay {
    ($($property:ident)*) => {$(
        #[test]
        fn $property() {
            replay(stringify!($property), fuzz_tests::$property);
        }
    )*};
}

replay! {
    bearer cookies device_proofs headers next_path records redis_values sealed signatures sqlite_rows values
}

fn replay(name: &str, property: fn(&[u8])) {
    let number = |name: &str, default| env::var(name).map_or(default, |it| it.parse().unwrap());
    let (seed, seconds) = (number("FUZZ_SEED", 1), number("FUZZ_SECONDS", SECONDS));
    let corpus = corpus(name);
    for input in &corpus {
        check(name, property, input);
    }
    let (mut random, mut count) = (Random(seed), 0_u64);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        check(name, property, &random.input(&corpus));
        count += 1;
    }
    assert!(count > 100, "{count} inputs test nothing");
    println!("{name}: {} of the corpus and {count} others", corpus.len());
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let files = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no corpus");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn check(name: &str, property: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(input))) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("broken_{name}"));
        fs::write(&file, input).unwrap();
        println!("{name} does not hold on {}", file.display());
        resume_unwind(panic);
    }
}

/// The generator SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// One of the corpus with a few changes, each of which may take a piece of another.
    fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(4) {
            let start = self.below(input.len() + 1);
            let end = (start + self.below(8)).min(input.len());
            let replacement = match self.below(4) {
                0 => Vec::new(),
                // Control characters, and what separates.
                1 => vec![b"\x01\x02\x03\x04\x05\x06\x07\x08\n\t ,;=:\"\\"[self.below(17)]],
                2 => vec![self.next().to_be_bytes()[0]],
                _ => {
                    let other = &corpus[self.below(corpus.len())];
                    let from = self.below(other.len());
                    let to = (from + self.below(24)).min(other.len());
                    other[from..to].to_vec()
                }
            };
            input.splice(start..end, replacement);
        }
        input
    }
}
