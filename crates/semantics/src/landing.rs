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
use crate::hashing::Hashing;

/// Bytes that are durable, or will be with their row, and what they turned out to be.
pub(crate) struct Landed {
    pub(crate) content: Content,
    pub(crate) sums: Sums,
    pub(crate) trailers: Vec<(String, String)>,
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
