//! Proven nodes in memory, bounded by their bytes: a clock over each of several shards.
//!
//! A node is asked for by its piece, checksum and all: so one whose page was written anew is not found, and nothing
//! ever has to be taken out.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use super::node::Node;
use super::piece::Piece;

const SHARDS: usize = 64;
/// What a node costs beside its bytes: its header, the slot, the map's entry.
const OVERHEAD_BYTES: usize = 128;

pub struct Cache {
    shards: Box<[Mutex<Shard>]>,
    shard_bytes_max: usize,
}

#[derive(Default)]
struct Shard {
    slots: HashMap<u32, Slot, BuildHasherDefault<PageHasher>>,
    /// The pages of all of them, in the clock's order.
    clock: Vec<u32>,
    hand: usize,
    bytes: usize,
}

struct Slot {
    node: Node,
    /// Since the hand passed.
    used: bool,
}

impl Cache {
    pub fn new(bytes_max: usize) -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, shard_bytes_max: bytes_max / SHARDS }
    }

    pub fn get(&self, piece: Piece) -> Option<Node> {
        let mut shard = self.shard(piece).lock().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.slots.get_mut(&piece.page).filter(|slot| slot.node.piece() == piece)?;
        slot.used = true;
        Some(slot.node.clone())
    }

    pub fn insert(&self, node: Node) {
        let piece = node.piece();
        self.shard(piece).lock().unwrap_or_else(PoisonError::into_inner).insert(node, self.shard_bytes_max);
    }

    /// Neighbouring pages lie in different shards.
    fn shard(&self, piece: Piece) -> &Mutex<Shard> {
        &self.shards[piece.page as usize % SHARDS]
    }
}

impl Shard {
    fn insert(&mut self, node: Node, bytes_max: usize) {
        let page = node.piece().page;
        let bytes = cost(&node);
        while self.bytes + bytes > bytes_max && !self.clock.is_empty() {
            self.hand %= self.clock.len();
            let slot = self.slots.get_mut(&self.clock[self.hand]);
            if !slot.is_some_and(|slot| std::mem::take(&mut slot.used)) {
                let gone = self.clock.swap_remove(self.hand);
                self.bytes -= self.slots.remove(&gone).map_or(0, |slot| cost(&slot.node));
            }
            // After an eviction the newest of all stands here: it is not to be the next to go.
            self.hand += 1;
        }
        if bytes > bytes_max {
            return;
        }
        self.bytes += bytes;
        // New nodes are not yet used: a walk through everything does not drive out what is asked for again.
        match self.slots.insert(page, Slot { node, used: false }) {
            Some(stale) => self.bytes -= cost(&stale.node),
            None => self.clock.push(page),
        }
    }
}

fn cost(node: &Node) -> usize {
    node.piece().bytes as usize + OVERHEAD_BYTES
}

/// Page numbers are dealt out by us, so that one multiplication spreads them well enough.
#[derive(Default)]
struct PageHasher(u64);

impl Hasher for PageHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, page: u32) {
        self.0 = (self.0 ^ u64::from(page)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Cell;
    use super::super::node::encode;
    use super::*;

    fn node(page: u32) -> Node {
        let (mut bytes, value) = (world::AlignedBytes::new(), vec![7; 1_000]);
        encode(&mut bytes, 0, 0, [(&b"key"[..], Cell::Inline(&value))].into_iter());
        Node::decode(Piece::of(page, &bytes), &bytes, 0).unwrap()
    }

    #[test]
    fn what_is_asked_for_again_stays_and_the_bound_holds() {
        let cache = Cache::new(SHARDS * 10 * 1_200);
        for page in 0..2_000 {
            cache.insert(node(page));
            // Of each shard one is asked for all the time.
            (0..SHARDS as u32).for_each(|hot| drop(cache.get(node(hot).piece())));
        }
        let kept: Vec<u32> = (0..2_000).filter(|page| cache.get(node(*page).piece()).is_some()).collect();
        assert!(kept.starts_with(&(0..SHARDS as u32).collect::<Vec<_>>()));
        assert!((SHARDS * 9..=SHARDS * 10).contains(&kept.len()), "{} nodes", kept.len());
        // Of the others the newest.
        assert!(kept[SHARDS] > 1_000, "{kept:?}");
    }

    #[test]
    fn a_page_that_was_written_anew_is_not_found() {
        let cache = Cache::new(1 << 20);
        let node = node(3);
        cache.insert(node.clone());
        assert!(cache.get(node.piece()).is_some());
        assert!(cache.get(Piece { sum: 1, ..node.piece() }).is_none());
    }
}
