//! Rows of objects: each version, and the summary of the current one that listing walks.

use bytes::Bytes;
use model::{AccountId, ChecksumAlgorithm, ChecksumType, ETag, Ordinal, StorageClass, Timestamp, VersionId};

use super::bytes::{RowError, RowReader, RowWriter};
use super::content::{Attributes, ChecksumRow, Content};
use super::marks::{FORMAT_ACL, Marks};

/// Of summaries and pointers.
const FORMAT: u8 = 1;
/// The first format with annotations counted.
const FORMAT_ANNOTATIONS: u8 = 3;
const FORMAT_VERSION: u8 = FORMAT_ACL;

/// One immutable state of a key. Its ordinal stands in the row's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Whether its version id is `null`.
    pub null: bool,
    /// With the ordinal, its version id.
    pub salt: u128,
    pub owner: AccountId,
    pub modified: Timestamp,
    pub state: VersionState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionState {
    DeleteMarker,
    Object(Box<ObjectRow>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    pub size_bytes: u64,
    pub etag: ETag,
    pub class: StorageClass,
    pub checksum: Option<ChecksumRow>,
    pub attributes: Attributes,
    pub marks: Marks,
    /// How many annotations it has, each in a row of its own.
    pub annotations: u32,
    pub content: Content,
}

/// The current object under a key; keys whose newest version is a delete marker have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentRow {
    pub ordinal: Ordinal,
    pub null: bool,
    pub size_bytes: u64,
    pub etag: ETag,
    pub modified: Timestamp,
    pub class: StorageClass,
    pub owner: AccountId,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl VersionRow {
    pub fn version_id(&self, ordinal: Ordinal) -> VersionId {
        if self.null { VersionId::Null } else { VersionId::Id { ordinal, salt: self.salt } }
    }

    pub fn object(&self) -> Option<&ObjectRow> {
        match &self.state {
            VersionState::Object(object) => Some(object),
            VersionState::DeleteMarker => None,
        }
    }

    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT_VERSION);
        w.u8(u8::from(self.null));
        w.raw(&self.salt.to_be_bytes());
        w.owner(self.owner);
        w.timestamp(self.modified);
        match &self.state {
            VersionState::DeleteMarker => w.u8(0),
            VersionState::Object(object) => {
                w.u8(1);
                object.write(&mut w);
            }
        }
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("version", bytes, FORMAT_VERSION)?;
        let null = r.bool()?;
        let salt = u128::from_be_bytes(r.array()?);
        let owner = r.account()?;
        let modified = r.timestamp()?;
        let state = if r.bool()? {
            VersionState::Object(Box::new(ObjectRow::read(&mut r)?))
        } else {
            VersionState::DeleteMarker
        };
        Ok(Self { null, salt, owner, modified, state })
    }
}

impl ObjectRow {
    fn write(&self, w: &mut RowWriter) {
        w.varint(self.size_bytes);
        write_etag(w, self.etag);
        w.storage_class(self.class);
        w.checksum(self.checksum.as_ref());
        w.attributes(&self.attributes);
        w.marks(&self.marks);
        w.varint(u64::from(self.annotations));
        w.content(&self.content);
    }

    fn read(r: &mut RowReader) -> Result<Self, RowError> {
        Ok(Self {
            size_bytes: r.varint()?,
            etag: read_etag(r)?,
            class: r.storage_class()?,
            checksum: r.checksum()?,
            attributes: r.attributes()?,
            marks: r.marks()?,
            annotations: read_annotations(r)?,
            content: r.content()?,
        })
    }
}

