//! A body that must be read whole before it means anything: XML, bounded and proven.

use api::{Body, ErrorCode, S3Error};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::checks::check_digests;

/// Room that is taken at once for a body that says it is long; more only as it comes.
const FIRST_ROOM_MAX: u64 = 64 * 1024;

/// Reads all of `body`, at most `bytes_max`, and proves it against its Content-MD5 and checksums.
pub(crate) async fn read_whole(
    mut body: Body,
    bytes_max: u64,
    headers: &HeaderMap,
) -> Result<Bytes, S3Error> {
    if body.length.is_some_and(|length| length > bytes_max) {
        return Err(too_long(bytes_max));
    }
    let whole = match body.source.next().await? {
        None => Bytes::new(),
        // Most bodies come in one piece, which is then not copied.
        Some(first) => match body.source.next().await? {
            None => first,
            Some(second) => {
                let room = body.length.unwrap_or(0).min(FIRST_ROOM_MAX);
                let mut all = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
                all.extend_from_slice(&first);
                let mut next = Some(second);
                while let Some(bytes) = next {
                    if (all.len() + bytes.len()) as u64 > bytes_max {
                        return Err(too_long(bytes_max));
                    }
                    all.extend_from_slice(&bytes);
                    next = body.source.next().await?;
                }
                all.freeze()
            }
        },
    };
    if whole.len() as u64 > bytes_max {
        return Err(too_long(bytes_max));
    }
    check_digests(&whole, headers, body.source.trailers())?;
    Ok(whole)
}

fn too_long(bytes_max: u64) -> S3Error {
    S3Error::from(ErrorCode::MaxMessageLengthExceeded).element("MaxMessageLengthBytes", bytes_max.to_string())
}

#[cfg(test)]
mod tests {
    use api::ByteSource;
    use async_trait::async_trait;

    use super::*;

    struct Pieces(Vec<&'static [u8]>);

    #[async_trait]
    impl ByteSource for Pieces {
        async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
            Ok((!self.0.is_empty()).then(|| Bytes::from_static(self.0.remove(0))))
        }
    }

    async fn read(pieces: &[&'static [u8]], max: u64) -> Result<Bytes, ErrorCode> {
        let body = Body { length: None, source: Box::new(Pieces(pieces.to_vec())) };
        read_whole(body, max, &HeaderMap::new()).await.map_err(|error| error.code)
    }

    #[tokio::test]
    async fn pieces_become_one_and_the_bound_holds_in_any_split() {
        assert_eq!(read(&[b"ab", b"cd", b"e"], 5).await.unwrap(), "abcde");
        assert_eq!(read(&[], 5).await.unwrap(), "");
        for pieces in [&[&b"abcdef"[..]][..], &[b"abc", b"def"], &[b"a", b"bcde", b"f"]] {
            assert_eq!(read(pieces, 5).await.unwrap_err(), ErrorCode::MaxMessageLengthExceeded);
        }
    }
}
