//! The rows that name bytes in the store, in the order of their keys.

use catalog::table::{
    AnnotationRow, ArchiveRow, Content, PartRow, UploadRow, VersionRow, VersionState, space,
};
use catalog::{Snapshot, View};
use model::{BucketId, ObjectKey, Ordinal, StorageClass, UploadId};
use semantics::{ChunkOwner, redundancy};
use stripe::{Manifest, Redundancy};

use bytes::Bytes;

use crate::KeeperFault;

/// The spaces whose rows may name bytes, ascending.
const SPACES: [u8; 4] = [space::VERSIONS, space::ANNOTATIONS, space::PARTS, space::ARCHIVE];

/// A row that names bytes.
#[derive(Clone, Debug)]
pub struct Named {
    pub key: Vec<u8>,
    pub owner: ChunkOwner,
    pub redundancy: Redundancy,
    pub manifest: Manifest,
}

/// Rows that name bytes, and damage where one can't be told.
type Rows = Vec<Result<Named, KeeperFault>>;

/// Up to `max` rows from `from` on, and where the walk goes on; `None` at its end. A damaged row ends nobody's walk.
pub(crate) fn rows_from(
    view: &Snapshot,
    from: &[u8],
    max: usize,
) -> Result<(Rows, Option<Vec<u8>>), KeeperFault> {
    let mut rows = Vec::new();
    // Inline rows are passed over, but not without end in one point in time.
    let mut passed = 0;
    for space in SPACES {
        let (start, end) = ([space].to_vec().max(from.to_vec()), [space + 1]);
        if start[..] >= end[..] {
            continue;
        }
        let mut cursor = view.cursor(&start, &end)?;
        while let Some((key, row)) = cursor.next()? {
            if rows.len() == max || passed == max * 64 {
                return Ok((rows, Some(key)));
            }
            passed += 1;
            match named(view, key, row) {
                Err(fault @ KeeperFault::Damaged(_)) => rows.push(Err(fault)),
                row => rows.extend(row?.map(Ok)),
            }
        }
    }
    Ok((rows, None))
}

/// All rows that may name bytes of `owner`.
pub(crate) fn rows_of(view: &Snapshot, owner: &ChunkOwner) -> Result<Vec<Named>, KeeperFault> {
    rows_of_which(view, owner, |_| true)
}

/// Those of them that are wanted: an owner may have more rows than memory holds.
pub(crate) fn rows_of_which(
    view: &Snapshot,
    owner: &ChunkOwner,
    wanted: impl Fn(&Named) -> bool,
) -> Result<Vec<Named>, KeeperFault> {
    let prefix = match owner {
        ChunkOwner::Object { bucket, key } => space::of_key(space::VERSIONS, *bucket, key.as_str()),
        ChunkOwner::Part { bucket, key, upload, number } => space::part(*bucket, key, *upload, *number),
        ChunkOwner::Annotation { bucket, salt, name } => space::annotation(*bucket, *salt, name),
        ChunkOwner::Rows(page) => page.key(),
    };
    let mut cursor = view.cursor(&prefix, &space::end_of(&prefix))?;
    let mut rows = Vec::new();
    while let Some((key, row)) = cursor.next()? {
        rows.extend(named(view, key, row)?.filter(|named| wanted(named)));
    }
    Ok(rows)
}

/// What a row names; `None` when its bytes, if it has any, ride in the row. `view` tells how those of a part are stored.
pub fn named(view: &Snapshot, key: Vec<u8>, row: Bytes) -> Result<Option<Named>, KeeperFault> {
    let Some(Content::Stored(encoded)) = content_of(&key, row.clone())? else { return Ok(None) };
    let manifest = Manifest::decode(&encoded).map_err(KeeperFault::damaged)?;
    let (owner, class) = whose(view, &key, row)?.ok_or_else(|| KeeperFault::damaged("a row's key"))?;
    Ok(Some(Named { key, owner, redundancy: redundancy(class), manifest }))
}

/// Where a row's bytes are.
pub fn content_of(key: &[u8], row: Bytes) -> Result<Option<Content>, KeeperFault> {
    Ok(match key.first() {
        Some(&space::VERSIONS) => match VersionRow::decode(row).map_err(KeeperFault::damaged)?.state {
            VersionState::Object(object) => Some(object.content),
            VersionState::DeleteMarker => None,
        },
        Some(&space::PARTS) => Some(PartRow::decode(row).map_err(KeeperFault::damaged)?.content),
        Some(&space::ANNOTATIONS) => Some(AnnotationRow::decode(row).map_err(KeeperFault::damaged)?.content),
        Some(&space::ARCHIVE) => {
            let row = ArchiveRow::decode(row).map_err(KeeperFault::damaged)?;
            (!row.is_missed()).then_some(Content::Stored(row.manifest))
        }
        _ => None,
    })
}