impl CurrentRow {
    /// The summary of a version; `None` for a delete marker.
    pub fn of(version: &VersionRow, ordinal: Ordinal) -> Option<Self> {
        let object = version.object()?;
        Some(Self {
            ordinal,
            null: version.null,
            size_bytes: object.size_bytes,
            etag: object.etag,
            modified: version.modified,
            class: object.class,
            owner: version.owner,
            checksum: object.checksum.as_ref().map(|checksum| (checksum.algorithm, checksum.kind)),
        })
    }

    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.raw(&self.ordinal.as_u64().to_be_bytes());
        w.u8(u8::from(self.null));
        w.varint(self.size_bytes);
        write_etag(&mut w, self.etag);
        w.timestamp(self.modified);
        w.storage_class(self.class);
        w.owner(self.owner);
        w.option(self.checksum, |w, (algorithm, kind)| {
            w.algorithm(algorithm);
            w.checksum_type(kind);
        });
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("current", bytes, FORMAT)?;
        Ok(Self {
            ordinal: Ordinal::from_u64(u64::from_be_bytes(r.array()?)),
            null: r.bool()?,
            size_bytes: r.varint()?,
            etag: read_etag(&mut r)?,
            modified: r.timestamp()?,
            class: r.storage_class()?,
            owner: r.account()?,
            checksum: r.option(|r| Ok((r.algorithm()?, r.checksum_type()?)))?,
        })
    }
}

/// Points to a version: to the delete marker that is a key's newest version, or to the null version that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointerRow {
    pub ordinal: Ordinal,
    pub null: bool,
}

impl PointerRow {
    pub fn encode(self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.raw(&self.ordinal.as_u64().to_be_bytes());
        w.u8(u8::from(self.null));
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("pointer", bytes, FORMAT)?;
        Ok(Self { ordinal: Ordinal::from_u64(u64::from_be_bytes(r.array()?)), null: r.bool()? })
    }
}

fn write_etag(w: &mut RowWriter, etag: ETag) {
    w.raw(&etag.md5);
    // 0 stands for an object that was put whole: no upload completes without a part.
    w.varint(u64::from(etag.parts.unwrap_or(0)));
}

/// None at all in a row of an older format.
fn read_annotations(r: &mut RowReader) -> Result<u32, RowError> {
    if r.format() < FORMAT_ANNOTATIONS {
        return Ok(0);
    }
    let count = r.varint()?;
    r.legal(u32::try_from(count).ok())
}

fn read_etag(r: &mut RowReader) -> Result<ETag, RowError> {
    let md5 = r.array()?;
    let parts = r.varint()?;
    let parts = r.legal(u16::try_from(parts).ok())?;
    Ok(ETag { md5, parts: (parts > 0).then_some(parts) })
}

#[cfg(test)]
mod tests {
    use model::{Hold, ObjectKey, PartNumber, Retention, RetentionMode, UploadId};
    use proptest::prelude::{any, prop, proptest};

    use super::*;
    use crate::table::PartTable;

    fn multipart() -> VersionRow {
        let mut table = PartTable::default();
        for number in [1, 2, 3, 7] {
            table.push(PartNumber::new(number).unwrap(), 5 << 20);
        }
        VersionRow {
            null: false,
            salt: 99,
            owner: AccountId::new(12).unwrap(),
            modified: Timestamp::from_millis(-5),
            state: VersionState::Object(Box::new(ObjectRow {
                size_bytes: 20 << 20,
                etag: ETag { md5: [7; 16], parts: Some(4) },
                class: StorageClass::GlacierIr,
                checksum: Some(ChecksumRow {
                    algorithm: ChecksumAlgorithm::Crc64Nvme,
                    kind: ChecksumType::FullObject,
                    value: Bytes::from_static(b"12345678"),
                }),
                attributes: Attributes {
                    content_type: Some("text/plain".into()),
                    metadata: vec![("a".into(), "ä".into())],
                    ..Attributes::default()
                },
                marks: Marks {
                    tags: vec![("k".into(), "v".into())],
                    hold: Hold {
                        retention: Some(Retention {
                            mode: RetentionMode::Compliance,
                            until: Timestamp::from_seconds(9),
                        }),
                        legal_hold: Some(true),
                    },
                    acl: None,
                },
                annotations: 1000,
                content: Content::Parts {
                    key: ObjectKey::new("k").unwrap(),
                    upload: UploadId { ordinal: Ordinal::from_u64(3), salt: 5 },
                    table,
                },
            })),
        }
    }

