//! Proven nodes in memory, bounded by their bytes: a clock over each of several shards.
//!
//! A node is asked for by its piece, checksum and all: so one whose page was written anew is not found, and nothing
//! ever has to be taken out.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

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
    places: HashMap<u32, usize, BuildHasherDefault<PageHasher>>,
    slots: Vec<Slot>,
    hand: usize,
    bytes: usize,
}

struct Slot {
    node: Arc<Node>,
    /// Since the hand passed.
    used: bool,
}

impl Cache {
    pub fn new(bytes_max: usize) -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, shard_bytes_max: bytes_max / SHARDS }
    }

    pub fn get(&self, piece: Piece) -> Option<Arc<Node>> {
        let mut shard = self.shard(piece).lock().unwrap_or_else(PoisonError::into_inner);
        let place = *shard.places.get(&piece.page)?;
        let slot = &mut shard.slots[place];
        if slot.node.piece() != piece {
            return None;
        }
        slot.used = true;
        Some(slot.node.clone())
    }

    pub fn insert(&self, node: Arc<Node>) {
        let piece = node.piece();
        self.shard(piece).lock().unwrap_or_else(PoisonError::into_inner).insert(node, self.shard_bytes_max);
    }

    /// Neighbouring pages lie in different shards.
    fn shard(&self, piece: Piece) -> &Mutex<Shard> {
        &self.shards[piece.page as usize % SHARDS]
    }
}

impl Shard {
    fn insert(&mut self, node: Arc<Node>, bytes_max: usize) {
        let page = node.piece().page;
        if let Some(place) = self.places.get(&page) {
            self.evict(*place);
        }
        let bytes = cost(&node);
        while self.bytes + bytes > bytes_max {
            if self.slots.is_empty() {
                return;
            }
            self.hand %= self.slots.len();
            if std::mem::take(&mut self.slots[self.hand].used) {
                self.hand += 1;
            } else {
                self.evict(self.hand);
                // The newest of all stands there now: it is not to be the next to go.
                self.hand += 1;
            }
        }
        self.bytes += bytes;
        self.places.insert(page, self.slots.len());
        // New nodes are not yet used: a walk through everything does not drive out what is asked for again.
        self.slots.push(Slot { node, used: false });
    }

    fn evict(&mut self, place: usize) {
        let gone = self.slots.swap_remove(place);
        self.bytes -= cost(&gone.node);
        self.places.remove(&gone.node.piece().page);
        if let Some(moved) = self.slots.get(place) {
            self.places.insert(moved.node.piece().page, place);
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

    fn node(page: u32) -> Arc<Node> {
        let (mut bytes, value) = (Vec::new(), vec![7; 1_000]);
        encode(&mut bytes, 0, 0, [(&b"key"[..], Cell::Inline(&value))].into_iter());
        Arc::new(Node::decode(Piece::of(page, &bytes), bytes, 0).unwrap())
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
