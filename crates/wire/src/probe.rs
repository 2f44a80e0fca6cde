//! Where fuzzers knock: the decoders that any client's bytes reach, each run whole and in pieces.
//!
//! Promise of all of them: any bytes end in a value or a refusal, the same one however they were cut.

use bytes::Bytes;

use crate::body::{FrameDecoder, Framing};
use crate::form::{Event, FormDecoder};

/// Decodes `bytes` as an aws-chunked body of `decoded_length`, cut every `piece` bytes. Answers the object's
/// bytes, or the name of the refusal's code.
pub fn aws_chunked(
    bytes: &[u8],
    decoded_length: u64,
    trailer: bool,
    piece: usize,
) -> Result<Vec<u8>, &'static str> {
    let announced = if trailer { vec!["x-amz-checksum-crc32".to_owned()] } else { Vec::new() };
    let mut decoder = FrameDecoder::new(Framing { verifier: None, trailer, announced, decoded_length });
    let mut object = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(more) = decoder.next().map_err(|error| error.code.name())? {
            object.extend_from_slice(&more);
        }
    }
    decoder.finish().map_err(|error| error.code.name())?;
    Ok(object)
}

/// Decodes `bytes` as a form with the boundary `b`, cut every `piece` bytes. Answers its file, if it ended, or
/// the name of the refusal's code.
pub fn form(bytes: &[u8], piece: usize) -> Result<Option<Vec<u8>>, &'static str> {
    let mut decoder = FormDecoder::new("b", 1024);
    let mut file = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        decoder.push(piece);
        while let Some(event) = decoder.next().map_err(|error| error.code.name())? {
            if let Event::Bytes(more) = event {
                file.extend_from_slice(&more);
            }
        }
    }
    Ok(decoder.is_done().then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_sees_what_a_request_would() {
        let frames = b"2\r\nhi\r\n0\r\n\r\n";
        assert_eq!(aws_chunked(frames, 2, false, 3), Ok(b"hi".to_vec()));
        assert_eq!(aws_chunked(b"x", 2, false, 1), Err("IncompleteBody"));
        let upload = b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\nhi\r\n--b--";
        assert_eq!(form(upload, 5), Ok(Some(b"hi".to_vec())));
        assert_eq!(form(b"--bx", 1), Ok(None));
        assert_eq!(form(b"--bxy", 1), Err("MalformedPOSTRequest"));
    }
}
