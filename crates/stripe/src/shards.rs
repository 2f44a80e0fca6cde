//! From a chunk's bytes to its shards and back.

use bytes::Bytes;
use erasure::Code;

/// The payload of each shard, data first. Those of mirrors and of uncoded chunks are the pieces as they came.
pub(crate) fn encode(code: &Code, pieces: Vec<Bytes>) -> Vec<Vec<Bytes>> {
    if code.data() == 1 {
        return vec![pieces; code.shards().into()];
    }
    let data = code.cut(&pieces);
    let parity = code.encode(&data);
    data.into_iter().chain(parity).map(|shard| vec![shard]).collect()
}

/// The payload of the shards `wanted`, from any of the others that are enough.
pub(crate) fn reconstruct(
    code: &Code,
    length: usize,
    present: &[(usize, Bytes)],
    wanted: &[usize],
) -> Result<Vec<Bytes>, erasure::Fault> {
    let present: Vec<(u8, Bytes)> =
        present.iter().map(|(index, shard)| (*index as u8, shard.clone())).collect();
    let wanted: Vec<u8> = wanted.iter().map(|index| *index as u8).collect();
    code.reconstruct(length, &present, &wanted)
}
