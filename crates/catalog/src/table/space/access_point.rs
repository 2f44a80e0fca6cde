//! How access points are named: under their account, by their alias, and under their bucket.

use model::{AccountId, BucketId};

pub const ACCESS_POINTS: u8 = 0x62;
pub const ACCESS_POINT_ALIASES: u8 = 0x63;
pub const BUCKET_ACCESS_POINTS: u8 = 0x15;

/// All access points of an account begin with this.
pub fn access_points(account: AccountId) -> Vec<u8> {
    [&[ACCESS_POINTS], &account.number().to_be_bytes()[..]].concat()
}

pub fn access_point(account: AccountId, name: &str) -> Vec<u8> {
    [&access_points(account), name.as_bytes()].concat()
}

/// Whose alias it is: the account's number, then the name.
pub fn access_point_alias(alias: &str) -> Vec<u8> {
    [&[ACCESS_POINT_ALIASES], alias.as_bytes()].concat()
}

/// All access points to a bucket begin with this.
pub fn to_bucket(bucket: BucketId) -> Vec<u8> {
    super::in_bucket(BUCKET_ACCESS_POINTS, bucket)
}

/// A row that says that an access point leads to a bucket; empty.
pub fn access_point_to(bucket: BucketId, account: AccountId, name: &str) -> Vec<u8> {
    [&to_bucket(bucket)[..], &account.number().to_be_bytes(), name.as_bytes()].concat()
}

/// The value of an alias.
pub fn access_point_place(account: AccountId, name: &str) -> Vec<u8> {
    [&account.number().to_be_bytes()[..], name.as_bytes()].concat()
}

/// Account and name in the value of an alias, and at the end of the key of a row under a bucket.
pub fn access_point_at(place: &[u8]) -> Option<(AccountId, &str)> {
    let (account, name) = place.split_first_chunk()?;
    Some((AccountId::new(u64::from_be_bytes(*account))?, std::str::from_utf8(name).ok()?))
}
