//! The bytes of the file `roster`: `docs/formats/roster.md` draws them. Pure.

use model::{DeviceNumber, Timestamp, Zone};
use volume::DeviceId;
use volume::format::{BLOCK_BYTES, Mismatch, round_up_to_block};
use xxhash_rust::xxh3::xxh3_64;

use crate::roster::{CatalogCopy, Entry, Generation, Reason, Roster, SiteId, State};

const MARKER: &[u8; 8] = b"SRroster";
const FORMAT: u32 = 1;
const HEAD_BYTES: usize = 64;
const ENTRY_BYTES: usize = 96;
const ENTRY_ZONE: usize = 32;
const SUM_BYTES: usize = 8;
/// No counter gets there in the life of a site; it may always be counted on.
const COUNTER_END: u32 = 1 << 31;

const WAS_MEMBER: u8 = 1;

/// What one device holds of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The device that holds it.
    pub device: DeviceId,
    /// The highest start that the device has promised itself to. It takes no roster of an earlier one.
    pub promised: u32,
    pub roster: Roster,
}

impl Copy {
    /// The same page twice, so that a sector that rots costs nothing.
    pub fn encode(&self) -> Vec<u8> {
        let roster = &self.roster;
        let mut page = Vec::new();
        page.extend_from_slice(MARKER);
        page.extend_from_slice(&FORMAT.to_le_bytes());
        page.extend_from_slice(&self.promised.to_le_bytes());
        page.extend_from_slice(&roster.site.0);
        page.extend_from_slice(&self.device.0);
        page.extend_from_slice(&roster.generation.start.to_le_bytes());
        page.extend_from_slice(&roster.generation.change.to_le_bytes());
        page.extend_from_slice(&roster.next_number.to_le_bytes());
        page.extend_from_slice(&(roster.entries.len() as u16).to_le_bytes());
        page.resize(HEAD_BYTES, 0);
        for entry in &roster.entries {
            encode_entry(entry, &mut page);
        }
        page.extend_from_slice(&xxh3_64(&page).to_le_bytes());
        page.resize(round_up_to_block(page.len() as u64) as usize, 0);
        page.repeat(2)
    }

    /// The first page that is whole.
    pub fn decode(bytes: &[u8]) -> Result<Self, Mismatch> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        decode_page(first).or_else(|mismatch| decode_page(second).map_err(|_| mismatch))
    }
}

fn encode_entry(entry: &Entry, page: &mut Vec<u8>) {
    let end = page.len() + ENTRY_BYTES;
    let (state, reason) = match entry.state {
        State::In => (1, 0),
        State::Draining => (2, 0),
        State::Out(reason) => (3, reason_byte(reason)),
        State::Removed => (4, 0),
    };
    let catalog = match entry.catalog {
        None => 0,
        Some(CatalogCopy::Whole) => 1,
        Some(CatalogCopy::Filling) => 2,
    };
    let zone = entry.zone.as_ref().map(Zone::as_str).unwrap_or_default();
    page.extend_from_slice(&entry.number.0.to_le_bytes());
    page.extend_from_slice(&[state, reason, if entry.was_member { WAS_MEMBER } else { 0 }, catalog]);
    page.extend_from_slice(&[zone.len() as u8, 0]);
    page.extend_from_slice(&entry.device.0);
    page.extend_from_slice(&entry.since.millis().to_le_bytes());
    page.extend_from_slice(zone.as_bytes());
    page.resize(end, 0);
}

