//! The body of an answer, pulled by the connection as fast as the client reads.
//!
//! Promise: never short bytes as a success. A source that fails, or gives another length than it said, breaks
//! the connection (HTTP/1.1) or resets the stream (HTTP/2).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use api::{Body, ByteSource, S3Error};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use thiserror::Error;

use crate::observe::Ledger;

/// The answer cannot go on; the client must notice.
#[derive(Debug, Error)]
pub enum BrokenAnswer {
    #[error("the body's source failed: {0}")]
    Source(#[from] S3Error),
    #[error("the body's source did not give the length that it said")]
    Length,
}

type Pulled = (Box<dyn ByteSource>, Result<Option<Bytes>, S3Error>);

enum Kind {
    Empty,
    Whole(Bytes),
    Stream(Stream),
}

struct Stream {
    /// Pulled already, before the answer's head was decided.
    first: Option<Bytes>,
    source: Option<Box<dyn ByteSource>>,
    pulling: Option<Pin<Box<dyn Future<Output = Pulled> + Send>>>,
    /// Bytes still to come, where the length was said.
    left: Option<u64>,
}

/// What follows an answer's head.
pub struct AnswerBody {
    kind: Kind,
    ledger: Option<Box<Ledger>>,
}

impl AnswerBody {
    pub const fn empty() -> Self {
        Self { kind: Kind::Empty, ledger: None }
    }

    pub fn whole(bytes: Bytes) -> Self {
        let kind = if bytes.is_empty() { Kind::Empty } else { Kind::Whole(bytes) };
        Self { kind, ledger: None }
    }

    /// Pulls the first bytes, so that a source which fails at once still becomes a proper error; a body that
    /// comes in one piece streams no further.
    pub async fn stream(body: Body) -> Result<Self, S3Error> {
        let Body { length, mut source } = body;
        if length == Some(0) {
            return Ok(Self::empty());
        }
        let first = source.next().await?;
        match (first, length) {
            (Some(first), Some(length)) if first.len() as u64 == length => Ok(Self::whole(first)),
            (None, None) => Ok(Self::empty()),
            (first, length) => {
                let stream = Stream { first, source: Some(source), pulling: None, left: length };
                Ok(Self { kind: Kind::Stream(stream), ledger: None })
            }
        }
    }

    pub(crate) fn length(&self) -> Option<u64> {
        match &self.kind {
            Kind::Empty => Some(0),
            Kind::Whole(bytes) => Some(bytes.len() as u64),
            Kind::Stream(stream) => stream.left,
        }
    }

    /// The ledger is closed when the last byte has gone, or the body is dropped.
    pub(crate) fn with_ledger(mut self, ledger: Box<Ledger>) -> Self {
        self.ledger = Some(ledger);
        self
    }
}

impl Stream {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BrokenAnswer>> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => ready!(self.poll_source(cx))?,
        };
        match (&mut self.left, &next) {
            (Some(left), Some(bytes)) => {
                *left = left.checked_sub(bytes.len() as u64).ok_or(BrokenAnswer::Length)?;
            }
            (Some(1..), None) => return Poll::Ready(Err(BrokenAnswer::Length)),
            _ => {}
        }
        Poll::Ready(Ok(next))
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, S3Error>> {
        if self.pulling.is_none()
            && let Some(mut source) = self.source.take()
        {
            self.pulling = Some(Box::pin(async move {
                let pulled = source.next().await;
                (source, pulled)
            }));
        }
        let Some(pulling) = &mut self.pulling else { return Poll::Ready(Ok(None)) };
        let (source, pulled) = ready!(pulling.as_mut().poll(cx));
        self.pulling = None;
        self.source = Some(source);
        Poll::Ready(pulled)
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        let this = &mut *self;
        let next = match &mut this.kind {
            Kind::Stream(stream) => ready!(stream.poll_next(cx)),
            kind => match std::mem::replace(kind, Kind::Empty) {
                Kind::Whole(bytes) => Ok(Some(bytes)),
                _ => Ok(None),
            },
        };
        if let Some(ledger) = &mut this.ledger {
            match &next {
                Ok(Some(bytes)) => ledger.bytes_went(bytes.len()),
                Ok(None) => {}
                Err(error) => ledger.broke(error),
            }
        }
        Poll::Ready(next.transpose().map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Whole(_) => false,
            Kind::Stream(stream) => stream.left == Some(0),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
