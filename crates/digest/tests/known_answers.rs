//! The catalogue's check values: each algorithm over "123456789" and over nothing, in S3's byte order. Those of
//! xxHash are what AWS's own runtime library gives.

use digest::{
    ChecksumHasher, ChecksumValue, CompositeChecksum, MultiHasher, combine, composite, md5, sha256,
};
use model::ChecksumAlgorithm;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ANSWERS: [(ChecksumAlgorithm, &str, &str); 10] = [
    (ChecksumAlgorithm::Crc32, "cbf43926", "00000000"),
    (ChecksumAlgorithm::Crc32c, "e3069283", "00000000"),
    (ChecksumAlgorithm::Crc64Nvme, "ae8b14860a799888", "0000000000000000"),
    (
        ChecksumAlgorithm::Sha1,
        "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    ),
    (
        ChecksumAlgorithm::Sha256,
        "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    (
        ChecksumAlgorithm::Sha512,
        "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a\
         d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
         47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ),
    (ChecksumAlgorithm::Md5, "25f9e794323b453885f5181f1b624d0b", "d41d8cd98f00b204e9800998ecf8427e"),
    (ChecksumAlgorithm::XxHash64, "8cb841db40e6ae83", "ef46db3751d8e999"),
    (ChecksumAlgorithm::XxHash3, "72dcb18b67a17dff", "2d06800538d394c2"),
    (ChecksumAlgorithm::XxHash128, "33119477ede5dcd5e9716427681d5860", "99aa06d3014798d86001c324468d497f"),
];

#[test]
fn every_algorithm_gives_its_check_value() {
    for (algorithm, check, empty) in ANSWERS {
        assert_eq!(hex(ChecksumHasher::of(algorithm, b"123456789").as_bytes()), check, "{algorithm}");
        assert_eq!(hex(ChecksumHasher::new(algorithm).finish().as_bytes()), empty, "{algorithm}");
    }
}

#[test]
fn the_value_is_shown_in_base64() {
    let value = ChecksumHasher::of(ChecksumAlgorithm::Crc32c, b"123456789");
    assert_eq!(value.to_base64(), "4waSgw==");
    assert_eq!(value.to_string(), "4waSgw==");
}

#[test]
fn a_composite_hashes_its_parts_raw_checksums() {
    let parts = [b"one", b"two"].map(|part| ChecksumHasher::of(ChecksumAlgorithm::Sha256, part));
    let whole = composite(ChecksumAlgorithm::Sha256, &parts).expect("one algorithm");
    assert_eq!(whole.value.as_bytes(), sha256(&[parts[0].as_bytes(), parts[1].as_bytes()].concat()));
    assert_eq!(whole.to_string(), format!("{}-2", whole.value));
    assert_eq!(CompositeChecksum::parse(ChecksumAlgorithm::Sha256, &whole.to_string()), Some(whole));
    for text in ["", "-", "-2", "AAAAAA==", "AAAAAA==-", "AAAAAA==-+2", "AAAAAA==-70000"] {
        assert_eq!(CompositeChecksum::parse(ChecksumAlgorithm::Crc32, text), None, "{text}");
    }
    assert_eq!(composite(ChecksumAlgorithm::Sha1, &parts), None);
}

#[test]
fn what_cannot_be_combined_is_not() {
    let crc = ChecksumHasher::of(ChecksumAlgorithm::Crc32, b"a");
    assert_eq!(combine(ChecksumAlgorithm::Sha1, []), None);
    assert_eq!(combine(ChecksumAlgorithm::Crc32c, [(crc, 1)]), None);
    let nothing = ChecksumHasher::new(ChecksumAlgorithm::Crc32).finish();
    assert_eq!(combine(ChecksumAlgorithm::Crc32, []), Some(nothing));
}

const COMBINING: [ChecksumAlgorithm; 3] =
    [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme];

proptest! {
    #[test]
    fn parts_combine_to_the_whole(
        parts in vec(vec(any::<u8>(), 0..300), 0..12),
        algorithm in select(COMBINING.to_vec()),
    ) {
        let sums = parts.iter().map(|part| (ChecksumHasher::of(algorithm, part), part.len() as u64));
        prop_assert_eq!(combine(algorithm, sums), Some(ChecksumHasher::of(algorithm, &parts.concat())));
    }

    #[test]
    fn combining_agrees_with_the_crate_crc_fast_at_any_length(
        first in any::<u32>(), second in any::<u32>(), length in 0..1_u64 << 43,
    ) {
        let value = |crc: u32| ChecksumValue::new(ChecksumAlgorithm::Crc32, &crc.to_be_bytes()).expect("four bytes");
        let ours = combine(ChecksumAlgorithm::Crc32, [(value(first), 7), (value(second), length)]);
        let theirs = crc_fast::checksum_combine(
            crc_fast::CrcAlgorithm::Crc32IsoHdlc, u64::from(first), u64::from(second), length,
        );
        prop_assert_eq!(ours.map(|sum| hex(sum.as_bytes())), Some(format!("{theirs:08x}")));
    }

    #[test]
    fn any_pieces_give_the_whole(
        pieces in vec(vec(any::<u8>(), 0..700), 0..8),
        algorithm in select(ChecksumAlgorithm::ALL.to_vec()),
    ) {
        let mut hasher = ChecksumHasher::new(algorithm);
        pieces.iter().for_each(|piece| hasher.update(piece));
        prop_assert_eq!(hasher.finish(), ChecksumHasher::of(algorithm, &pieces.concat()));
    }

    #[test]
    fn one_pass_finds_what_each_pass_finds(
        bytes in vec(any::<u8>(), 0..40_000),
        cut in any::<proptest::sample::Index>(),
        wanted in vec(select(ChecksumAlgorithm::ALL.to_vec()), 0..5),
        with_sha256 in any::<bool>(),
    ) {
        let mut hasher = MultiHasher::new(with_sha256, &wanted);
        let (start, end) = bytes.split_at(cut.index(bytes.len() + 1));
        hasher.update(start);
        hasher.update(end);
        let sums = hasher.finish();
        prop_assert_eq!(sums.length, bytes.len() as u64);
        prop_assert_eq!(sums.md5, md5(&bytes));
        prop_assert_eq!(sums.sha256.is_some(), with_sha256 || wanted.contains(&ChecksumAlgorithm::Sha256));
        prop_assert!(sums.sha256.is_none_or(|sum| sum == sha256(&bytes)));
        for algorithm in ChecksumAlgorithm::ALL {
            let expected = wanted.contains(&algorithm).then(|| ChecksumHasher::of(algorithm, &bytes));
            prop_assert_eq!(sums.checksum(algorithm), expected);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/=-]{0,100}|\\PC{0,100}") {
        for algorithm in ChecksumAlgorithm::ALL {
            if let Some(value) = ChecksumValue::parse(algorithm, &text) {
                prop_assert_eq!(value.to_base64(), text.clone());
            }
            let _ = CompositeChecksum::parse(algorithm, &text);
        }
    }
}
