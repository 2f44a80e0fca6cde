//! Canned ACLs: names that stand for grants.
//!
//! Source: AWS "Access control list (ACL) overview", Canned ACL.

use model::{Acl, CanonicalId, Grant, Grantee, GranteeGroup, Permission};

use super::{grant, private};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canned {
    Private,
    PublicRead,
    PublicReadWrite,
    AuthenticatedRead,
    /// Lets EC2 read, which is nobody here: as `Private`.
    AwsExecRead,
    LogDeliveryWrite,
    /// Of objects; of a bucket it is `Private`, as the next one.
    BucketOwnerRead,
    BucketOwnerFullControl,
}

impl Canned {
    pub const ALL: [Self; 8] = [
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AuthenticatedRead,
        Self::AwsExecRead,
        Self::LogDeliveryWrite,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
    ];

    /// As in `x-amz-acl`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::AwsExecRead => "aws-exec-read",
            Self::LogDeliveryWrite => "log-delivery-write",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.name() == name)
    }

    /// The grants on something that is `owner`'s, in a bucket of `bucket_owner` (or that bucket itself).
    pub fn grants(self, owner: &CanonicalId, bucket_owner: &CanonicalId) -> Acl {
        let mut acl = private(owner);
        let group = |group, permission| Grant { grantee: Grantee::Group(group), permission };
        match self {
            Self::Private | Self::AwsExecRead => {}
            Self::PublicRead => acl.grants.push(group(GranteeGroup::AllUsers, Permission::Read)),
            Self::PublicReadWrite => acl.grants.extend([
                group(GranteeGroup::AllUsers, Permission::Read),
                group(GranteeGroup::AllUsers, Permission::Write),
            ]),
            Self::AuthenticatedRead => {
                acl.grants.push(group(GranteeGroup::AuthenticatedUsers, Permission::Read));
            }
            Self::LogDeliveryWrite => acl.grants.extend([
                group(GranteeGroup::LogDelivery, Permission::ReadAcp),
                group(GranteeGroup::LogDelivery, Permission::Write),
            ]),
            Self::BucketOwnerRead | Self::BucketOwnerFullControl if owner == bucket_owner => {}
            Self::BucketOwnerRead => acl.grants.push(grant(bucket_owner, Permission::Read)),
            Self::BucketOwnerFullControl => acl.grants.push(grant(bucket_owner, Permission::FullControl)),
        }
        acl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_the_owner_always_has_all() {
        let (owner, other) = (CanonicalId::from_bytes([1; 32]), CanonicalId::from_bytes([2; 32]));
        for canned in Canned::ALL {
            assert_eq!(Canned::parse(canned.name()), Some(canned));
            assert_eq!(canned.grants(&owner, &other).grants[0], grant(&owner, Permission::FullControl));
        }
        assert_eq!(Canned::parse("public"), None);
    }

    #[test]
    fn public_is_what_reaches_everyone() {
        let owner = CanonicalId::from_bytes([1; 32]);
        let public: Vec<Canned> =
            Canned::ALL.into_iter().filter(|canned| canned.grants(&owner, &owner).is_public()).collect();
        assert_eq!(public, [Canned::PublicRead, Canned::PublicReadWrite, Canned::AuthenticatedRead]);
    }

    #[test]
    fn the_buckets_owner_is_granted_once() {
        let (owner, other) = (CanonicalId::from_bytes([1; 32]), CanonicalId::from_bytes([2; 32]));
        assert_eq!(Canned::BucketOwnerFullControl.grants(&owner, &owner), private(&owner));
        let told = Canned::BucketOwnerRead.grants(&owner, &other);
        assert_eq!(told.grants[1], grant(&other, Permission::Read));
    }
}
