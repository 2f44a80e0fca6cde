//! One row against the others: what `docs/formats/rows.md` says of them holds in one point in time.

use std::collections::BTreeSet;

use bytes::Bytes;
use catalog::table::{
    AnnotationRow, ArchiveRow, BucketRow, Content, CurrentRow, ObjectRow, PartRow, PartTable, PointerRow,
    Stretch, UploadRow, VersionRow, space,
};
use catalog::{Snapshot, View};
use digest::{md5, md5_of_md5s};
use model::{BucketId, ObjectKey, Ordinal, PartNumber, UploadId};

use super::chunks::{Stored, md5_of};
use super::claims::{Claim, Claims};
use super::log::{Finding, Kind, Verification};
use crate::KeeperFault;
use crate::rows::{named, version_of_upload};

/// In this order: what makes claims goes before the versions that meet them.
pub(super) const SPACES: [u8; 8] = [
    space::CURRENT,
    space::DELETED,
    space::NULLS,
    space::UPLOADS,
    space::PARTS,
    space::ANNOTATIONS,
    space::VERSIONS,
    space::ARCHIVE,
];

/// The rows' judge.
pub(super) struct Judge {
    pub verification: Verification,
    pub claims: Claims,
    buckets: BTreeSet<BucketId>,
}

/// Why a row is wrong, or why that can't be told.
enum Wrong {
    So(String),
    Fault(KeeperFault),
}

type Judged<T = ()> = Result<T, Wrong>;

impl From<catalog::Fault> for Wrong {
    fn from(fault: catalog::Fault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<catalog::table::RowError> for Wrong {
    fn from(error: catalog::table::RowError) -> Self {
        Self::So(error.to_string())
    }
}

impl From<KeeperFault> for Wrong {
    fn from(fault: KeeperFault) -> Self {
        match fault {
            KeeperFault::Damaged(what) => Self::So(what),
            fault => Self::Fault(fault),
        }
    }
}

/// Where a row stands.
struct At<'a> {
    view: &'a Snapshot,
    key: &'a [u8],
    bucket: BucketId,
    object: ObjectKey,
    suffix: &'a [u8],
}

impl Judge {
    pub fn new(verification: Verification) -> Self {
        Self { verification, claims: Claims::default(), buckets: BTreeSet::new() }
    }

    /// What of its bytes lies in the store is for the caller to read.
    pub fn judge(&mut self, view: &Snapshot, key: &[u8], row: Bytes) -> Result<Option<Stored>, KeeperFault> {
        self.verification.count(|verified| verified.rows += 1);
        let what = match self.check(view, key, row) {
            Ok(stored) => return Ok(stored),
            Err(Wrong::Fault(fault)) => return Err(fault),
            Err(Wrong::So(what)) => what,
        };
        let what = format!("row {:02x}: {what}", key.first().copied().unwrap_or(0));
        let of_bucket = key[0] != space::ARCHIVE;
        let object = space::split_object(key).filter(|_| of_bucket && key[0] != space::ANNOTATIONS);
        let bucket = bucket_of(key).filter(|_| of_bucket);
        let object = object.map(|(object, _)| object);
        self.verification.find(Finding { kind: Kind::Row, bucket, key: object, place: None, what });
        Ok(None)
    }

    fn check(&mut self, view: &Snapshot, key: &[u8], row: Bytes) -> Judged<Option<Stored>> {
        if key[0] == space::ARCHIVE {
            return check_archive(view, key, row);
        }
        let bucket = bucket_of(key).ok_or_else(|| so("its key names no bucket"))?;
        self.check_bucket(view, bucket, key)?;
        if key[0] == space::ANNOTATIONS {
            let salt = key.get(9..25).and_then(|salt| salt.try_into().ok()).map(u128::from_be_bytes);
            let salt = salt.ok_or_else(|| so("its key names no version"))?;
            self.claims.add(Claim::Salt { bucket, salt }, key, &self.verification);
            let AnnotationRow { size_bytes, md5, content, .. } = AnnotationRow::decode(row.clone())?;
            return stored(view, key, row, &content, size_bytes, Some(md5));
        }
        let (object, suffix) = space::split_object(key).ok_or_else(|| so("its key names no object"))?;
        let object = ObjectKey::new(object).map_err(|_| so("its key names no object"))?;
        let at = At { view, key, bucket, object, suffix };
        match key[0] {
            space::CURRENT => {
                let current = CurrentRow::decode(row)?;
                at.points_to(current.ordinal, |version| version.object().is_some())?;
            }
            space::DELETED => {
                let marker = PointerRow::decode(row)?;
                at.points_to(marker.ordinal, |version| version.object().is_none())?;
            }
            space::NULLS => {
                let null = PointerRow::decode(row)?;
                at.points_to(null.ordinal, |version| version.null)?;
                if at.newest()? == Some(null.ordinal) {
                    return Err(so("the null version is the newest, and needs no pointer"));
                }
            }
            space::UPLOADS => drop(UploadRow::decode(row)?),
            space::PARTS => return self.check_part(&at, row),
            _ => return self.check_version(&at, row),
        }
        Ok(None)
    }

