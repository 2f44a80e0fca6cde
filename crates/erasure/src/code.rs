//! One code of `k` data and `m` parity shards: cut, encode, reconstruct.
//!
//! A chunk of `length` bytes has shards of `s = ⌈length / k⌉`: data shard `i` is its bytes `i·s` to `(i + 1)·s`. What the
//! last ones lack counts as zeros in the arithmetic and is neither stored nor returned; parity shards are whole.

use std::fmt;

use bytes::Bytes;
use sia_reed_solomon::ReedSolomon;

use crate::cut;
use crate::fault::Fault;
use crate::layout::Layout;

pub const DATA_MAX: u8 = 32;
pub const PARITY_MAX: u8 = 8;

/// Made once for each shape and shared; making one inverts a matrix.
pub struct Code {
    data: u8,
    parity: u8,
    /// None where there is nothing to compute: one data shard (mirrors) or no parity.
    arithmetic: Option<ReedSolomon>,
}

impl Code {
    /// 1 to `DATA_MAX` data shards and up to `PARITY_MAX` of parity.
    pub fn new(data: u8, parity: u8) -> Result<Self, Fault> {
        let unsupported = Fault::Unsupported { data, parity };
        if data == 0 || data > DATA_MAX || parity > PARITY_MAX {
            return Err(unsupported);
        }
        let arithmetic = match (data, parity) {
            (1, _) | (_, 0) => None,
            _ => Some(ReedSolomon::new(data.into(), parity.into()).map_err(|_| unsupported)?),
        };
        Ok(Self { data, parity, arithmetic })
    }

    pub const fn data(&self) -> u8 {
        self.data
    }

    pub const fn parity(&self) -> u8 {
        self.parity
    }

    /// Of data and parity together: shard indexes are below this, the data's first.
    pub const fn shards(&self) -> u8 {
        self.layout().shards()
    }

    const fn layout(&self) -> Layout {
        Layout { data: self.data, parity: self.parity }
    }

    /// As `Layout::shard_bytes`.
    pub const fn shard_bytes(&self, length: usize) -> usize {
        self.layout().shard_bytes(length)
    }

    /// As `Layout::stored_bytes`.
    pub fn stored_bytes(&self, length: usize, index: u8) -> usize {
        self.layout().stored_bytes(length, index)
    }

    /// The chunk's data shards. Copies only those that do not lie in one piece.
    pub fn cut(&self, pieces: &[Bytes]) -> Vec<Bytes> {
        let length = pieces.iter().map(Bytes::len).sum();
        cut::cut(pieces, (0..self.data).map(|index| self.stored_bytes(length, index)))
    }

    /// The parity shards to these data shards, which are all of them and as long as `cut` makes them.
    pub fn encode(&self, data: &[Bytes]) -> Vec<Bytes> {
        let length: usize = data.iter().map(Bytes::len).sum();
        let as_cut = |(index, shard): (u8, &Bytes)| shard.len() == self.stored_bytes(length, index);
        assert!(
            data.len() == usize::from(self.data) && (0..).zip(data).all(as_cut),
            "these are no data shards of one chunk"
        );
        let whole = self.shard_bytes(length);
        match &self.arithmetic {
            Some(_) if whole == 0 => vec![Bytes::new(); self.parity.into()],
            Some(arithmetic) => parity_of(arithmetic, data, whole),
            None => data.iter().cycle().take(self.parity.into()).cloned().collect(),
        }
    }

