//! The devices of the store, and the course of a body: which of them take its chunks.

use erasure::Layout;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::placement::{Candidate, choose};
use crate::unit::{Standing, Unit};

/// A chunk that is not longer is mirrored rather than cut up: its shards would be shorter than the blocks they fill.
const MIRROR_BYTES_MAX: usize = 16 * 1024;

/// How much of its redundancy a body wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redundancy {
    #[default]
    Full,
    /// One loss less, for storage classes that cost less.
    Reduced,
}

/// All devices, by number. Replaced as a whole when one comes or goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranks(BTreeMap<u16, Arc<Unit>>);

/// Where the chunks of one body go. Good until one of its devices fails.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub layout: Layout,
    /// A device and its lane for each shard.
    pub berths: Vec<(Arc<Unit>, usize)>,
}

impl Ranks {
    pub fn get(&self, number: u16) -> Option<&Arc<Unit>> {
        self.0.get(&number)
    }

    pub fn with(&self, unit: Arc<Unit>) -> Self {
        let mut ranks = self.clone();
        ranks.0.insert(unit.number, unit);
        ranks
    }

    pub fn without(&self, number: u16) -> Self {
        let mut ranks = self.clone();
        ranks.0.remove(&number);
        ranks
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Unit>> {
        self.0.values()
    }

    /// Those that take new bytes when they have space.
    pub fn takers(&self) -> impl Iterator<Item = &Arc<Unit>> {
        self.iter().filter(|unit| unit.standing() == Standing::In)
    }

    pub fn is_alone(&self) -> bool {
        self.0.len() == 1
    }

    /// A full device never costs redundancy: `NoSpace` then, as on a single one.
    pub fn course(&self, parity: u8, redundancy: Redundancy, turn: u64) -> Result<Course, Fault> {
        let wanted = self.layout(parity, redundancy).ok_or(Fault::Closed)?;
        let roomy: Vec<_> = self.takers().filter(|unit| !unit.is_full()).collect();
        let layout = layout(roomy.len(), parity, redundancy);
        let layout = layout.filter(|layout| layout.parity >= wanted.parity);
        let layout = layout.ok_or(Fault::NoSpace { wanted: 1 })?;
        let candidates = candidates(&roomy);
        let chosen = choose(&candidates, layout.shards().into(), &BTreeMap::new(), turn);
        let berth = |index: usize| (roomy[index].clone(), roomy[index].device.idlest_lane());
        let berths = chosen.ok_or(Fault::NoSpace { wanted: 1 })?.into_iter().map(berth).collect();
        Ok(Course { layout, berths })
    }

    /// A device for one more shard of a chunk whose other shards lie on `held`.
    pub fn berth_beside(&self, held: &[u16], turn: u64) -> Option<(Arc<Unit>, usize)> {
        let free: Vec<_> =
            self.takers().filter(|unit| !held.contains(&unit.number) && !unit.is_full()).collect();
        let mut zones = BTreeMap::new();
        for unit in held.iter().filter_map(|number| self.get(*number)) {
            *zones.entry(zone_number(&unit.zone)).or_default() += 1;
        }
        let chosen = choose(&candidates(&free), 1, &zones, turn)?;
        let unit = free[*chosen.first()?].clone();
        let lane = unit.device.idlest_lane();
        Some((unit, lane))
    }

    /// The first of `to` that may hold shard `index` of a chunk: no other shard of it lies there, and its zone then holds
    /// no more of them than the zone that the shard leaves.
    pub fn berth_for(&self, chunk: &Chunk, index: usize, to: &[u16]) -> Option<(Arc<Unit>, usize)> {
        let mut others = chunk.places.iter().map(|place| place.device).collect::<Vec<u16>>();
        let own = others.remove(index);
        let zone = |number: u16| self.get(number).map(|unit| zone_number(&unit.zone));
        let load = |number: u16| others.iter().filter(|other| zone(**other) == zone(number)).count();
        let may = |number: &&u16| !others.contains(number) && load(**number) <= load(own);
        let takes = |unit: &&Arc<Unit>| unit.standing() == Standing::In && !unit.is_full();
        let unit = to.iter().filter(may).filter_map(|number| self.get(*number)).find(takes)?;
        Some((unit.clone(), unit.device.idlest_lane()))
    }

    /// What a body of this redundancy gets now.
    pub fn layout(&self, parity: u8, redundancy: Redundancy) -> Option<Layout> {
        layout(self.takers().count(), parity, redundancy)
    }
}

impl Course {
    /// Short chunks are mirrored on as many devices as may be lost, and one.
    pub fn for_chunk(&self, length: usize) -> Layout {
        if self.layout.data > 1 && length <= MIRROR_BYTES_MAX {
            return Layout::new(1, self.layout.parity).unwrap_or(self.layout);
        }
        self.layout
    }

    /// A device of it was given up or has no space left.
    pub fn is_stale(&self) -> bool {
        self.berths.iter().any(|(unit, _)| unit.standing() != Standing::In)
    }
}

fn layout(devices: usize, parity: u8, redundancy: Redundancy) -> Option<Layout> {
    let parity = match redundancy {
        Redundancy::Full => parity,
        Redundancy::Reduced => erasure::reduced_parity(parity),
    };
    Layout::of(devices, parity)
}

fn candidates(units: &[&Arc<Unit>]) -> Vec<Candidate> {
    // One device is no choice: nothing need be measured.
    let measured = units.len() > 1;
    let candidate = |(index, unit): (usize, &&Arc<Unit>)| Candidate {
        index,
        zone: zone_number(&unit.zone),
        free: if measured { unit.free_sixteenths() } else { 16 },
        queued: unit.device.queued_bytes() >> 20,
    };
    units.iter().enumerate().map(candidate).collect()
}

/// Zones are only told apart.
fn zone_number(zone: &str) -> u32 {
    zone.bytes().fold(2_166_136_261, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(16_777_619))
}