    fn check_bucket(&mut self, view: &Snapshot, bucket: BucketId, key: &[u8]) -> Judged {
        if self.buckets.contains(&bucket) {
            return Ok(());
        }
        self.buckets.clear();
        let mut cursor = view.cursor(&[space::BUCKETS], &[space::BUCKETS + 1])?;
        while let Some((_, row)) = cursor.next()? {
            self.buckets.insert(BucketRow::decode(row)?.id);
        }
        if self.buckets.contains(&bucket) {
            return Ok(());
        }
        match key[0] {
            space::UPLOADS => self.claims.add(Claim::Bucket { bucket }, key, &self.verification),
            // What their versions and uploads left, which the reclaimer is to free.
            space::PARTS | space::ANNOTATIONS => {}
            _ => return Err(so("there is no such bucket")),
        }
        Ok(())
    }

    fn check_version(&mut self, at: &At<'_>, row: Bytes) -> Judged<Option<Stored>> {
        let ordinal = space::version_ordinal(at.suffix).ok_or_else(|| so("its key names no version"))?;
        let version = VersionRow::decode(row.clone())?;
        self.claims.strike_version(at.bucket, &version);
        let current = at.view.get(&space::current(at.bucket, &at.object))?;
        let deleted = at.view.get(&space::deleted(at.bucket, &at.object))?;
        let null = at.view.get(&space::null(at.bucket, &at.object))?;
        let pointer = PointerRow { ordinal, null: version.null }.encode();
        if at.newest()? == Some(ordinal) {
            let summary = CurrentRow::of(&version, ordinal);
            if current.map(CurrentRow::decode).transpose()? != summary {
                return Err(so("the summary of the current object is not this newest version's"));
            }
            if deleted != summary.is_none().then_some(pointer) {
                return Err(so("the pointer to a delete marker is not this newest version's"));
            }
        } else if version.null && null != Some(pointer) {
            return Err(so("nothing points to this null version"));
        }
        let Some(object) = version.object() else { return Ok(None) };
        at.count_annotations(&version, object.annotations)?;
        match &object.content {
            Content::Parts { key, upload, table } => {
                at.check_table(object, key, *upload, table)?;
                Ok(None)
            }
            content => stored(at.view, at.key, row, content, object.size_bytes, md5_of(object)),
        }
    }

    fn check_part(&mut self, at: &At<'_>, row: Bytes) -> Judged<Option<Stored>> {
        let part = PartRow::decode(row.clone())?;
        let named = space::upload_id(at.suffix).zip(space::part_number(at.key));
        let (upload, number) = named.ok_or_else(|| so("its key names no part"))?;
        let (bucket, key) = (at.bucket, at.object.clone());
        if at.view.get(&space::upload(bucket, &key, upload))?.is_none() {
            let version = version_of_upload(at.view, bucket, &key, upload)?;
            let claim = match version.as_ref().and_then(VersionRow::object).map(|object| &object.content) {
                Some(Content::Parts { table, .. }) if table.contains(number) => None,
                Some(_) => Some(Claim::Unlisted { bucket, key, upload, number: number.get() }),
                None => Some(Claim::Upload { bucket, key, upload }),
            };
            if let Some(claim) = claim {
                self.claims.add(claim, at.key, &self.verification);
            }
        }
        stored(at.view, at.key, row, &part.content, part.size_bytes, Some(part.md5))
    }
}

impl At<'_> {
    fn newest(&self) -> Judged<Option<Ordinal>> {
        let prefix = space::of_key(space::VERSIONS, self.bucket, self.object.as_str());
        let first = self.view.first_at_or_after(&prefix, &space::end_of(&prefix))?;
        Ok(first.and_then(|(key, _)| space::version_ordinal(&key[prefix.len()..])))
    }

    fn points_to(&self, ordinal: Ordinal, fits: impl FnOnce(&VersionRow) -> bool) -> Judged {
        let row = self.view.get(&space::version(self.bucket, &self.object, ordinal))?;
        let row = row.ok_or_else(|| so("it points to a version that there is not"))?;
        match fits(&VersionRow::decode(row)?) {
            true => Ok(()),
            false => Err(so("it points to a version of another kind")),
        }
    }

