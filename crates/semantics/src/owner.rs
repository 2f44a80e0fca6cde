//! What is recorded beside the bytes: enough for the sweep to ask the catalog whether anything names them.

use api::S3Error;
use bytes::Bytes;
use catalog::table::Page;
use model::{AnnotationName, BucketId, ObjectKey, Ordinal, PartNumber, UploadId};
use stripe::Owner;

use crate::fault;

/// Whose bytes a chunk are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkOwner {
    Object {
        bucket: BucketId,
        key: ObjectKey,
    },
    Part {
        bucket: BucketId,
        key: ObjectKey,
        upload: UploadId,
        number: PartNumber,
    },
    /// An annotation of the version with this salt.
    Annotation {
        bucket: BucketId,
        salt: u128,
        name: AnnotationName,
    },
    /// The catalog's own rows, kept once more.
    Rows(Page),
}

const OBJECT: u8 = 1;
const PART: u8 = 2;
const ANNOTATION: u8 = 3;
const ROWS: u8 = 4;

impl ChunkOwner {
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(64);
        match self {
            Self::Object { bucket, key } => {
                bytes.push(OBJECT);
                bytes.extend_from_slice(&bucket.0.to_be_bytes());
                bytes.extend_from_slice(key.as_str().as_bytes());
            }
            Self::Part { bucket, key, upload, number } => {
                bytes.push(PART);
                bytes.extend_from_slice(&bucket.0.to_be_bytes());
                bytes.extend_from_slice(&upload.ordinal.as_u64().to_be_bytes());
                bytes.extend_from_slice(&upload.salt.to_be_bytes());
                bytes.extend_from_slice(&number.get().to_be_bytes());
                bytes.extend_from_slice(key.as_str().as_bytes());
            }
            Self::Annotation { bucket, salt, name } => {
                bytes.push(ANNOTATION);
                bytes.extend_from_slice(&bucket.0.to_be_bytes());
                bytes.extend_from_slice(&salt.to_be_bytes());
                bytes.extend_from_slice(name.as_str().as_bytes());
            }
            Self::Rows(page) => {
                bytes.push(ROWS);
                bytes.extend_from_slice(&page.encode());
            }
        }
        Bytes::from(bytes)
    }

    /// As the store takes it.
    pub(crate) fn recorded(&self) -> Result<Owner, S3Error> {
        Owner::new(self.encode()).map_err(fault::store)
    }

    /// `None` for bytes that this release did not write.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        if *kind == ROWS {
            return Page::decode(rest).map(Self::Rows);
        }
        let (bucket, rest) = rest.split_first_chunk()?;
        let bucket = BucketId(u64::from_be_bytes(*bucket));
        match *kind {
            OBJECT => Some(Self::Object { bucket, key: key(rest)? }),
            PART => {
                let (ordinal, rest) = rest.split_first_chunk()?;
                let (salt, rest) = rest.split_first_chunk()?;
                let (number, rest) = rest.split_first_chunk()?;
                let ordinal = Ordinal::from_u64(u64::from_be_bytes(*ordinal));
                let upload = UploadId { ordinal, salt: u64::from_be_bytes(*salt) };
                let number = PartNumber::new(i64::from(u16::from_be_bytes(*number)))?;
                Some(Self::Part { bucket, key: key(rest)?, upload, number })
            }
            ANNOTATION => {
                let (salt, rest) = rest.split_first_chunk()?;
                let name = AnnotationName::new(std::str::from_utf8(rest).ok()?).ok()?;
                Some(Self::Annotation { bucket, salt: u128::from_be_bytes(*salt), name })
            }
            _ => None,
        }
    }
}

fn key(bytes: &[u8]) -> Option<ObjectKey> {
    ObjectKey::new(std::str::from_utf8(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use catalog::table::Stretch;

    use super::*;

    #[test]
    fn owners_read_back() {
        let (bucket, key) = (BucketId(9), ObjectKey::new("a/ä").unwrap());
        let upload = UploadId { ordinal: Ordinal::from_u64(3), salt: 4 };
        let number = PartNumber::new(10_000).unwrap();
        let name = AnnotationName::new("ä".repeat(256)).unwrap();
        let (from, to) = (Ordinal::from_u64(3), Ordinal::from_u64(8));
        let stretch = Stretch::Range { round: to, place: 7, at: from };
        for owner in [
            ChunkOwner::Rows(Page::missed(from, to)),
            ChunkOwner::Rows(Page { stretch, number: 1, is_last: false, bytes: 9 }),
            ChunkOwner::Object { bucket, key: key.clone() },
            ChunkOwner::Part { bucket, key, upload, number },
            ChunkOwner::Annotation { bucket, salt: u128::MAX - 1, name },
        ] {
            assert_eq!(ChunkOwner::decode(&owner.encode()), Some(owner));
        }
        assert_eq!(ChunkOwner::decode(&[]), None);
        assert_eq!(ChunkOwner::decode(&[3; 40]), None);
        assert_eq!(ChunkOwner::decode(&[4; 40]), None);
        assert_eq!(ChunkOwner::decode(&[5; 40]), None);
    }
}
