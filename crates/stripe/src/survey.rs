//! Records as they lie, with all that says which shard of which chunk each is: for who has no manifests.

use erasure::Layout;

use crate::chunk::{Chunk, Owner, Place, Places};
use crate::fault::Fault;
use crate::store::Store;
use crate::unit::Unit;

/// A living record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    pub owner: Owner,
    pub place: Place,
    /// The chunk's id; 0: it is a chunk of its own.
    pub chunk: u128,
    pub index: u8,
    pub layout: Layout,
    pub length: u32,
}

impl Place {
    /// Where nothing lies: no device has this number.
    pub const NOWHERE: Self = Self { device: u16::MAX, volume: 0, offset: 0 };
}

impl Chunk {
    /// The chunk of these bytes that the shards are of; what is not among them is nowhere. `None` when they do not fit
    /// together, or are too few to tell its bytes.
    pub fn of_shards(length: u32, shards: &[Shard]) -> Option<Self> {
        let Shard { chunk: id, layout, .. } = *shards.first()?;
        let mut places: Places = (0..layout.shards()).map(|_| Place::NOWHERE).collect();
        for shard in shards {
            let fits = shard.layout.stored_bytes(length as usize, shard.index) == shard.length as usize;
            if !fits || (shard.chunk, shard.layout) != (id, layout) {
                return None;
            }
            *places.get_mut(usize::from(shard.index))? = shard.place;
        }
        let found = places.iter().filter(|place| **place != Place::NOWHERE).count();
        (found >= usize::from(layout.data)).then_some(Self { length, id, layout, places })
    }
}

impl Store {
    /// All living records of one device, and an error for all that is neither a record nor a hole. Blocks.
    pub fn survey_shards(&self, device: u16) -> impl Iterator<Item = Result<Shard, Fault>> + Send + 'static {
        let unit = self.ranks().get(device).filter(|unit| !unit.is_out()).cloned();
        unit.into_iter().flat_map(|unit| {
            let living = unit.device.set().survey();
            living.filter_map(move |found| shard(&unit, found).transpose())
        })
    }
}

/// `None` for a layout that no code makes.
fn shard(unit: &Unit, found: Result<volume::Orphan, volume::Fault>) -> Result<Option<Shard>, Fault> {
    let volume::Orphan { extent, coding, owner, .. } = found.map_err(|fault| unit.fault(fault))?;
    let Some(layout) = Layout::new(coding.data_shards, coding.parity_shards) else { return Ok(None) };
    let place = unit.place(&extent);
    let (chunk, index, length) = (coding.chunk, coding.shard, extent.length);
    Ok(Some(Shard { owner: Owner::recorded(owner), place, chunk, index, layout, length }))
}
