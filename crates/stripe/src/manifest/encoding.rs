//! The compact form of a manifest: docs/formats/manifest.md draws it.
//!
//! Tokens, each told apart from the chunk before it. `SAME n`: n more chunks like the last one, each shard as far behind
//! the one before as that was (one upload's records usually follow each other in their volumes). `NEAR`: another
//! length or place in the same volumes. `FAR`: everything. Format 1 knows chunks that are one uncoded record; format 2
//! adds the coding to `FAR`, and a place for each shard.

use erasure::Layout;
use smallvec::SmallVec;

use super::CHUNKS_MAX;
use crate::chunk::{Chunk, Place, Places};

const UNCODED: u8 = 1;
const CODED: u8 = 2;
pub(super) const SAME: u8 = 0;
pub(super) const NEAR: u8 = 1;
const FAR: u8 = 2;
/// How a `FAR` of format 2 gives the chunk's id.
const ID_NEXT: u8 = 0;
const ID_GIVEN: u8 = 1;
const BLOCK_BYTES: u64 = 4096;

/// Bytes that aren't an encoded manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a manifest: {0}")]
pub struct Malformed(pub &'static str);

pub(super) fn encode(chunks: &[Chunk]) -> Vec<u8> {
    let format = if chunks.iter().all(Chunk::is_whole) { UNCODED } else { CODED };
    let mut out = vec![format];
    let mut context = Context { format, last: None };
    let mut same = 0;
    for chunk in chunks {
        let predicted = context.predicted();
        if predicted.as_ref() == Some(chunk) {
            same += 1;
        } else {
            flush_same(&mut out, &mut same);
            context.encode(&mut out, chunk, predicted.map(|next| next.id));
        }
        context.follow(chunk.clone());
    }
    flush_same(&mut out, &mut same);
    out
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Chunk>, Malformed> {
    let Some((&format @ (UNCODED | CODED), mut rest)) = bytes.split_first() else {
        return Err(Malformed("unknown format"));
    };
    let (mut chunks, mut context) = (Vec::new(), Context { format, last: None });
    while !rest.is_empty() {
        let (count, first) = context.decode(&mut rest)?;
        if count > (CHUNKS_MAX - chunks.len()) as u64 {
            return Err(Malformed("too many chunks"));
        }
        let mut next = Some(first);
        for _ in 0..count {
            let chunk = next.ok_or(Malformed("a run without an end"))?;
            context.follow(chunk.clone());
            chunks.push(chunk);
            next = context.predicted();
        }
    }
    Ok(chunks)
}

/// What the next token is told apart from.
struct Context {
    format: u8,
    last: Option<Last>,
}

struct Last {
    chunk: Chunk,
    /// Of each shard: from the last chunk but one to the last.
    strides: SmallVec<[u64; 1]>,
}

impl Context {
    fn follow(&mut self, chunk: Chunk) {
        let stride = |index: usize| {
            let (place, before) = (chunk.places[index], self.last.as_ref());
            let before = before.and_then(|last| last.chunk.places.get(index));
            match before.filter(|before| (before.device, before.volume) == (place.device, place.volume)) {
                Some(before) if place.offset > before.offset => place.offset - before.offset,
                // Before there are two, the next record is expected right behind this one.
                _ => volume::extent_bytes_at_least(chunk.extent(index).length),
            }
        };
        let strides = (0..chunk.places.len()).map(stride).collect();
        self.last = Some(Last { chunk, strides });
    }

    fn predicted(&self) -> Option<Chunk> {
        let Last { chunk, strides } = self.last.as_ref()?;
        let further = |(place, stride): (&Place, &u64)| {
            Some(Place { offset: place.offset.checked_add(*stride)?, ..*place })
        };
        let places = chunk.places.iter().zip(strides).map(further).collect::<Option<_>>()?;
        Some(Chunk { id: next_id(chunk), places, ..*chunk })
    }

    /// The last chunk, when the next one's shards lie in the same volumes.
    fn near(&self, chunk: &Chunk, id: Option<u128>) -> Option<&Chunk> {
        let last = &self.last.as_ref()?.chunk;
        let beside =
            |(one, other): (&Place, &Place)| (one.device, one.volume) == (other.device, other.volume);
        let same = last.layout == chunk.layout && id == Some(chunk.id);
        (same && last.places.iter().zip(&chunk.places).all(beside)).then_some(last)
    }

    /// `id`: what the chunk's would be if it continued the last one's.
    fn encode(&self, out: &mut Vec<u8>, chunk: &Chunk, id: Option<u128>) {
        if let Some(last) = self.near(chunk, id) {
            out.push(NEAR);
            for (place, before) in chunk.places.iter().zip(&last.places) {
                put_varint(out, zigzag(blocks(place) as i64 - blocks(before) as i64));
            }
            put_varint(out, zigzag(i64::from(chunk.length) - i64::from(last.length)));
            return;
        }
        out.push(FAR);
        if self.format == CODED {
            out.extend([chunk.layout.data, chunk.layout.parity]);
            if id == Some(chunk.id) {
                out.push(ID_NEXT);
            } else {
                out.push(ID_GIVEN);
                out.extend(chunk.id.to_le_bytes());
            }
        }
        for place in &chunk.places {
            put_varint(out, u64::from(place.device));
            put_varint(out, u64::from(place.volume));
            put_varint(out, blocks(place));
        }
        put_varint(out, u64::from(chunk.length));
    }

    /// How many chunks a token stands for, and the first of them.
    fn decode(&self, rest: &mut &[u8]) -> Result<(u64, Chunk), Malformed> {
        match take_byte(rest)? {
            SAME => {
                let first = self.predicted().ok_or(Malformed("a run without a beginning"))?;
                Ok((take_varint(rest)?, first))
            }
            NEAR => self.decode_near(rest).map(|chunk| (1, chunk)),
            FAR => self.decode_far(rest).map(|chunk| (1, chunk)),
            _ => Err(Malformed("unknown token")),
        }
    }

    fn decode_near(&self, rest: &mut &[u8]) -> Result<Chunk, Malformed> {
        let last = &self.last.as_ref().ok_or(Malformed("nothing to be near to"))?.chunk;
        let mut places = Places::new();
        for before in &last.places {
            let blocks = (blocks(before) as i64).checked_add(unzigzag(take_varint(rest)?));
            places.push(Place { offset: offset(blocks.and_then(|at| u64::try_from(at).ok()))?, ..*before });
        }
        let length = i64::from(last.length).checked_add(unzigzag(take_varint(rest)?));
        let length = number(length.and_then(|length| u32::try_from(length).ok()))?;
        Ok(Chunk { length, id: next_id(last), layout: last.layout, places })
    }

    fn decode_far(&self, rest: &mut &[u8]) -> Result<Chunk, Malformed> {
        let (mut id, mut layout) = (0, Layout::WHOLE);
        if self.format == CODED {
            layout =
                Layout::new(take_byte(rest)?, take_byte(rest)?).ok_or(Malformed("an impossible layout"))?;
            id = match take_byte(rest)? {
                ID_NEXT => {
                    let last = self.last.as_ref().ok_or(Malformed("an id that continues nothing"))?;
                    next_id(&last.chunk)
                }
                ID_GIVEN => {
                    let (id, behind) = rest.split_first_chunk().ok_or(Malformed("cut short"))?;
                    *rest = behind;
                    u128::from_le_bytes(*id)
                }
                _ => return Err(Malformed("an unknown kind of id")),
            };
            if id == 0 && layout != Layout::WHOLE {
                return Err(Malformed("a coded chunk without an id"));
            }
        }
        let mut places = Places::new();
        for _ in 0..layout.shards() {
            places.push(Place {
                device: number(u16::try_from(take_varint(rest)?).ok())?,
                volume: number(u32::try_from(take_varint(rest)?).ok())?,
                offset: offset(Some(take_varint(rest)?))?,
            });
        }
        let length = number(u32::try_from(take_varint(rest)?).ok())?;
        Ok(Chunk { length, id, layout, places })
    }
}

/// A body's chunks have consecutive ids; 0 stays out of them, since it stands for none.
const fn next_id(chunk: &Chunk) -> u128 {
    match (chunk.id, chunk.id.wrapping_add(1)) {
        (0, _) => 0,
        (_, 0) => 1,
        (_, next) => next,
    }
}

fn flush_same(out: &mut Vec<u8>, same: &mut u64) {
    if *same > 0 {
        out.push(SAME);
        put_varint(out, std::mem::take(same));
    }
}

const fn blocks(place: &Place) -> u64 {
    place.offset / BLOCK_BYTES
}

fn offset(blocks: Option<u64>) -> Result<u64, Malformed> {
    blocks.and_then(|blocks| blocks.checked_mul(BLOCK_BYTES)).ok_or(Malformed("a place out of bounds"))
}

fn number<T>(number: Option<T>) -> Result<T, Malformed> {
    number.ok_or(Malformed("a number out of bounds"))
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, lowest first; the top bit says that more follow.
fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_byte(rest: &mut &[u8]) -> Result<u8, Malformed> {
    let (byte, behind) = rest.split_first().ok_or(Malformed("cut short"))?;
    *rest = behind;
    Ok(*byte)
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(rest)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(Malformed("a number out of bounds"));
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed("a number out of bounds"))
}
