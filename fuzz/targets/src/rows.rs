//! The catalog's rows and the keys that name them.
//!
//! The input's first byte chooses the row.

use bytes::Bytes;
use catalog::table::{
    AccessKeyRow, AccessPointRow, AccountRow, AnnotationRow, BucketRow, Content, CurrentRow, DeviceRow,
    GroupRow, PartRow, PartTable, PointerRow, PolicyRow, ProviderRow, ReclaimRow, RoleRow, RowError,
    StampRow, UploadRow, UsedRow, UserRow, VersionRow, space,
};
use model::Ordinal;

/// What decodes encodes to the same row, and is fit for use.
pub fn rows(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let row = Bytes::copy_from_slice(rest);
    match first % 19 {
        0 => version(row),
        1 => same(CurrentRow::decode(row), CurrentRow::encode, CurrentRow::decode),
        2 => same(UploadRow::decode(row), UploadRow::encode, UploadRow::decode),
        3 => part(row),
        4 => reclaim(row),
        5 => same(BucketRow::decode(row), BucketRow::encode, BucketRow::decode),
        6 => same(AccountRow::decode(row), AccountRow::encode, AccountRow::decode),
        7 => access_key(row),
        8 => same(PointerRow::decode(row), |row| row.encode(), PointerRow::decode),
        9 => keys(rest),
        10 => same(GroupRow::decode(row), GroupRow::encode, GroupRow::decode),
        11 => same(RoleRow::decode(row), RoleRow::encode, RoleRow::decode),
        12 => same(PolicyRow::decode(row), PolicyRow::encode, PolicyRow::decode),
        13 => same(ProviderRow::decode(row), ProviderRow::encode, ProviderRow::decode),
        14 => same(DeviceRow::decode(row), DeviceRow::encode, DeviceRow::decode),
        15 => same(StampRow::decode(row), StampRow::encode, StampRow::decode),
        16 => same(UsedRow::decode(row), UsedRow::encode, UsedRow::decode),
        17 => same(AccessPointRow::decode(row), AccessPointRow::encode, AccessPointRow::decode),
        _ => same(UserRow::decode(row), UserRow::encode, UserRow::decode),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    row: Result<T, RowError>,
    encode: impl Fn(&T) -> Bytes,
    decode: impl Fn(Bytes) -> Result<T, RowError>,
) {
    if let Ok(row) = row {
        assert_eq!(decode(encode(&row)).as_ref(), Ok(&row));
    }
}

fn version(bytes: Bytes) {
    let row = VersionRow::decode(bytes);
    if let Ok(row) = &row {
        let _ = row.version_id(Ordinal::from_u64(7)).to_string();
        if let Some(object) = row.object() {
            content(&object.content);
            let checksum = object.checksum.as_ref();
            assert!(checksum.is_none_or(|checksum| checksum.value.len() == checksum.algorithm.size_bytes()));
        }
        let summary = CurrentRow::of(row, Ordinal::from_u64(7));
        assert_eq!(summary.is_some(), row.object().is_some());
    }
    same(row, VersionRow::encode, VersionRow::decode);
}

/// Annotations are written as parts are.
fn part(bytes: Bytes) {
    same(AnnotationRow::decode(bytes.clone()), AnnotationRow::encode, AnnotationRow::decode);
    let row = PartRow::decode(bytes);
    if let Ok(row) = &row {
        content(&row.content);
    }
    same(row, PartRow::encode, PartRow::decode);
}

fn reclaim(bytes: Bytes) {
    let row = ReclaimRow::decode(bytes);
    if let Ok(ReclaimRow::Unlisted { listed, .. }) = &row {
        table(listed);
    }
    same(row, ReclaimRow::encode, ReclaimRow::decode);
}

/// `AccessKeyRow` has no `Debug`, so that a secret is never printed.
fn access_key(bytes: Bytes) {
    if let Ok(row) = AccessKeyRow::decode(bytes) {
        assert!(AccessKeyRow::decode(row.encode()).is_ok_and(|again| again == row));
    }
}

fn content(content: &Content) {
    if let Content::Parts { table: parts, .. } = content {
        table(parts);
    }
}

/// Every part is where the ones before it end, and the table knows its number.
fn table(parts: &PartTable) {
    let (mut count, mut end) = (0, 0);
    for (number, start, size_bytes) in parts.iter() {
        assert!(parts.contains(number) && start == end);
        end += size_bytes;
        count += 1;
    }
    assert_eq!(parts.count(), count);
    assert_eq!(parts.nth(count).is_some(), count > 0);
    assert_eq!(parts.nth(count + 1), None);
}

fn keys(key: &[u8]) {
    if let Some((_, suffix)) = space::split_object(key) {
        let _ = (space::version_ordinal(suffix), space::upload_id(suffix), space::part_number(key));
    }
    let _ = (space::owned_name(key), space::reclaim_ordinal(key), space::part_number(key));
    let _ = space::annotation_name(key);
    let end = space::end_of(key);
    assert!(end.as_slice() > key || key.first() == Some(&0xff));
}