fn decode_page(page: &[u8]) -> Result<Copy, Mismatch> {
    let mut fields = Fields(page);
    let marker = fields.take::<8>();
    if marker != *MARKER {
        return Err(Mismatch::new("a roster's marker", format!("{marker:02x?}")));
    }
    let (format, promised) = (fields.u32(), fields.u32());
    let (site, device) = (SiteId(fields.take()), DeviceId(fields.take()));
    let generation = Generation { start: fields.u32(), change: fields.u32() };
    let (next_number, count) = (fields.u16(), usize::from(fields.u16()));
    let sum_at = HEAD_BYTES + count * ENTRY_BYTES;
    if page.len() as u64 != round_up_to_block((sum_at + SUM_BYTES) as u64) {
        return Err(Mismatch::new(format!("a roster of {count} entries"), format!("{} bytes", page.len())));
    }
    let (kept, sum) = (Fields(&page[sum_at..]).u64(), xxh3_64(&page[..sum_at]));
    if kept != sum {
        return Err(Mismatch::checksum("roster", kept, sum));
    }
    if format != FORMAT {
        return Err(Mismatch::new(format!("roster format {FORMAT}"), format.to_string()));
    }
    let entries = page[HEAD_BYTES..sum_at].chunks(ENTRY_BYTES).map(decode_entry).collect::<Option<Vec<_>>>();
    let entries = entries.ok_or_else(|| Mismatch::new("a roster's entry", "a field that means nothing"))?;
    let copy = Copy { device, promised, roster: Roster { site, generation, next_number, entries } };
    if copy.is_plausible() { Ok(copy) } else { Err(Mismatch::new("a roster that can be true", "none")) }
}

fn decode_entry(place: &[u8]) -> Option<Entry> {
    let mut fields = Fields(place);
    let number = DeviceNumber(fields.u16());
    let [state, reason, flags, catalog, zone_bytes, _] = fields.take();
    let zone = place.get(ENTRY_ZONE..ENTRY_ZONE + usize::from(zone_bytes))?;
    let zone = std::str::from_utf8(zone).ok()?;
    Some(Entry {
        number,
        device: DeviceId(fields.take()),
        zone: if zone.is_empty() { None } else { Some(Zone::parse(zone)?) },
        state: match state {
            1 => State::In,
            2 => State::Draining,
            3 => State::Out(reason_of(reason)?),
            4 => State::Removed,
            _ => return None,
        },
        since: Timestamp::from_millis(fields.u64().cast_signed()),
        was_member: flags & WAS_MEMBER != 0,
        catalog: match catalog {
            0 => None,
            1 => Some(CatalogCopy::Whole),
            2 => Some(CatalogCopy::Filling),
            _ => return None,
        },
    })
}

impl Copy {
    /// A checksum tells of rot, not of what a faulty program wrote.
    fn is_plausible(&self) -> bool {
        let Roster { generation, next_number, entries, .. } = &self.roster;
        [self.promised, generation.start, generation.change].iter().all(|counter| *counter < COUNTER_END)
            && entries.is_sorted_by(|one, other| one.number < other.number)
            && entries.last().is_none_or(|last| last.number.0 < *next_number)
    }
}

const fn reason_byte(reason: Reason) -> u8 {
    match reason {
        Reason::Missing => 1,
        Reason::Failed => 2,
        Reason::Hung => 3,
        Reason::Swapped => 4,
        Reason::Stale => 5,
        Reason::Ordered => 6,
    }
}

const fn reason_of(byte: u8) -> Option<Reason> {
    Some(match byte {
        1 => Reason::Missing,
        2 => Reason::Failed,
        3 => Reason::Hung,
        4 => Reason::Swapped,
        5 => Reason::Stale,
        6 => Reason::Ordered,
        _ => return None,
    })
}

/// Takes fields off the front. Behind the end all reads as zero, so it cannot fail.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        let (front, rest) = self.0.split_at(N.min(self.0.len()));
        field[..front.len()].copy_from_slice(front);
        self.0 = rest;
        field
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// A longer file is no roster: every number taken, and both pages.
pub const FILE_BYTES_MAX: u64 = 2 * ((u16::MAX as u64 + 1) * ENTRY_BYTES as u64 + BLOCK_BYTES);

#[cfg(test)]
mod tests;
