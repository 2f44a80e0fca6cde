//! The lines between aws-chunked's bytes: a chunk's header, and the trailer after the last one.

use api::{ErrorCode, S3Error};
use bytes::{Buf as _, Bytes};

use super::frame::malformed;

/// A chunk's header with a signature has 90 bytes; a trailer's longest value, a SHA-512 in base64, about 120.
const LINE_BYTES_MAX: usize = 1024;
/// More trailer lines than there are checksums.
const TRAILERS_MAX: usize = 16;
/// Sixteen hex digits are 64 bits.
const SIZE_DIGITS_MAX: usize = 16;

/// One line, gathered from however many pieces it comes in.
#[derive(Default)]
pub(super) struct Line(Vec<u8>);

impl Line {
    /// Takes from `input` up to a line feed; true once the line is whole.
    pub fn fill(&mut self, input: &mut Bytes) -> Result<bool, S3Error> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let take = end.map_or(input.len(), |at| at + 1);
        if self.0.len() + take > LINE_BYTES_MAX {
            return Err(malformed("A line of the chunked body is too long."));
        }
        self.0.extend_from_slice(&input[..take]);
        input.advance(take);
        Ok(end.is_some())
    }

    /// The whole line without its end. Some clients end a trailer's line with a bare line feed, so that is
    /// read as a line end everywhere.
    pub fn take(&mut self) -> Result<String, S3Error> {
        let mut line = std::mem::take(&mut self.0);
        while line.last().is_some_and(|last| matches!(last, b'\r' | b'\n')) {
            line.pop();
        }
        String::from_utf8(line).map_err(|_| malformed("The chunked body is malformed."))
    }
}

/// `1000;chunk-signature=…` → its size and signature. Extensions that we do not know are ignored, as
/// RFC 9112 §7.1.1 asks for the framing that this one imitates.
pub(super) fn chunk_header(line: &str) -> Option<(u64, Option<&str>)> {
    let mut parts = line.split(';');
    let size = parts.next()?.trim_end();
    if size.is_empty() || size.len() > SIZE_DIGITS_MAX || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let size = u64::from_str_radix(size, 16).ok()?;
    Some((size, parts.find_map(|part| part.trim().strip_prefix("chunk-signature="))))
}

/// The trailer's lines, checked against what was announced.
pub(super) struct TrailerLines {
    announced: Vec<String>,
    signed: bool,
    signature_seen: bool,
    blank_seen: bool,
    complete: bool,
    pairs: Vec<(String, String)>,
    canonical: Vec<u8>,
}

impl TrailerLines {
    pub fn new(announced: Vec<String>, signed: bool) -> Self {
        Self {
            announced,
            signed,
            signature_seen: false,
            blank_seen: false,
            complete: false,
            pairs: Vec::new(),
            canonical: Vec::new(),
        }
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// `name:value\n` of each line so far: what the trailer's signature covers.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// It looked like the end, and no signature had come.
    pub fn lacks_signature(&self) -> bool {
        self.signed && self.blank_seen && !self.signature_seen
    }

    /// Takes a line; answers the trailer's signature when that is what it holds.
    pub fn line(&mut self, line: &str) -> Result<Option<String>, S3Error> {
        if line.is_empty() {
            self.blank_seen = true;
            // Before the signature an empty line ends nothing: one widespread client sends it there.
            self.complete = !self.signed || self.signature_seen;
            return if self.complete && self.pairs.len() != self.announced.len() {
                Err(ErrorCode::MalformedTrailerError.into())
            } else {
                Ok(None)
            };
        }
        let (name, value) = line.split_once(':').ok_or(ErrorCode::MalformedTrailerError)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if self.signed && !self.signature_seen && name == "x-amz-trailer-signature" {
            self.signature_seen = true;
            return Ok(Some(value.to_owned()));
        }
        let twice = self.pairs.iter().any(|(known, _)| *known == name);
        let too_many = self.pairs.len() == TRAILERS_MAX;
        if self.signature_seen || twice || too_many || !self.announced.contains(&name) {
            return Err(ErrorCode::MalformedTrailerError.into());
        }
        self.canonical.extend_from_slice(format!("{name}:{value}\n").as_bytes());
        self.pairs.push((name, value.to_owned()));
        Ok(None)
    }
}
