//! A body in aws-chunked frames as a byte source.

use api::{ByteSource, S3Error};
use async_trait::async_trait;
use bytes::Bytes;

use super::frame::{FrameDecoder, Framing};
use super::inlet::Pull;

pub(super) struct FramedSource {
    pull: Pull,
    decoder: FrameDecoder,
    /// As `x-amz-trailer` has it.
    announced: Option<String>,
}

impl FramedSource {
    pub fn new(pull: Pull, framing: Framing) -> Self {
        let announced = (!framing.announced.is_empty()).then(|| framing.announced.join(","));
        Self { pull, decoder: FrameDecoder::new(framing), announced }
    }
}

#[async_trait]
impl ByteSource for FramedSource {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if let Some(bytes) = self.decoder.next()? {
                return Ok(Some(bytes));
            }
            match self.pull.next().await? {
                Some(input) => self.decoder.push(input),
                None => return self.decoder.finish().map(|()| None),
            }
        }
    }

    fn announced(&self) -> Option<&str> {
        self.announced.as_deref()
    }

    fn trailers(&self) -> &[(String, String)] {
        self.decoder.trailers()
    }
}