    #[test]
    fn rows_read_back_what_was_written() {
        let row = multipart();
        assert_eq!(VersionRow::decode(row.encode()), Ok(row.clone()));
        let current = CurrentRow::of(&row, Ordinal::from_u64(5)).unwrap();
        assert_eq!(CurrentRow::decode(current.encode()), Ok(current));
        let marker = VersionRow { state: VersionState::DeleteMarker, ..row };
        assert_eq!(VersionRow::decode(marker.encode()), Ok(marker));
    }

    #[test]
    fn a_truncated_row_is_damage_and_a_newer_format_is_named() {
        let bytes = multipart().encode();
        for len in 0..bytes.len() - 1 {
            assert!(VersionRow::decode(bytes.slice(..len)).is_err(), "{len}");
        }
        assert_eq!(
            CurrentRow::decode(Bytes::from_static(&[9])),
            Err(RowError::Format { row: "current", found: 9, known: 1 })
        );
    }

    #[test]
    fn parts_are_counted_by_place_not_by_number() {
        let row = multipart();
        let Some(Content::Parts { table, .. }) = row.object().map(|o| &o.content) else { unreachable!() };
        assert_eq!(table.count(), 4);
        assert_eq!(table.nth(4).map(|(n, at, size)| (n.get(), at, size)), Some((7, 15 << 20, 5 << 20)));
        assert_eq!(table.nth(5), None);
        assert_eq!(table.nth(0), None);
    }

    #[test]
    fn an_object_of_50_tib_is_a_small_row() {
        let mut row = multipart();
        let (mut equal, mut sparse) = (PartTable::default(), PartTable::default());
        for number in 1..=10_000 {
            equal.push(PartNumber::new(number).unwrap(), 5 << 30);
        }
        for number in (1..=10_000).step_by(2) {
            sparse.push(PartNumber::new(number).unwrap(), (5 << 30) - u64::from(number % 4 == 1));
        }
        for (table, bytes_max) in [(equal, 256), (sparse, 64 << 10)] {
            let size: u64 = table.iter().map(|(_, _, size)| size).sum();
            let VersionState::Object(object) = &mut row.state else { unreachable!() };
            object.size_bytes = size;
            object.content = Content::Parts {
                key: ObjectKey::new("k").unwrap(),
                upload: UploadId { ordinal: Ordinal::from_u64(3), salt: 5 },
                table,
            };
            let bytes = row.encode();
            assert!(size > 24 << 40 && bytes.len() < bytes_max, "{} bytes", bytes.len());
            assert_eq!(VersionRow::decode(bytes), Ok(row.clone()));
        }
    }

    #[test]
    fn a_part_table_that_no_completion_makes_is_damage() {
        let with = |spans: &[(u64, u64, u64)]| {
            let mut w = RowWriter::new(FORMAT);
            w.varint(spans.len() as u64);
            for (first, count, size_bytes) in spans {
                [first, count, size_bytes].into_iter().for_each(|number| w.varint(*number));
            }
            RowReader::new("part table", w.finish(), FORMAT).unwrap().part_table()
        };
        assert!(with(&[(1, 9_999, 5), (10_000, 1, 7)]).is_ok());
        for spans in [
            &[(1, 0, 5)][..],
            &[(10_000, 2, 5)],
            &[(5, 3, 5), (7, 1, 5)],
            &[(1, 2, u64::MAX)],
            &[(1, 1, u64::MAX), (2, 1, 1)],
        ] {
            assert!(with(spans).is_err(), "{spans:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = bytes;
            bytes.insert(0, FORMAT_VERSION);
            let _ = VersionRow::decode(Bytes::from(bytes.clone()));
            bytes[0] = FORMAT;
            let _ = CurrentRow::decode(Bytes::from(bytes));
        }
    }
}
