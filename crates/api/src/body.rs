//! Bytes of objects on their way in or out: pulled by who needs them, never pushed.

use async_trait::async_trait;
use bytes::Bytes;

use crate::S3Error;

/// Bytes that are proven as they are pulled: whoever pulls to the end without an error has bytes whose length,
/// signature and framing were checked.
#[async_trait]
pub trait ByteSource: Send {
    /// The next bytes; `None` after the last. A source that turned out false (short, tampered, cut off) answers an
    /// error instead of its end.
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error>;

    /// The `x-amz-trailer` header: which trailing headers will follow the bytes.
    fn announced(&self) -> Option<&str> {
        None
    }

    /// Trailing headers (names in lower case); complete after `next` answered `None`.
    fn trailers(&self) -> &[(String, String)] {
        &[]
    }
}

/// A source and how long it says it is.
pub struct Body {
    /// Bytes that the source will give; `None` when the client did not say.
    pub length: Option<u64>,
    pub source: Box<dyn ByteSource>,
}

impl Body {
    pub fn empty() -> Self {
        Self { length: Some(0), source: Box::new(EmptySource) }
    }

    pub fn once(bytes: Bytes) -> Self {
        Self { length: Some(bytes.len() as u64), source: Box::new(OnceSource(Some(bytes))) }
    }
}

pub struct EmptySource;

#[async_trait]
impl ByteSource for EmptySource {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(None)
    }
}

pub struct OnceSource(pub Option<Bytes>);

#[async_trait]
impl ByteSource for OnceSource {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        Ok(self.0.take())
    }
}
