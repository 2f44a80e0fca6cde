//! How rows are named: `space`, then an order-preserving tuple.
//!
//! An object key is written with each byte one higher and ends in a zero byte. UTF-8 never uses 0xff, so nothing
//! overflows, nothing grows, and `a` sorts before `a/b` whatever follows the key.

mod access_point;
mod identity;

use model::{
    AccountId, AnnotationName, BucketId, BucketName, CanonicalId, ObjectKey, Ordinal, PartNumber, UploadId,
};

pub use access_point::{
    ACCESS_POINT_ALIASES, ACCESS_POINTS, BUCKET_ACCESS_POINTS, access_point, access_point_alias,
    access_point_at, access_point_place, access_point_to, access_points, to_bucket,
};
pub use identity::{
    ACCESS_KEYS, ALIAS_NAMES, ALIASES, ATTACHMENTS, DEVICES, GROUPS, Holder, MEMBERS, POLICIES, PROVIDERS,
    ROLES, SEAL_CHECK, STAMPS, USERS, USES, access_key, alias, alias_name, attachment, attachments, device,
    group, identity_group, identity_stamp, in_account, member, members, name_after, policy, provider, role,
    seal_check, used, user,
};

pub const BUCKETS: u8 = 0x10;
pub const OWNED: u8 = 0x11;
pub const BUCKET_TAGS: u8 = 0x12;
pub const BUCKET_POLICIES: u8 = 0x13;
pub const BUCKET_CORS: u8 = 0x14;
pub const CURRENT: u8 = 0x20;
pub const DELETED: u8 = 0x21;
pub const VERSIONS: u8 = 0x22;
pub const NULLS: u8 = 0x23;
pub const ANNOTATIONS: u8 = 0x24;
pub const UPLOADS: u8 = 0x30;
pub const PARTS: u8 = 0x31;
pub const RECLAIM: u8 = 0x40;
pub const JOBS: u8 = 0x41;
pub const SETTINGS: u8 = 0x42;
pub const ARCHIVE: u8 = 0x43;
pub const ACCOUNTS: u8 = 0x50;
pub const ACCOUNT_NAMES: u8 = 0x51;
pub const ACCOUNT_ACCESS: u8 = 0x60;
pub const CANONICAL_IDS: u8 = 0x61;

const KEY_END: u8 = 0;

/// A bucket's record.
pub fn bucket(name: &BucketName) -> Vec<u8> {
    [&[BUCKETS], name.as_str().as_bytes()].concat()
}

/// A row that says that an account owns a bucket; empty.
pub fn owned(account: AccountId, name: &str) -> Vec<u8> {
    [&[OWNED], &account.number().to_be_bytes()[..], name.as_bytes()].concat()
}

/// The bucket name in an `owned` key.
pub fn owned_name(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(9..)?).ok()
}

/// The tags of a bucket.
pub fn bucket_tags(bucket: BucketId) -> Vec<u8> {
    in_bucket(BUCKET_TAGS, bucket)
}

/// The policy of a bucket.
pub fn bucket_policy(bucket: BucketId) -> Vec<u8> {
    in_bucket(BUCKET_POLICIES, bucket)
}

/// The CORS rules of a bucket.
pub fn bucket_cors(bucket: BucketId) -> Vec<u8> {
    in_bucket(BUCKET_CORS, bucket)
}

/// All rows of one space of one bucket begin with this.
pub fn in_bucket(space: u8, bucket: BucketId) -> Vec<u8> {
    let mut key = Vec::with_capacity(128);
    key.push(space);
    key.extend_from_slice(&bucket.0.to_be_bytes());
    key
}

/// Where keys that begin with `prefix` begin.
pub fn key_prefix(space: u8, bucket: BucketId, prefix: &str) -> Vec<u8> {
    let mut key = in_bucket(space, bucket);
    key.extend(prefix.bytes().map(|byte| byte.wrapping_add(1)));
    key
}

/// All rows of one key in a space begin with this.
pub fn of_key(space: u8, bucket: BucketId, object: &str) -> Vec<u8> {
    let mut key = key_prefix(space, bucket, object);
    key.push(KEY_END);
    key
}

pub fn current(bucket: BucketId, object: &ObjectKey) -> Vec<u8> {
    of_key(CURRENT, bucket, object.as_str())
}

pub fn deleted(bucket: BucketId, object: &ObjectKey) -> Vec<u8> {
    of_key(DELETED, bucket, object.as_str())
}

pub fn null(bucket: BucketId, object: &ObjectKey) -> Vec<u8> {
    of_key(NULLS, bucket, object.as_str())
}

/// A version; newer ones sort first.
pub fn version(bucket: BucketId, object: &ObjectKey, ordinal: Ordinal) -> Vec<u8> {
    let mut key = of_key(VERSIONS, bucket, object.as_str());
    key.extend_from_slice(&(!ordinal.as_u64()).to_be_bytes());
    key
}

/// All annotations of a version begin with this. They hang on the version's salt, which it keeps under another key.
pub fn annotations(bucket: BucketId, salt: u128) -> Vec<u8> {
    let mut key = in_bucket(ANNOTATIONS, bucket);
    key.extend_from_slice(&salt.to_be_bytes());
    key
}

pub fn annotation(bucket: BucketId, salt: u128, name: &AnnotationName) -> Vec<u8> {
    let mut key = annotations(bucket, salt);
    key.extend_from_slice(name.as_str().as_bytes());
    key
}

/// The name in an annotation's key.
pub fn annotation_name(key: &[u8]) -> Option<AnnotationName> {
    AnnotationName::new(std::str::from_utf8(key.get(25..)?).ok()?).ok()
}

