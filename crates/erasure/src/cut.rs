//! Cutting a chunk that came in pieces into its data shards, without a copy where a shard lies in one piece.

use bytes::Bytes;

/// One run of bytes for each length, in order. The pieces must hold them all.
pub(crate) fn cut(pieces: &[Bytes], lengths: impl Iterator<Item = usize>) -> Vec<Bytes> {
    let mut pieces = pieces.iter();
    let mut rest = Bytes::new();
    lengths.map(|length| take(&mut rest, &mut pieces, length)).collect()
}

fn take<'a>(rest: &mut Bytes, pieces: &mut impl Iterator<Item = &'a Bytes>, length: usize) -> Bytes {
    if rest.is_empty() {
        *rest = pieces.find(|piece| !piece.is_empty()).cloned().unwrap_or_default();
    }
    if length <= rest.len() {
        return rest.split_to(length);
    }
    let mut gathered = Vec::with_capacity(length);
    while gathered.len() < length {
        if rest.is_empty() {
            let next = pieces.next();
            assert!(next.is_some(), "the pieces are shorter than the shards");
            *rest = next.cloned().unwrap_or_default();
        }
        gathered.extend_from_slice(&rest.split_to(rest.len().min(length - gathered.len())));
    }
    gathered.into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::cut;

    #[test]
    fn a_shard_within_one_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let shards =
            cut(&[Bytes::new(), piece.clone(), Bytes::from_static(b"end")], [50, 50, 3, 0].into_iter());
        assert_eq!(shards[0].as_ptr(), piece.as_ptr());
        assert_eq!(shards[1].as_ptr(), piece[50..].as_ptr());
        assert_eq!(shards[2], "end");
        assert!(shards[3].is_empty());
    }

    #[test]
    fn a_shard_over_several_pieces_is_gathered() {
        let pieces = ["ab", "", "c", "defg", "h"].map(Bytes::from);
        assert_eq!(cut(&pieces, [3, 3, 2].into_iter()), ["abc", "def", "gh"]);
    }
}
