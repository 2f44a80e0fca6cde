//! Round trips, rot and any bytes; and the frozen bytes of format 1.

use proptest::prelude::{any, prop, prop_assert_eq, proptest};

use super::*;

fn id(byte: u8) -> DeviceId {
    DeviceId([byte; 16])
}

/// One entry of each state. What `fixtures/roster-format-1.bin` holds.
fn sample() -> Copy {
    let entry = |number: u16, state| Entry {
        number: DeviceNumber(number),
        device: id(number as u8 + 0x10),
        zone: Zone::parse(&format!("rack-{number}")).filter(|_| number != 2),
        state,
        since: Timestamp::from_millis(1_800_000_000_000 + i64::from(number)),
        was_member: number < 3,
        catalog: None,
    };
    let mut entries = vec![
        entry(0, State::In),
        entry(1, State::Draining),
        entry(2, State::Out(Reason::Hung)),
        entry(5, State::Removed),
    ];
    entries[0].catalog = Some(CatalogCopy::Whole);
    entries[1].catalog = Some(CatalogCopy::Filling);
    let generation = Generation { start: 7, change: 3 };
    let roster = Roster { site: SiteId([0xAB; 16]), generation, next_number: 6, entries };
    Copy { device: id(0x10), promised: 8, roster }
}

#[test]
fn what_format_1_wrote_reads_for_ever_and_is_written_the_same() {
    let frozen = include_bytes!("../../tests/fixtures/roster-format-1.bin");
    assert_eq!(Copy::decode(frozen), Ok(sample()));
    assert_eq!(sample().encode(), frozen);
}

#[test]
fn a_device_that_is_out_by_order_is_read_for_ever_and_written_the_same() {
    let mut copy = sample();
    copy.roster.entries[2].state = State::Out(Reason::Ordered);
    let frozen = include_bytes!("../../tests/fixtures/roster-format-1-ordered.bin");
    assert_eq!(Copy::decode(frozen), Ok(copy.clone()));
    assert_eq!(copy.encode(), frozen);
}

#[test]
fn any_number_of_entries_fills_whole_blocks_twice() {
    for count in [0, 1, 41, 42, 43, 600] {
        let mut copy = sample();
        copy.roster.entries = (0..count)
            .map(|number| Entry { number: DeviceNumber(number), ..copy.roster.entries[0].clone() })
            .collect();
        copy.roster.next_number = count;
        let bytes = copy.encode();
        assert!(bytes.len().is_multiple_of(8192), "{count}");
        assert_eq!(Copy::decode(&bytes), Ok(copy));
    }
}

#[test]
fn rot_in_one_page_costs_nothing_and_in_both_is_found() {
    let bytes = sample().encode();
    let used = HEAD_BYTES + 4 * ENTRY_BYTES + SUM_BYTES;
    for at in 0..used {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        assert_eq!(Copy::decode(&bent), Ok(sample()), "{at}");
        bent[bytes.len() / 2 + at] ^= 0x80;
        assert!(Copy::decode(&bent).is_err(), "{at}");
    }
}

#[test]
fn what_no_faultless_program_wrote_is_refused() {
    let broken: [fn(&mut Copy); 4] = [
        |copy| copy.roster.entries.swap(0, 1),
        |copy| copy.roster.next_number = 5,
        |copy| copy.roster.generation.start = u32::MAX,
        |copy| copy.promised = COUNTER_END,
    ];
    for breaks in broken {
        let mut copy = sample();
        breaks(&mut copy);
        assert!(Copy::decode(&copy.encode()).is_err(), "{copy:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), pages in 0..3_usize) {
        let mut bytes = bytes;
        bytes.resize(bytes.len().max(pages * 8192), 0);
        assert!(Copy::decode(&bytes).is_err());
    }

    #[test]
    fn any_fields_behind_a_good_checksum_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 3 * ENTRY_BYTES)) {
        let mut copy = sample();
        copy.roster.entries.truncate(3);
        let mut page = copy.encode();
        page.truncate(4096);
        page[HEAD_BYTES..HEAD_BYTES + bytes.len()].copy_from_slice(&bytes);
        let at = HEAD_BYTES + bytes.len();
        let sum = xxh3_64(&page[..at]).to_le_bytes();
        page[at..at + SUM_BYTES].copy_from_slice(&sum);
        if let Ok(copy) = Copy::decode(&page.repeat(2)) {
            prop_assert_eq!(Copy::decode(&copy.encode()), Ok(copy));
        }
    }
}