    fn count_annotations(&self, version: &VersionRow, expected: u32) -> Judged {
        let prefix = space::annotations(self.bucket, version.salt);
        let mut cursor = self.view.cursor(&prefix, &space::end_of(&prefix))?;
        let mut count = 0;
        while count <= expected && cursor.next()?.is_some() {
            count += 1;
        }
        if count == expected {
            return Ok(());
        }
        Err(so(format!("it counts {expected} annotations, and there are {count} or more")))
    }

    /// Each part that it lists is there, of that size, and the object's size and ETag are made of them.
    fn check_table(
        &self,
        object: &ObjectRow,
        key: &ObjectKey,
        upload: UploadId,
        table: &PartTable,
    ) -> Judged {
        let (mut size, mut sums) = (0, Vec::with_capacity(table.count()));
        for (number, _, size_bytes) in table.iter() {
            sums.push(self.part(key, upload, number, size_bytes)?);
            size += size_bytes;
        }
        if size != object.size_bytes {
            return Err(so(format!("its parts have {size} bytes, not {}", object.size_bytes)));
        }
        if object.etag.parts.map(usize::from) != Some(sums.len()) || object.etag.md5 != md5_of_md5s(&sums) {
            return Err(so("its ETag is not that of its parts"));
        }
        Ok(())
    }

    fn part(&self, key: &ObjectKey, upload: UploadId, number: PartNumber, bytes: u64) -> Judged<[u8; 16]> {
        let row = self.view.get(&space::part(self.bucket, key, upload, number))?;
        let row = row.ok_or_else(|| so(format!("its part {} is missing", number.get())))?;
        let part = PartRow::decode(row)?;
        if part.size_bytes != bytes {
            let (number, found) = (number.get(), part.size_bytes);
            return Err(so(format!("its part {number} has {found} bytes, not {bytes}")));
        }
        Ok(part.md5)
    }
}

/// Pages follow one another without a hole, as far as they were not given up from the front.
fn check_archive(view: &Snapshot, key: &[u8], row: Bytes) -> Judged<Option<Stored>> {
    let ArchiveRow { page, start, manifest, .. } = ArchiveRow::decode(row.clone())?;
    if page.key() != key {
        return Err(so("its key is another page's"));
    }
    let before = view.last_before(&key[..2], key)?.map(|(_, row)| ArchiveRow::decode(row)).transpose()?;
    let fits = match (&before, page.stretch) {
        (Some(before), stretch) if page.number > 0 => {
            before.page.stretch == stretch && before.page.number + 1 == page.number && !before.page.is_last
        }
        (None, _) => page.number == 0,
        (Some(before), Stretch::Changes { from, .. }) => {
            before.page.is_last && matches!(before.page.stretch, Stretch::Changes { to, .. } if to == from)
        }
        (Some(before), Stretch::Range { round, place, .. }) => match before.page.stretch {
            Stretch::Range { round: of, place: after, .. } if of == round => {
                before.page.is_last && after.checked_add(1) == Some(place) && before.end == start
            }
            _ => true,
        },
    };
    if !fits {
        return Err(so("it does not follow the page before it"));
    }
    if manifest.is_empty() {
        return Ok(None);
    }
    let content = Content::Stored(manifest);
    stored(view, key, row, &content, page.bytes.into(), None)
}

/// The content's length is the row's; bytes in the row are proven here.
fn stored(
    view: &Snapshot,
    key: &[u8],
    row: Bytes,
    content: &Content,
    size_bytes: u64,
    sum: Option<[u8; 16]>,
) -> Judged<Option<Stored>> {
    let (length, stored) = match content {
        Content::Inline(bytes) => {
            if sum.is_some_and(|sum| sum != md5(bytes)) {
                return Err(so("its bytes do not have its MD5"));
            }
            (bytes.len() as u64, None)
        }
        Content::Stored(_) => match named(view, key.to_vec(), row)? {
            Some(named) => (named.manifest.len_bytes(), Some(Stored { named, md5: sum })),
            None => return Err(so("it names no bytes")),
        },
        Content::Parts { .. } => return Err(so("it is made of parts, and must not be")),
    };
    if length != size_bytes {
        return Err(so(format!("it has {length} bytes, not {size_bytes}")));
    }
    Ok(stored)
}

fn so(what: impl Into<String>) -> Wrong {
    Wrong::So(what.into())
}

fn bucket_of(key: &[u8]) -> Option<BucketId> {
    Some(BucketId(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?)))
}
