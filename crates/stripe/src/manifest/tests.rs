//! Manifests come back as they went, and cost little.

use erasure::Layout;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};

use super::encoding::{NEAR, SAME};
use super::{CHUNKS_MAX, Malformed, Manifest};
use crate::chunk::{CHUNK_BYTES, Chunk, Place};

fn chunk(volume: u32, block: u64, length: u32) -> Chunk {
    Chunk::whole(Place { device: 0, volume, offset: block * 4096 }, length)
}

/// 4+2 over six devices whose volumes fill alike, as far as `drift` lets them.
fn coded(number: u64, drift: impl Fn(u16) -> u64) -> Chunk {
    let layout = Layout { data: 4, parity: 2 };
    let place = |device| Place { device, volume: 7, offset: (1 + number * 65 + drift(device)) * 4096 };
    Chunk {
        length: CHUNK_BYTES as u32,
        id: 99 + u128::from(number),
        layout,
        places: (0..6).map(place).collect(),
    }
}

/// As one lane lays them when nobody else writes.
fn adjacent(count: u64) -> Manifest {
    (0..count).map(|number| chunk(3, 1 + number * 257, CHUNK_BYTES as u32)).collect()
}

#[test]
fn adjacent_chunks_cost_next_to_nothing() {
    let largest_part = adjacent(5120);
    assert!(largest_part.encode().len() < 20, "{}", largest_part.encode().len());
    assert_eq!(Manifest::decode(&largest_part.encode()), Ok(largest_part));
    let one = Manifest::new(vec![chunk(3, 1, 70_000)]);
    assert!(one.encode().len() < 10);
    assert_eq!(Manifest::new(Vec::new()).encode().len(), 1);
}

#[test]
fn chunks_of_several_uploads_in_turn_cost_a_few_bytes() {
    // Every third place is ours; now and then the volume changes.
    let mixed: Manifest =
        (0..1000).map(|n| chunk(3 + n as u32 / 300, 1 + n * 771 + n % 7, CHUNK_BYTES as u32)).collect();
    assert!(mixed.encode().len() < 1000 * 5, "{}", mixed.encode().len());
    assert_eq!(Manifest::decode(&mixed.encode()), Ok(mixed));
}

#[test]
fn a_slice_names_the_parts_of_the_chunks_that_hold_it() {
    let manifest = Manifest::new(vec![chunk(1, 1, 10), chunk(1, 2, 0), chunk(2, 9, 20), chunk(1, 3, 5)]);
    let [first, _, third, fourth] = [0, 1, 2, 3].map(|at| &manifest.chunks()[at]);
    let slice = |range| manifest.slice(range).collect::<Vec<_>>();
    assert_eq!(manifest.len_bytes(), 35);
    assert_eq!(slice(0..35), [(first, 0..10), (third, 0..20), (fourth, 0..5)]);
    assert_eq!(slice(9..11), [(first, 9..10), (third, 0..1)]);
    assert_eq!(slice(10..30), [(third, 0..20)]);
    assert_eq!(slice(34..1000), [(fourth, 4..5)]);
    assert_eq!(slice(35..36), []);
    assert_eq!(slice(5..5), []);
}

