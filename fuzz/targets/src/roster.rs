//! The list of a site's devices, as bytes and as fields.
//!
//! The input's first byte says which. Fields reach what a checksum keeps random bytes from: they fill the entries
//! of a page whose checksum is then right.

use devices::format::Copy;
use devices::{CatalogCopy, Entry, Generation, Numbers, Reason, Roster, SiteId, State};
use model::{DeviceNumber, Timestamp, Zone};
use volume::DeviceId;
use xxhash_rust::xxh3::xxh3_64;

use crate::input::Input;

const REASONS: [Reason; 6] =
    [Reason::Missing, Reason::Failed, Reason::Hung, Reason::Swapped, Reason::Stale, Reason::Ordered];
const HEAD_BYTES: usize = 64;
const ENTRY_BYTES: usize = 96;

/// What decodes encodes to the same; one page may rot; and the rules stand on whatever was decoded.
pub fn roster(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.u8() % 3 {
        0 => sound(input.rest()),
        1 => sound(&page(input.rest()).repeat(2)),
        _ => fields(&mut input),
    }
}

fn sound(bytes: &[u8]) {
    let Ok(copy) = Copy::decode(bytes) else { return };
    assert_eq!(Copy::decode(&copy.encode()).as_ref(), Ok(&copy));
    let roster = copy.roster;
    let (members, before) = (roster.members(), roster.were_members());
    assert!(roster.is_settled() == (members == before));
    assert!(!roster.may_start_with(&Numbers::new()), "nobody starts with nobody");
    assert_eq!(roster.may_go_on(), !members.is_empty() && 2 * (&members & &before).len() >= before.len());
    // To those who were taken out and never heard of it, the members before are members still.
    let mut unheard = roster.clone();
    for entry in &mut unheard.entries {
        entry.state = if entry.was_member { State::In } else { State::Removed };
    }
    let others: Numbers = before.difference(&members).copied().collect();
    assert!(!(roster.may_go_on() && unheard.may_start_with(&others)), "those who were taken out start alone");
    let mut settled = roster;
    settled.settle();
    assert!(settled.is_settled());
    assert_eq!(settled.may_start_with(&members), !members.is_empty());
}

/// A head that is right before entries that are anything.
fn page(entries: &[u8]) -> Vec<u8> {
    let count = (entries.len() / ENTRY_BYTES).min(40);
    let roster = Roster { next_number: u16::MAX, ..Roster::new(SiteId([1; 16])) };
    let mut page = Copy { device: DeviceId([2; 16]), promised: 3, roster }.encode();
    page.truncate(page.len() / 2);
    page[58..60].copy_from_slice(&(count as u16).to_le_bytes());
    let end = HEAD_BYTES + count * ENTRY_BYTES;
    page[HEAD_BYTES..end].copy_from_slice(&entries[..count * ENTRY_BYTES]);
    let sum = xxh3_64(&page[..end]);
    page[end..end + 8].copy_from_slice(&sum.to_le_bytes());
    page
}

fn fields(input: &mut Input<'_>) {
    let generation = Generation { start: input.u32() >> 1, change: input.u32() >> 1 };
    let mut roster = Roster { generation, ..Roster::new(SiteId(input.array())) };
    while !input.is_empty() && roster.entries.len() < 100 {
        roster.entries.push(entry(input, roster.next_number));
        roster.next_number += 1 + u16::from(input.u8());
    }
    let copy = Copy { device: DeviceId(input.array()), promised: input.u32() >> 1, roster };
    let mut bytes = copy.encode();
    let (half, bit) = (bytes.len() / 2, usize::from(input.u16()));
    bytes[bit / 8 % half] ^= 1 << (bit % 8);
    assert_eq!(Copy::decode(&bytes).as_ref(), Ok(&copy), "one page is enough");
    sound(&bytes);
}

fn entry(input: &mut Input<'_>, number: u16) -> Entry {
    let reason = REASONS[usize::from(input.u8()) % REASONS.len()];
    Entry {
        number: DeviceNumber(number),
        device: DeviceId(input.array()),
        zone: Zone::parse(&String::from_utf8_lossy(input.take(3))),
        state: [State::In, State::Draining, State::Out(reason), State::Removed][usize::from(input.u8()) % 4],
        since: Timestamp::from_millis(input.edge().cast_signed()),
        was_member: input.u8().is_multiple_of(2),
        catalog: [None, Some(CatalogCopy::Whole), Some(CatalogCopy::Filling)][usize::from(input.u8()) % 3],
    }
}
