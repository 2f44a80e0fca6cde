//! Manifests: an encoded body's chunks, from the catalog's rows.

use stripe::Manifest;

/// A run of a million chunks takes few bytes to write and many to hold; such a one is only decoded.
const CHUNKS_CHECKED_MAX: usize = 10_000;

/// What decodes encodes to the same chunks, and slices of it have the lengths that were asked for.
pub fn manifest(bytes: &[u8]) {
    let Ok(manifest) = Manifest::decode(bytes) else { return };
    if manifest.chunks().len() > CHUNKS_CHECKED_MAX {
        return;
    }
    assert_eq!(Manifest::decode(&manifest.encode()).as_ref(), Ok(&manifest));
    let length = manifest.len_bytes();
    let middle = length / 2;
    for range in [0..length, 0..u64::MAX, middle..length, middle..middle + 1, length..u64::MAX] {
        let expected = range.end.min(length).saturating_sub(range.start.min(length));
        let pieces = manifest.slice(range.clone()).map(|(chunk, part)| {
            assert!(part.start < part.end && part.end <= chunk.length, "{part:?} of {chunk:?}");
            u64::from(part.end - part.start)
        });
        assert_eq!(pieces.sum::<u64>(), expected, "{range:?} of {length}");
    }
}