pub fn upload(bucket: BucketId, object: &ObjectKey, id: UploadId) -> Vec<u8> {
    let mut key = of_key(UPLOADS, bucket, object.as_str());
    push_upload(&mut key, id);
    key
}

/// All parts of an upload begin with this.
pub fn parts(bucket: BucketId, object: &ObjectKey, id: UploadId) -> Vec<u8> {
    let mut key = of_key(PARTS, bucket, object.as_str());
    push_upload(&mut key, id);
    key
}

pub fn part(bucket: BucketId, object: &ObjectKey, id: UploadId, number: PartNumber) -> Vec<u8> {
    let mut key = parts(bucket, object, id);
    key.extend_from_slice(&number.get().to_be_bytes());
    key
}

/// Work for the reclaimer, oldest first; `index` tells the rows of one commit apart.
pub fn reclaim(ordinal: Ordinal, index: u16) -> Vec<u8> {
    [&[RECLAIM], &ordinal.as_u64().to_be_bytes()[..], &index.to_be_bytes()].concat()
}

pub fn reclaim_ordinal(key: &[u8]) -> Option<Ordinal> {
    Some(Ordinal::from_u64(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?)))
}

/// Work that is under way.
pub fn job(name: &str) -> Vec<u8> {
    [&[JOBS], name.as_bytes()].concat()
}

/// What was chosen for the whole site.
pub fn setting(name: &str) -> Vec<u8> {
    [&[SETTINGS], name.as_bytes()].concat()
}

pub fn account(id: AccountId) -> Vec<u8> {
    [&[ACCOUNTS], &id.number().to_be_bytes()[..]].concat()
}

/// What an account says about access to all of its buckets.
pub fn account_access(id: AccountId) -> Vec<u8> {
    [&[ACCOUNT_ACCESS], &id.number().to_be_bytes()[..]].concat()
}

/// Which account a canonical id means.
pub fn canonical_id(id: &CanonicalId) -> Vec<u8> {
    [&[CANONICAL_IDS], id.as_str().as_bytes()].concat()
}

pub fn account_name(name: &str) -> Vec<u8> {
    [&[ACCOUNT_NAMES], name.as_bytes()].concat()
}

/// The object key in a key of an in-bucket space, and what follows it.
pub fn split_object(key: &[u8]) -> Option<(String, &[u8])> {
    let tail = key.get(9..)?;
    let end = tail.iter().position(|byte| *byte == KEY_END)?;
    let name = tail[..end].iter().map(|byte| byte - 1).collect();
    Some((String::from_utf8(name).ok()?, &tail[end + 1..]))
}

pub fn version_ordinal(suffix: &[u8]) -> Option<Ordinal> {
    Some(Ordinal::from_u64(!u64::from_be_bytes(suffix.try_into().ok()?)))
}

pub fn upload_id(suffix: &[u8]) -> Option<UploadId> {
    let (ordinal, salt) = suffix.split_at_checked(8)?;
    Some(UploadId {
        ordinal: Ordinal::from_u64(u64::from_be_bytes(ordinal.try_into().ok()?)),
        salt: u64::from_be_bytes(salt.get(..8)?.try_into().ok()?),
    })
}

pub fn part_number(key: &[u8]) -> Option<PartNumber> {
    let tail = key.len().checked_sub(2)?;
    PartNumber::new(i64::from(u16::from_be_bytes(key[tail..].try_into().ok()?)))
}

/// The first key after all keys that begin with `prefix`.
pub fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    // Spaces are all below 0xff, so a prefix of ours never gets here.
    vec![0xff]
}

fn push_upload(key: &mut Vec<u8>, id: UploadId) {
    key.extend_from_slice(&id.ordinal.as_u64().to_be_bytes());
    key.extend_from_slice(&id.salt.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: BucketId = BucketId(7);

    fn key(text: &str) -> ObjectKey {
        ObjectKey::new(text).unwrap()
    }

    #[test]
    fn rows_sort_as_their_keys_do_and_versions_newest_first() {
        let names = ["\0", "\0a", "a", "a\0", "a/b", "a0", "ab", "ä", "\u{10ffff}"];
        for pair in names.windows(2) {
            let old = version(BUCKET, &key(pair[0]), Ordinal::from_u64(5));
            let new = version(BUCKET, &key(pair[0]), Ordinal::from_u64(9));
            let other = version(BUCKET, &key(pair[1]), Ordinal::from_u64(1));
            assert!(new < old && old < other, "{pair:?}");
        }
    }

    #[test]
    fn names_are_read_back_from_keys() {
        let row = version(BUCKET, &key("a/\0ä"), Ordinal::from_u64(5));
        let (name, suffix) = split_object(&row).unwrap();
        assert_eq!((name.as_str(), version_ordinal(suffix)), ("a/\0ä", Some(Ordinal::from_u64(5))));
        let id = UploadId { ordinal: Ordinal::from_u64(3), salt: 4 };
        let row = part(BUCKET, &key("k"), id, PartNumber::new(10_000).unwrap());
        assert_eq!(part_number(&row).map(PartNumber::get), Some(10_000));
        assert_eq!(upload_id(split_object(&row).unwrap().1), Some(id));
        let name = AnnotationName::new("ml.ä").unwrap();
        let row = annotation(BUCKET, u128::MAX, &name);
        assert_eq!(annotation_name(&row), Some(name));
        assert!(row.starts_with(&annotations(BUCKET, u128::MAX)));
    }

    #[test]
    fn the_end_of_a_prefix_is_after_all_its_keys() {
        assert_eq!(end_of(&[1, 0xff]), [2]);
        assert!(key_prefix(CURRENT, BUCKET, "a\u{10ffff}") < end_of(&key_prefix(CURRENT, BUCKET, "a")));
    }
}
