//! Bodies by number: each says which it is, by its bytes and by its ETag.

use std::collections::BTreeMap;

use bytes::Bytes;
use reference::{etag, etag_of_parts, md5};

use crate::Dice;
use crate::invariants::payload;
use crate::invariants::register::Value;

/// Around the limits of rows, blocks, mirrors and chunks.
const LENGTHS: [usize; 14] =
    [0, 1, 100, 100, 1000, 1023, 1024, 1025, 3000, 5000, 16_383, 16_385, 17_000, 60_000];
const LONG: [usize; 5] = [300_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 1_300_000];
const LONG_PERCENT: u64 = 3;

#[derive(Debug, Default)]
pub struct Bodies {
    all: Vec<Body>,
    by_etag: BTreeMap<String, Value>,
}

#[derive(Debug)]
struct Body {
    id: u64,
    length: usize,
    etag: String,
}

impl Bodies {
    /// One that nobody had before, but for the empty one.
    pub fn draw(&mut self, dice: &Dice) -> (Value, Bytes) {
        let lengths: &[usize] = if dice.chance(LONG_PERCENT) { &LONG } else { &LENGTHS };
        let length = dice.pick(lengths).copied().unwrap_or(0);
        let id = self.all.len() as u64;
        let bytes = payload(id, length);
        (self.add(Body { id, length, etag: etag(&bytes) }), bytes)
    }

    /// The same as the only part of an upload has another ETag, so it is another.
    pub fn as_part(&mut self, value: Value) -> Value {
        let Body { id, length, .. } = self.all[value as usize];
        let etag = etag_of_parts(&[md5(&payload(id, length))]);
        self.add(Body { id, length, etag })
    }

    fn add(&mut self, body: Body) -> Value {
        let next = self.all.len() as Value;
        let value = *self.by_etag.entry(body.etag.clone()).or_insert(next);
        if value == next {
            self.all.push(body);
        }
        value
    }

    /// Which one an answer tells of.
    pub fn find(&self, etag: Option<&str>) -> Option<Value> {
        self.by_etag.get(etag?.trim_matches('"')).copied()
    }

    pub fn bytes(&self, value: Value) -> Bytes {
        let Body { id, length, .. } = self.all[value as usize];
        payload(id, length)
    }

    pub fn etag(&self, value: Value) -> &str {
        &self.all[value as usize].etag
    }
}
