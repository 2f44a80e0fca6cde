//! Draws of the plain values: names, bodies, attributes.

use model::StorageClass;
use world::{Random, SeededRandom};

use crate::Body;
use crate::marks::TagSet;
use crate::operation::Attributes;

pub const BUCKETS: [&str; 3] = ["alpha", "beta.bucket", "gamma-3"];
pub const BUCKETS_TO_CREATE: [&str; 5] = ["alpha", "beta.bucket", "gamma-3", "beta.bucket", "Not_Legal"];

/// Keys that share prefixes, end with the delimiter, double it, or sort differently by UTF-16 than by UTF-8.
pub const KEYS: [&str; 16] = [
    "a",
    "a/",
    "a/b",
    "a/b/c",
    "a/b/d",
    "a//x",
    "a/c",
    "ab",
    "b/1",
    "b/2",
    "b",
    "ä/ö",
    "k\u{1}control",
    "with space+plus%2F?&",
    "z\u{ff61}/half",
    "z\u{10000}/astral",
];

pub struct Draw(SeededRandom);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(SeededRandom::new(SeededRandom::new(seed).u64()))
    }

    pub fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.0.below(end) }
    }

    pub fn chance(&self, percent: u64) -> bool {
        self.0.below(100) < percent
    }

    pub fn coin(&self) -> bool {
        self.chance(50)
    }

    /// `from` must not be empty.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    pub fn word(&self, from: &[&str]) -> String {
        (*self.pick(from)).to_owned()
    }

    /// Most bodies are small: thousands of sequences run, and what is large costs time.
    pub fn body(&self, large: bool) -> Body {
        let small = [0, 1, 5, 5, 100, 100, 4_096, 20_000];
        let len = if large { *self.pick(&[70_000, 300_000, 1_100_000]) } else { *self.pick(&small) };
        Body { pattern: self.below(8) as u8, len }
    }

    pub fn part_body(&self, large: bool) -> Body {
        let len = if large { 5 << 20 } else { *self.pick(&[1, 100, 9_000]) };
        Body { pattern: self.below(4) as u8, len }
    }

    pub fn tag_set(&self) -> TagSet {
        match self.below(4) {
            0 => TagSet::new(),
            1 => vec![tag("a", "1"), tag("ä b", "+-=._:/@ ü")],
            _ => vec![tag("color", &self.word(&["blue", "red", ""]))],
        }
    }

    /// Tags with one fault.
    pub fn faulty_tags(&self) -> TagSet {
        match self.below(7) {
            0 => vec![tag("a", "1"), tag("a", "2")],
            1 => vec![tag("aws:a", "1")],
            2 => vec![tag("", "1")],
            3 => vec![tag("a", "<")],
            4 => vec![tag(&"k".repeat(129), "1")],
            5 => vec![tag("a", &"v".repeat(257))],
            _ => vec![tag("b?", "1")],
        }
    }

    pub fn attributes(&self) -> Attributes {
        let text = |text: &str| text.to_owned();
        Attributes {
            content_type: self.coin().then(|| self.word(&["text/plain", "image/png"])),
            metadata: match self.below(3) {
                0 => vec![(text("color"), self.word(&["blue", "red"]))],
                1 => vec![(text("a"), text("1")), (text("b-c"), text("two words"))],
                _ => Vec::new(),
            },
            class: self.chance(10).then_some(StorageClass::StandardIa),
        }
    }
}

fn tag(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
