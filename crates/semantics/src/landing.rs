//! Landing: pulls a body to its end, hashes it on the way and makes its bytes durable and nameless.
//!
//! Small bodies stay in memory and ride in the catalog's row; large ones stream into the store chunk by chunk. A
//! body that proves false at its last byte leaves nothing that is named.

use std::mem;

use api::{Body, ErrorCode, S3Error};
use bytes::{Bytes, BytesMut};
use catalog::table::Content;
use digest::{MultiHasher, Sums};
use model::limits::PUT_BYTES_MAX;
use model::{ChecksumAlgorithm, StorageClass};
use stripe::{Landing, Owner, Redundancy};

use crate::fault;
use crate::hall::Hall;

/// Hashing more than this at once moves to a thread of its own, so that a core never stalls its other requests.
const HASH_INLINE_BYTES_MAX: usize = 64 * 1024;
/// How much a large body gathers before it is handed to the hashing thread.
const HASH_BATCH_BYTES: usize = 512 * 1024;

/// Bytes that are durable, or will be with their row, and what they turned out to be.
pub(crate) struct Landed {
    pub(crate) content: Content,
    pub(crate) sums: Sums,
    pub(crate) trailers: Vec<(String, String)>,
}

/// A hasher that works beside the transfer: at most one batch is hashed while the next one arrives.
struct Hashing {
    state: HashState,
    batch: Vec<Bytes>,
    batch_bytes: usize,
}

enum HashState {
    Here(Box<MultiHasher>),
    Away(tokio::task::JoinHandle<Box<MultiHasher>>),
    Lost,
}

impl Hall {
    /// `algorithms`: the checksums wanted besides MD5. The result names nothing yet: give it to a commit, or to
    /// `discard`.
    pub(crate) async fn land(
        &self,
        class: StorageClass,
        owner: impl FnOnce() -> Result<Owner, S3Error>,
        body: Body,
        algorithms: &[ChecksumAlgorithm],
    ) -> Result<Landed, S3Error> {
        self.land_around(self.settings().inline_bytes_max, redundancy(class), owner, body, algorithms).await
    }

    /// As `land`; what is not longer than `inline_bytes_max` rides in the row.
    pub(crate) async fn land_around(
        &self,
        inline_bytes_max: usize,
        redundancy: Redundancy,
        owner: impl FnOnce() -> Result<Owner, S3Error>,
        mut body: Body,
        algorithms: &[ChecksumAlgorithm],
    ) -> Result<Landed, S3Error> {
        if let Some(length) = body.length {
            check_size(length)?;
        }
        let mut hashing = Hashing::new(MultiHasher::new(false, algorithms));
        let mut small = BytesMut::new();
        let mut landing: Option<Landing> = None;
        let mut owner = Some(owner);
        let mut length = 0;
        while let Some(bytes) = body.source.next().await? {
            length += bytes.len() as u64;
            check_size(length)?;
            hashing.update(bytes.clone()).await?;
            match &mut landing {
                Some(landing) => landing.write(bytes).await.map_err(fault::store)?,
                None if small.len() + bytes.len() <= inline_bytes_max => small.extend_from_slice(&bytes),
                None => {
                    let Some(owner) = owner.take() else { return Err(ErrorCode::InternalError.into()) };
                    let mut opened = self.store().landing(owner()?, redundancy);
                    opened.write(mem::take(&mut small).freeze()).await.map_err(fault::store)?;
                    opened.write(bytes).await.map_err(fault::store)?;
                    landing = Some(opened);
                }
            }
        }
        let sums = hashing.finish().await?;
        let content = match landing {
            None => Content::Inline(small.freeze()),
            Some(landing) => {
                let manifest = landing.finish().await.map_err(fault::store)?;
                Content::Stored(Bytes::from(manifest.encode()))
            }
        };
        Ok(Landed { content, sums, trailers: body.source.trailers().to_vec() })
    }

    /// Frees bytes that landed but were not named, in the background. What a crash leaves the sweep finds.
    pub(crate) fn discard(&self, content: Content) {
        if let Content::Stored(encoded) = content
            && let Ok(manifest) = stripe::Manifest::decode(&encoded)
        {
            self.store().discard(&manifest);
        }
    }
}

/// What the classes that AWS keeps with less redundancy get here.
pub const fn redundancy(class: StorageClass) -> Redundancy {
    match class {
        StorageClass::ReducedRedundancy | StorageClass::OnezoneIa => Redundancy::Reduced,
        _ => Redundancy::Full,
    }
}

fn check_size(length: u64) -> Result<(), S3Error> {
    if length <= PUT_BYTES_MAX {
        return Ok(());
    }
    Err(S3Error::from(ErrorCode::EntityTooLarge)
        .element("ProposedSize", length.to_string())
        .element("MaxSizeAllowed", PUT_BYTES_MAX.to_string()))
}

impl Hashing {
    fn new(hasher: MultiHasher) -> Self {
        Self { state: HashState::Here(Box::new(hasher)), batch: Vec::new(), batch_bytes: 0 }
    }

    async fn update(&mut self, bytes: Bytes) -> Result<(), S3Error> {
        self.batch_bytes += bytes.len();
        self.batch.push(bytes);
        if self.batch_bytes >= HASH_BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), S3Error> {
        let mut hasher = self.take().await?;
        let batch = mem::take(&mut self.batch);
        let batch_bytes = mem::take(&mut self.batch_bytes);
        if batch_bytes <= HASH_INLINE_BYTES_MAX {
            batch.iter().for_each(|bytes| hasher.update(bytes));
            self.state = HashState::Here(hasher);
        } else {
            self.state = HashState::Away(world::thread::spawn_blocking(move || {
                batch.iter().for_each(|bytes| hasher.update(bytes));
                hasher
            }));
        }
        Ok(())
    }

    async fn take(&mut self) -> Result<Box<MultiHasher>, S3Error> {
        match mem::replace(&mut self.state, HashState::Lost) {
            HashState::Here(hasher) => Ok(hasher),
            HashState::Away(task) => task.await.map_err(|_| ErrorCode::InternalError.into()),
            HashState::Lost => Err(ErrorCode::InternalError.into()),
        }
    }

    async fn finish(mut self) -> Result<Sums, S3Error> {
        self.flush().await?;
        Ok(self.take().await?.finish())
    }
}
