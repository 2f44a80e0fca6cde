//! Whose an upload becomes, and which ACLs a bucket takes.
//!
//! Source: AWS "Controlling ownership of objects and disabling ACLs for your bucket", "Blocking public access".

use model::{AccountId, Acl, CanonicalId, Grantee, ObjectOwnership, Permission};

use crate::acl::Canned;

/// Whose a new object is. `ownership` is `None` in a bucket without controls: as of `ObjectWriter`.
pub fn choose_owner(
    ownership: Option<ObjectOwnership>,
    canned: Option<Canned>,
    writer: AccountId,
    bucket_owner: AccountId,
) -> AccountId {
    match ownership {
        Some(ObjectOwnership::BucketOwnerEnforced) => bucket_owner,
        Some(ObjectOwnership::BucketOwnerPreferred) if canned == Some(Canned::BucketOwnerFullControl) => {
            bucket_owner
        }
        Some(ObjectOwnership::BucketOwnerPreferred | ObjectOwnership::ObjectWriter) | None => writer,
    }
}

/// Where ACLs are off, one may still say what is so anyway: that all is the bucket owner's.
pub fn says_what_is_so(canned: Option<Canned>, acl: &Acl, bucket_owner: &CanonicalId) -> bool {
    let full = acl.grants.iter().any(|grant| grant.permission == Permission::FullControl);
    canned == Some(Canned::BucketOwnerFullControl) || full && !reaches_others(acl, bucket_owner)
}

/// Whether anybody but the owner is granted anything.
pub fn reaches_others(acl: &Acl, owner: &CanonicalId) -> bool {
    acl.grants.iter().any(|grant| grant.grantee != Grantee::Account(owner.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl;

    #[test]
    fn an_upload_is_the_writers_unless_the_bucket_says_otherwise() {
        let (writer, owner) = (AccountId::new(1).unwrap(), AccountId::new(2).unwrap());
        let of = |ownership, canned| choose_owner(ownership, canned, writer, owner);
        let full = Some(Canned::BucketOwnerFullControl);
        for canned in [None, Some(Canned::Private), full] {
            assert_eq!(of(None, canned), writer);
            assert_eq!(of(Some(ObjectOwnership::ObjectWriter), canned), writer);
            assert_eq!(of(Some(ObjectOwnership::BucketOwnerEnforced), canned), owner);
        }
        assert_eq!(of(Some(ObjectOwnership::BucketOwnerPreferred), None), writer);
        assert_eq!(of(Some(ObjectOwnership::BucketOwnerPreferred), Some(Canned::BucketOwnerRead)), writer);
        assert_eq!(of(Some(ObjectOwnership::BucketOwnerPreferred), full), owner);
    }

    #[test]
    fn without_acls_only_the_bucket_owners_full_control_may_be_said() {
        let (owner, other) = (CanonicalId::from_bytes([1; 32]), CanonicalId::from_bytes([2; 32]));
        let canned =
            |canned: Canned, writer| says_what_is_so(Some(canned), &canned.grants(writer, &owner), &owner);
        assert!(canned(Canned::BucketOwnerFullControl, &other) && canned(Canned::Private, &owner));
        assert!(!canned(Canned::Private, &other) && !canned(Canned::PublicRead, &owner));
        assert!(says_what_is_so(None, &acl::private(&owner), &owner));
        assert!(!says_what_is_so(None, &Acl::default(), &owner));
    }
}
