//! aws-chunked, decoded without I/O: bytes in, in any pieces; the object's bytes out, uncopied.
//!
//! Source: AWS "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks"
//! and "Including trailing headers". A chunk of any length passes in constant memory; its signature is proven
//! when its last byte has passed, so whoever took the bytes must wait for the end before believing them.

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use sigv4::{ChunkVerifier, Refusal};

use super::frame_lines::{Line, TrailerLines, chunk_header};

/// What a request's headers say about its frames.
#[derive(Debug)]
pub(crate) struct Framing {
    /// Each chunk is signed.
    pub verifier: Option<Box<ChunkVerifier>>,
    /// A trailer may follow the last chunk; signed like the chunks.
    pub trailer: bool,
    /// Names from `x-amz-trailer`, lower case: exactly these must come.
    pub announced: Vec<String>,
    /// `x-amz-decoded-content-length`.
    pub decoded_length: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Before or within a chunk's header line.
    Header,
    /// Within a chunk's bytes.
    Data {
        left: u64,
    },
    /// Before or within the line end after a chunk's bytes.
    AfterData,
    /// After the last chunk's header line.
    Trailer,
    Done,
}

pub(crate) struct FrameDecoder {
    verifier: Option<Box<ChunkVerifier>>,
    trailer: bool,
    trailers: TrailerLines,
    /// Bytes of the object still to come.
    left: u64,
    state: State,
    line: Line,
    input: Bytes,
}

impl FrameDecoder {
    pub fn new(framing: Framing) -> Self {
        let signed = framing.verifier.is_some();
        Self {
            verifier: framing.verifier,
            trailer: framing.trailer,
            trailers: TrailerLines::new(framing.announced, signed && framing.trailer),
            left: framing.decoded_length,
            state: State::Header,
            line: Line::default(),
            input: Bytes::new(),
        }
    }

    /// More bytes; only when `next` had none left.
    pub fn push(&mut self, input: Bytes) {
        self.input = input;
    }

    /// Bytes of the object; `None` when it needs more input. After an error nothing more can be decoded.
    pub fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        while !self.input.is_empty() {
            match self.state {
                State::Data { left } => return self.data(left).map(Some),
                State::Done => return Err(malformed("There are bytes after the end of the chunked body.")),
                State::Header | State::AfterData | State::Trailer => {
                    if self.line.fill(&mut self.input)? {
                        self.line_came()?;
                    }
                }
            }
        }
        Ok(None)
    }

    /// The input has ended: was it whole?
    pub fn finish(&self) -> Result<(), S3Error> {
        if self.state == State::Done {
            return Ok(());
        }
        if self.trailers.lacks_signature() {
            return Err(ErrorCode::MalformedTrailerError.into());
        }
        Err(S3Error::with_message(ErrorCode::IncompleteBody, "The request body terminated unexpectedly"))
    }

    /// Complete once `finish` agreed.
    pub fn trailers(&self) -> &[(String, String)] {
        self.trailers.pairs()
    }

    fn data(&mut self, left: u64) -> Result<Bytes, S3Error> {
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        let bytes = self.input.split_to(take);
        if let Some(verifier) = &mut self.verifier {
            verifier.update(&bytes);
        }
        let left = left - take as u64;
        self.left -= take as u64;
        self.state = if left == 0 { State::AfterData } else { State::Data { left } };
        if left == 0 {
            self.end_chunk()?;
        }
        Ok(bytes)
    }

    fn line_came(&mut self) -> Result<(), S3Error> {
        let line = self.line.take()?;
        match self.state {
            State::AfterData if line.is_empty() => self.state = State::Header,
            State::AfterData => return Err(malformed("A chunk is longer than its header says.")),
            State::Header => return self.header_came(&line),
            State::Trailer => return self.trailer_came(&line),
            State::Data { .. } | State::Done => {}
        }
        Ok(())
    }

    fn header_came(&mut self, line: &str) -> Result<(), S3Error> {
        let (size, signature) =
            chunk_header(line).ok_or_else(|| malformed("A chunk's header is malformed."))?;
        if let Some(verifier) = &mut self.verifier {
            verifier.begin_chunk(signature.ok_or_else(|| malformed("A chunk lacks its signature."))?);
        }
        if size > self.left || (size == 0 && self.left > 0) {
            return Err(wrong_length());
        }
        if size > 0 {
            self.state = State::Data { left: size };
            return Ok(());
        }
        self.state = State::Trailer;
        self.end_chunk()
    }

    fn trailer_came(&mut self, line: &str) -> Result<(), S3Error> {
        if !self.trailer {
            if !line.is_empty() {
                return Err(ErrorCode::MalformedTrailerError.into());
            }
            self.state = State::Done;
        } else if let Some(signature) = self.trailers.line(line)? {
            if let Some(verifier) = &mut self.verifier {
                verifier.trailer(self.trailers.canonical(), &signature).map_err(refused)?;
            }
        } else if self.trailers.is_complete() {
            self.state = State::Done;
        }
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), S3Error> {
        self.verifier.as_mut().map_or(Ok(()), |verifier| verifier.end_chunk().map_err(refused))
    }
}

fn wrong_length() -> S3Error {
    S3Error::with_message(
        ErrorCode::IncompleteBody,
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header",
    )
}

pub(super) fn malformed(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}

/// sigv4 names its code as text; all of its codes are ours.
fn refused(refusal: Refusal) -> S3Error {
    let known = ErrorCode::ALL.iter().find(|code| code.name() == refusal.code());
    let mut error =
        S3Error::with_message(known.copied().unwrap_or(ErrorCode::SignatureDoesNotMatch), refusal.message());
    error.elements = refusal.elements();
    error
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