#[test]
fn what_would_grow_beyond_all_bounds_is_refused() {
    let mut bytes = adjacent(1).encode();
    bytes.extend([SAME, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(Manifest::decode(&bytes), Err(Malformed("too many chunks")));
    let most = adjacent(CHUNKS_MAX as u64);
    assert_eq!(Manifest::decode(&most.encode()), Ok(most));
    assert!(Manifest::decode(&[]).is_err());
    assert!(Manifest::decode(&[3]).is_err());
    assert!(Manifest::decode(&[1, NEAR, 0, 0]).is_err());
}

const FORMAT_2: &[u8] = &[
    2, 2, 4, 2, 1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 1, 1, 7, 1, 2, 7, 1, 3, 7, 1, 4, 7,
    1, 5, 7, 1, 128, 128, 64, 0, 2, 1, 130, 1, 132, 1, 134, 1, 136, 1, 138, 1, 140, 1, 0, 2, 4, 2, 1, 5, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 131, 1, 1, 7, 132, 1, 2, 7, 133, 1, 3, 8, 134, 1, 4, 7,
    135, 1, 5, 7, 136, 1, 128, 128, 64,
];

/// A manifest whose encoding may never change: it lies in catalogs.
#[test]
fn format_1_is_frozen() {
    let manifest = Manifest::new(vec![
        chunk(3, 1, 1 << 20),
        chunk(3, 258, 1 << 20),
        chunk(3, 515, 1 << 20),
        chunk(3, 800, 77),
        chunk(1_000_000, 9, 5),
    ]);
    let bytes = [
        1, 2, 0, 3, 1, 0x80, 0x80, 0x40, 0, 2, 1, 0xba, 0x04, 0xe5, 0xfe, 0x7f, 2, 0, 0xc0, 0x84, 0x3d, 9, 5,
    ];
    assert_eq!(manifest.encode(), bytes);
    assert_eq!(Manifest::decode(&bytes), Ok(manifest));
}

#[test]
fn format_2_is_frozen() {
    let mut far = coded(2, u64::from);
    far.id = 5;
    far.places[3].volume = 8;
    let manifest =
        Manifest::new(vec![coded(0, |_| 0), coded(1, |_| 0), coded(2, |_| 0), coded(3, u64::from), far]);
    let bytes = FORMAT_2;
    assert_eq!(manifest.encode(), bytes);
    assert_eq!(Manifest::decode(bytes), Ok(manifest));
}

#[test]
fn coded_chunks_cost_little_more_than_uncoded_ones() {
    let alone: Manifest = (0..5120).map(|number| coded(number, |_| 0)).collect();
    assert!(alone.encode().len() < 60, "{}", alone.encode().len());
    assert_eq!(Manifest::decode(&alone.encode()), Ok(alone));
    let among_others: Manifest =
        (0..1000).map(|n| coded(n, |device| n * 130 + n * 7 % (3 + u64::from(device)))).collect();
    assert!(among_others.encode().len() < 1000 * 16, "{}", among_others.encode().len());
    assert_eq!(Manifest::decode(&among_others.encode()), Ok(among_others));
}

fn chunks() -> impl Strategy<Value = Chunk> {
    let place = (0..3_u16, 0..4_u32, 0..1_u64 << 40);
    let place = place.prop_map(|(device, volume, block)| Place { device, volume, offset: block * 4096 });
    let length = proptest::prop_oneof![Just(CHUNK_BYTES as u32), any::<u32>()];
    let layouts = [(1, 0), (1, 0), (1, 1), (2, 1), (4, 2)].map(|(data, parity)| Layout { data, parity });
    (vec(place, 6), length, proptest::sample::select(layouts.to_vec()), 1..3_u128).prop_map(
        |(places, length, layout, id)| {
            let id = if layout == Layout::WHOLE { 0 } else { id };
            Chunk { length, id, layout, places: places.into_iter().take(layout.shards().into()).collect() }
        },
    )
}

proptest! {
    #[test]
    fn any_manifest_comes_back(chunks in vec(chunks(), 0..200), runs in vec(0..5_u64, 0..200)) {
        // Runs of adjacent chunks behind each drawn one.
        let grown: Vec<Chunk> = chunks
            .iter()
            .zip(runs.iter().chain(std::iter::repeat(&0)))
            .flat_map(|(chunk, run)| {
                let stride = 4096 * (1 + u64::from(chunk.length) / 4096);
                (0..=*run).map(move |n| {
                    let mut next = chunk.clone();
                    next.places.iter_mut().for_each(|place| place.offset += n * stride);
                    next.id += u128::from(n) * u128::from(next.id > 0);
                    next
                })
            })
            .collect();
        let manifest = Manifest::new(grown);
        prop_assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>) {
        let _ = Manifest::decode(&bytes);
        for format in [1, 2] {
            let tokens: Vec<u8> = [format].into_iter().chain(bytes.iter().map(|byte| byte % 5)).collect();
            let _ = Manifest::decode(&tokens);
        }
    }
}
