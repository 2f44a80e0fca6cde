//! A request's body that is made while it is sent: one piece of memory, again and again.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// `length` bytes, however long, in the memory of one piece.
#[derive(Clone)]
pub struct Source {
    piece: Bytes,
    left: u64,
}

impl Source {
    pub fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    pub fn whole(piece: Bytes) -> Self {
        Self { left: piece.len() as u64, piece }
    }

    pub const fn repeated(piece: Bytes, length: u64) -> Self {
        Self { piece, left: length }
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let take = usize::try_from(self.left).map_or(self.piece.len(), |left| left.min(self.piece.len()));
        self.left -= take as u64;
        Poll::Ready(Some(Ok(Frame::data(self.piece.slice(..take)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Bytes without a pattern that anything could profit from, the same in every run.
pub fn noise(length: usize) -> Bytes {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    Bytes::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn a_repeated_piece_gives_exactly_the_length_asked_for() {
        let source = Source::repeated(noise(1000), 2_500);
        assert_eq!(source.size_hint().exact(), Some(2_500));
        let bytes = source.collect().await.unwrap().to_bytes();
        assert_eq!(bytes.len(), 2_500);
        assert_eq!(bytes[..500], bytes[2_000..]);
    }
}