/// The same row with its bytes elsewhere.
pub fn with_content(key: &[u8], row: Bytes, content: Content) -> Result<Option<Bytes>, KeeperFault> {
    Ok(match key.first() {
        Some(&space::VERSIONS) => {
            let mut version = VersionRow::decode(row).map_err(KeeperFault::damaged)?;
            let VersionState::Object(object) = &mut version.state else { return Ok(None) };
            object.content = content;
            Some(version.encode())
        }
        Some(&space::PARTS) => {
            Some(PartRow { content, ..PartRow::decode(row).map_err(KeeperFault::damaged)? }.encode())
        }
        Some(&space::ANNOTATIONS) => Some(
            AnnotationRow { content, ..AnnotationRow::decode(row).map_err(KeeperFault::damaged)? }.encode(),
        ),
        Some(&space::ARCHIVE) => {
            let Content::Stored(manifest) = content else { return Ok(None) };
            Some(ArchiveRow { manifest, ..ArchiveRow::decode(row).map_err(KeeperFault::damaged)? }.encode())
        }
        _ => None,
    })
}

fn whose(view: &Snapshot, key: &[u8], row: Bytes) -> Result<Option<(ChunkOwner, StorageClass)>, KeeperFault> {
    if key.first() == Some(&space::ARCHIVE) {
        let page = ArchiveRow::decode(row).map_err(KeeperFault::damaged)?.page;
        return Ok((page.key() == key).then_some((ChunkOwner::Rows(page), StorageClass::Standard)));
    }
    let Some(bucket) = key.get(1..9).and_then(|id| id.try_into().ok()) else { return Ok(None) };
    let bucket = BucketId(u64::from_be_bytes(bucket));
    if key[0] == space::ANNOTATIONS {
        let salt = key.get(9..25).and_then(|salt| salt.try_into().ok()).map(u128::from_be_bytes);
        let (Some(salt), Some(name)) = (salt, space::annotation_name(key)) else { return Ok(None) };
        return Ok(Some((ChunkOwner::Annotation { bucket, salt, name }, StorageClass::Standard)));
    }
    let Some((name, suffix)) = space::split_object(key) else { return Ok(None) };
    let Ok(object) = ObjectKey::new(name) else { return Ok(None) };
    if key[0] == space::VERSIONS {
        let version = VersionRow::decode(row).map_err(KeeperFault::damaged)?;
        let class = version.object().map_or(StorageClass::Standard, |object| object.class);
        return Ok(Some((ChunkOwner::Object { bucket, key: object }, class)));
    }
    let (Some(upload), Some(number)) = (space::upload_id(suffix), space::part_number(key)) else {
        return Ok(None);
    };
    let class = class_of_upload(view, bucket, &object, upload)?;
    Ok(Some((ChunkOwner::Part { bucket, key: object, upload, number }, class)))
}

/// Of the upload while it is under way, of the version that it became afterwards. A version that was renamed counts as
/// standard.
fn class_of_upload(
    view: &Snapshot,
    bucket: BucketId,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<StorageClass, KeeperFault> {
    if let Some(row) = view.get(&space::upload(bucket, key, upload))? {
        return Ok(UploadRow::decode(row).map_err(KeeperFault::damaged)?.class);
    }
    let version = version_of_upload(view, bucket, key, upload)?;
    Ok(version.as_ref().and_then(VersionRow::object).map_or(StorageClass::Standard, |object| object.class))
}

/// The version that an upload became, if it was not renamed.
pub(crate) fn version_of_upload(
    view: &Snapshot,
    bucket: BucketId,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<Option<VersionRow>, KeeperFault> {
    // Newest first: a completion is at least as young as its upload.
    let (first, last) = (Ordinal::from_u64(u64::MAX), upload.ordinal);
    let (start, end) = (space::version(bucket, key, first), space::version(bucket, key, last));
    let mut cursor = view.cursor(&start, &end)?;
    while let Some((_, row)) = cursor.next()? {
        let version = VersionRow::decode(row).map_err(KeeperFault::damaged)?;
        let content = version.object().map(|object| &object.content);
        if matches!(content, Some(Content::Parts { upload: of, .. }) if *of == upload) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}
