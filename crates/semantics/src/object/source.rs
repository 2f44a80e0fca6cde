//! An object's bytes on their way out: piece by piece, each verified before it leaves, the next one read ahead.

use std::collections::VecDeque;
use std::ops::Range;

use api::{Body, ByteSource, ErrorCode, OnceSource, S3Error};
use async_trait::async_trait;
use bytes::Bytes;
use catalog::Catalog;
use catalog::table::{Content, PartRow, space};
use model::{BucketId, ObjectKey, PartNumber, UploadId};
use stripe::{Chunk, Manifest, Store};
use tokio::task::JoinHandle;

use crate::fault;
use crate::hall::Hall;
use crate::pins::Pin;

/// Chunks that are being read while the one before them is sent.
const READ_AHEAD: usize = 4;

/// Something to send: bytes at hand, a chunk to read, or a part whose chunks are looked up when its turn comes.
enum Piece {
    Bytes(Bytes),
    Chunk(Chunk, Range<usize>),
    Part { number: PartNumber, range: Range<u64> },
}

struct Pieces {
    catalog: Catalog,
    store: Store,
    parts_of: Option<(BucketId, ObjectKey, UploadId)>,
    queue: VecDeque<Piece>,
    reading: VecDeque<JoinHandle<Result<Vec<Bytes>, S3Error>>>,
    /// Read and not yet given out: a chunk comes in as many runs as it has shards.
    ready: VecDeque<Bytes>,
    _pin: Pin,
}

impl Hall {
    /// The bytes `range` of `content`. Inline content needs no pin: its bytes are at hand.
    pub(crate) fn body_of(
        &self,
        bucket: BucketId,
        content: &Content,
        range: Range<u64>,
        pin: Pin,
    ) -> Result<Body, S3Error> {
        let length = Some(range.end - range.start);
        if let Content::Inline(bytes) = content {
            let bytes = bytes.slice(as_usize(&range)?);
            return Ok(Body { length, source: Box::new(OnceSource(Some(bytes))) });
        }
        let mut pieces = Pieces {
            catalog: self.catalog().clone(),
            store: self.store().clone(),
            parts_of: None,
            queue: VecDeque::new(),
            reading: VecDeque::new(),
            ready: VecDeque::new(),
            _pin: pin,
        };
        if let Content::Parts { key, upload, table } = content {
            pieces.parts_of = Some((bucket, key.clone(), *upload));
            for (number, start, size_bytes) in table.iter() {
                let first = range.start.max(start);
                let end = range.end.min(start + size_bytes);
                if first < end {
                    pieces.queue.push_back(Piece::Part { number, range: first - start..end - start });
                }
            }
        } else {
            pieces.push_content(content, range)?;
        }
        Ok(Body { length, source: Box::new(pieces) })
    }
}

impl Pieces {
    /// Puts the pieces of `content` at the front of the queue, in order.
    fn push_content(&mut self, content: &Content, range: Range<u64>) -> Result<(), S3Error> {
        match content {
            Content::Inline(bytes) => self.queue.push_front(Piece::Bytes(bytes.slice(as_usize(&range)?))),
            Content::Stored(encoded) => {
                let manifest = Manifest::decode(encoded).map_err(|error| {
                    fault::catalog(catalog::Fault::corrupt("manifest", error.to_string()))
                })?;
                let mut chunks = Vec::new();
                for (chunk, within) in manifest.slice(range) {
                    chunks.push(Piece::Chunk(chunk.clone(), within.start as usize..within.end as usize));
                }
                for piece in chunks.into_iter().rev() {
                    self.queue.push_front(piece);
                }
            }
            Content::Parts { .. } => {
                return Err(fault::catalog(catalog::Fault::corrupt("parts", "a part is made of parts")));
            }
        }
        Ok(())
    }

    fn open_part(&mut self, number: PartNumber, range: Range<u64>) -> Result<(), S3Error> {
        let Some((bucket, key, upload)) = &self.parts_of else {
            return Err(ErrorCode::InternalError.into());
        };
        let row = self.catalog.get(&space::part(*bucket, key, *upload, number)).map_err(fault::catalog)?;
        let row = row.ok_or_else(|| {
            fault::catalog(catalog::Fault::corrupt("parts", "a part of a completed upload is missing"))
        })?;
        let part = PartRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
        self.push_content(&part.content, range)
    }

    /// Keeps the reads ahead going; stops at bytes that need no reading.
    fn read_ahead(&mut self) -> Result<(), S3Error> {
        while self.reading.len() < READ_AHEAD {
            match self.queue.pop_front() {
                None => return Ok(()),
                Some(Piece::Part { number, range }) => self.open_part(number, range)?,
                Some(Piece::Chunk(chunk, within)) => {
                    let store = self.store.clone();
                    self.reading.push_back(tokio::spawn(read(store, chunk, within)));
                }
                Some(piece @ Piece::Bytes(_)) => {
                    self.queue.push_front(piece);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// One chunk and nothing more needs no task of its own.
    fn is_single_chunk(&self) -> bool {
        self.reading.is_empty()
            && matches!(self.queue.front(), Some(Piece::Chunk(..)))
            && self.queue.len() == 1
    }
}

#[async_trait]
impl ByteSource for Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if let Some(bytes) = self.ready.pop_front() {
            return Ok(Some(bytes));
        }
        if self.is_single_chunk() {
            let Some(Piece::Chunk(chunk, within)) = self.queue.pop_front() else { return Ok(None) };
            self.ready = read(self.store.clone(), chunk, within).await?.into();
            return Ok(self.ready.pop_front());
        }
        self.read_ahead()?;
        if let Some(first) = self.reading.pop_front() {
            self.ready = first.await.map_err(|_| S3Error::from(ErrorCode::InternalError))??.into();
            self.read_ahead()?;
            return Ok(self.ready.pop_front());
        }
        match self.queue.pop_front() {
            Some(Piece::Bytes(bytes)) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        for task in &self.reading {
            task.abort();
        }
    }
}

async fn read(store: Store, chunk: Chunk, within: Range<usize>) -> Result<Vec<Bytes>, S3Error> {
    store.read(&chunk, within).await.map_err(fault::store)
}

fn as_usize(range: &Range<u64>) -> Result<Range<usize>, S3Error> {
    let bound = |at: u64| usize::try_from(at).map_err(|_| S3Error::from(ErrorCode::InternalError));
    Ok(bound(range.start)?..bound(range.end)?)
}