    /// The wanted shards of a chunk of `length` bytes, in the order asked for, each as long as it is stored. Those at
    /// hand are `present`, proven by the caller; empty data shards need not be. Of what is present `k` suffice.
    pub fn reconstruct(
        &self,
        length: usize,
        present: &[(u8, Bytes)],
        wanted: &[u8],
    ) -> Result<Vec<Bytes>, Fault> {
        let known = self.known(length, present)?;
        if let Some(&index) = wanted.iter().find(|&&index| index >= self.shards()) {
            return Err(self.no_such_shard(index));
        }
        let at_hand = |&index: &u8| known[usize::from(index)].cloned();
        if let Some(shards) = wanted.iter().map(at_hand).collect() {
            return Ok(shards);
        }
        let count = known.iter().flatten().count() as u8;
        if count < self.data {
            return Err(Fault::NotEnough { needed: self.data, present: count });
        }
        let Some(arithmetic) = &self.arithmetic else {
            // As something is wanted that is not at hand, these are mirrors, and one of them is here.
            return Ok(wanted
                .iter()
                .filter_map(|_| known.iter().flatten().next().copied().cloned())
                .collect());
        };
        let whole = self.shard_bytes(length);
        let mut shards: Vec<Option<Vec<u8>>> =
            known.iter().map(|shard| shard.map(|shard| padded(shard, whole))).collect();
        let outcome = if wanted.iter().all(|&index| index < self.data) {
            arithmetic.reconstruct_data(&mut shards)
        } else {
            arithmetic.reconstruct(&mut shards)
        };
        outcome.map_err(|_| Fault::NotEnough { needed: self.data, present: count })?;
        let mut shards: Vec<Bytes> =
            shards.into_iter().map(|shard| shard.unwrap_or_default().into()).collect();
        for (index, shard) in (0..).zip(&mut shards) {
            shard.truncate(self.stored_bytes(length, index));
        }
        Ok(wanted.iter().map(|&index| shards[usize::from(index)].clone()).collect())
    }

    /// What is at hand by index, empty data shards among it.
    fn known<'a>(&self, length: usize, present: &'a [(u8, Bytes)]) -> Result<Vec<Option<&'a Bytes>>, Fault> {
        static EMPTY: Bytes = Bytes::new();
        let mut known: Vec<Option<&Bytes>> = (0..self.shards())
            .map(|index| (self.stored_bytes(length, index) == 0).then_some(&EMPTY))
            .collect();
        for (index, shard) in present {
            let slot = known.get_mut(usize::from(*index)).ok_or_else(|| self.no_such_shard(*index))?;
            let expected = self.stored_bytes(length, *index);
            if shard.len() != expected {
                return Err(Fault::WrongLength { index: *index, expected, found: shard.len() });
            }
            *slot = Some(shard);
        }
        Ok(known)
    }

    const fn no_such_shard(&self, index: u8) -> Fault {
        Fault::NoSuchShard { index, shards: self.shards() }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}+{})", self.data, self.parity)
    }
}

/// The arithmetic wants data and parity in one list of one type.
enum Slot<'a> {
    Data(&'a [u8]),
    Own(Vec<u8>),
}

impl AsRef<[u8]> for Slot<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Data(bytes) => bytes,
            Self::Own(bytes) => bytes,
        }
    }
}

impl AsMut<[u8]> for Slot<'_> {
    fn as_mut(&mut self) -> &mut [u8] {
        match self {
            // Only parity is ever written.
            Self::Data(_) => &mut [],
            Self::Own(bytes) => bytes,
        }
    }
}

fn parity_of(arithmetic: &ReedSolomon, data: &[Bytes], whole: usize) -> Vec<Bytes> {
    let data = data
        .iter()
        .map(|shard| if shard.len() == whole { Slot::Data(shard) } else { Slot::Own(padded(shard, whole)) });
    let parity = (0..arithmetic.parity_shards()).map(|_| Slot::Own(vec![0; whole]));
    let mut slots: Vec<Slot<'_>> = data.chain(parity).collect();
    let outcome = arithmetic.encode(&mut slots);
    // Right counts and one length are all it asks for. Parity that was not computed must never be stored.
    assert!(outcome.is_ok(), "the arithmetic refused whole shards: {outcome:?}");
    let parity = slots.drain(arithmetic.data_shards()..);
    parity.map(|slot| if let Slot::Own(bytes) = slot { bytes.into() } else { Bytes::new() }).collect()
}

fn padded(shard: &[u8], whole: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(whole);
    bytes.extend_from_slice(shard);
    bytes.resize(whole, 0);
    bytes
}
