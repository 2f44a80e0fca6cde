//! Whatever is lost up to the parity comes back, byte for byte; beyond it, nothing false does.

use bytes::Bytes;
use erasure::{Code, DATA_MAX, Fault, PARITY_MAX};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
use proptest::sample::subsequence;

fn chunk(length: usize) -> Bytes {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

fn all_shards(code: &Code, pieces: &[Bytes]) -> Vec<(u8, Bytes)> {
    let data = code.cut(pieces);
    let parity = code.encode(&data);
    (0..).zip(data.into_iter().chain(parity)).collect()
}

fn without(shards: &[(u8, Bytes)], lost: &[u8]) -> Vec<(u8, Bytes)> {
    shards.iter().filter(|(index, _)| !lost.contains(index)).cloned().collect()
}

#[test]
fn every_pair_of_losses_comes_back_in_every_code_up_to_8_and_3() {
    for (data, parity) in (1..=8).flat_map(|data| (1..=3).map(move |parity| (data, parity))) {
        let code = Code::new(data, parity).unwrap();
        for length in [0, 1, 7, 8, 1001] {
            let shards = all_shards(&code, &[chunk(length)]);
            for (one, other) in
                (0..code.shards()).flat_map(|one| (one..code.shards()).map(move |other| (one, other)))
            {
                let lost = if one == other { vec![one] } else { vec![other, one] };
                let found = code.reconstruct(length, &without(&shards, &lost), &lost);
                if lost.len() <= usize::from(parity) {
                    let expected: Vec<Bytes> =
                        lost.iter().map(|&index| shards[usize::from(index)].1.clone()).collect();
                    assert_eq!(found.unwrap(), expected, "{code:?} {length} {lost:?}");
                } else if let Ok(found) = found {
                    // Short chunks leave data shards empty, and these cannot be lost.
                    assert!((0..).zip(&lost).all(|(at, &index)| found[at] == shards[usize::from(index)].1));
                }
            }
        }
    }
}

#[test]
fn the_widest_code_loses_all_its_parity_can() {
    let code = Code::new(DATA_MAX, PARITY_MAX).unwrap();
    let shards = all_shards(&code, &[chunk(100_003)]);
    let lost = [0, 5, 31, 32, 33, 34, 38, 39];
    let found = code.reconstruct(100_003, &without(&shards, &lost), &lost).unwrap();
    assert!(lost.iter().zip(found).all(|(&index, found)| found == shards[usize::from(index)].1));
}

/// A code, a chunk in pieces, and shards to lose in any order, as many as the parity.
fn losses() -> impl Strategy<Value = (u8, u8, Vec<Vec<u8>>, Vec<u8>)> {
    let shape = (1..=10u8, 0..=4u8);
    shape.prop_flat_map(|(data, parity)| {
        let pieces = vec(vec(any::<u8>(), 0..30_000), 0..5);
        let lost = subsequence((0..data + parity).collect::<Vec<u8>>(), usize::from(parity)).prop_shuffle();
        (proptest::strategy::Just(data), proptest::strategy::Just(parity), pieces, lost)
    })
}

proptest! {
    #[test]
    fn any_losses_up_to_the_parity_come_back((data, parity, pieces, lost) in losses()) {
        let code = Code::new(data, parity).unwrap();
        let pieces: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
        let chunk = pieces.concat();
        let shards = all_shards(&code, &pieces);
        for (index, shard) in &shards {
            prop_assert_eq!(shard.len(), code.stored_bytes(chunk.len(), *index));
        }
        let stored: Vec<Bytes> = shards[..usize::from(data)].iter().map(|(_, shard)| shard.clone()).collect();
        prop_assert_eq!(stored.concat(), chunk.clone());
        let found = code.reconstruct(chunk.len(), &without(&shards, &lost), &lost).unwrap();
        for (index, found) in lost.iter().zip(found) {
            prop_assert_eq!(&found, &shards[usize::from(*index)].1);
        }
    }
}

#[test]
fn mirrors_and_shards_at_hand_are_not_copied() {
    let code = Code::new(1, 2).unwrap();
    let whole = chunk(5000);
    let shards = all_shards(&code, std::slice::from_ref(&whole));
    let found = code.reconstruct(5000, &shards[2..], &[0, 1]).unwrap();
    assert!(
        shards.iter().map(|(_, shard)| shard).chain(&found).all(|shard| shard.as_ptr() == whole.as_ptr())
    );
}

#[test]
fn one_loss_too_many_is_told_with_both_numbers() {
    let code = Code::new(4, 2).unwrap();
    let shards = all_shards(&code, &[chunk(4000)]);
    let found = code.reconstruct(4000, &shards[3..], &[0]);
    assert_eq!(found, Err(Fault::NotEnough { needed: 4, present: 3 }));
    // What is at hand is given all the same.
    assert_eq!(
        code.reconstruct(4000, &shards[3..], &[3, 5]).unwrap(),
        [shards[3].1.clone(), shards[5].1.clone()]
    );
}

#[test]
fn the_same_shard_twice_counts_once() {
    let code = Code::new(2, 1).unwrap();
    let shards = all_shards(&code, &[chunk(10)]);
    let found = code.reconstruct(10, &[shards[1].clone(), shards[1].clone()], &[0]);
    assert_eq!(found, Err(Fault::NotEnough { needed: 2, present: 1 }));
}

#[test]
fn codes_that_do_not_exist_are_refused() {
    for (data, parity) in [(0, 0), (0, 1), (DATA_MAX + 1, 2), (4, PARITY_MAX + 1), (255, 255)] {
        assert_eq!(Code::new(data, parity).unwrap_err(), Fault::Unsupported { data, parity });
    }
}

#[test]
fn shards_of_wrong_length_or_index_are_refused() {
    let code = Code::new(4, 2).unwrap();
    let short = [(5, Bytes::from_static(b"12"))];
    let fault = Fault::WrongLength { index: 5, expected: 3, found: 2 };
    assert_eq!(code.reconstruct(10, &short, &[0]), Err(fault));
    let fault = Fault::NoSuchShard { index: 6, shards: 6 };
    assert_eq!(code.reconstruct(10, &[(6, Bytes::new())], &[0]), Err(fault));
    assert_eq!(code.reconstruct(10, &[], &[6]), Err(fault));
}

#[test]
#[should_panic(expected = "no data shards of one chunk")]
fn data_shards_of_uneven_length_are_a_programmers_error() {
    Code::new(2, 1).unwrap().encode(&[Bytes::from_static(b"1"), Bytes::from_static(b"123")]);
}
