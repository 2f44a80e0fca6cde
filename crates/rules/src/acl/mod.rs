//! Access control lists: what they allow, and how clients write them.
//!
//! Source: AWS "Access control list (ACL) overview". Which accounts there are is for whoever keeps rows to say.

mod canned;
mod written;

use model::{Acl, CanonicalId, Grant, Grantee, GranteeGroup, Permission};

pub use canned::Canned;
pub use written::{Name, Refusal, Written, read_header, settle};

/// Whether an ACL lets a caller do `wanted`; an anonymous one has no id. Without an ACL all is the owner's alone.
/// An owner may always read and write the ACL itself. `ignore_public` takes grants to everyone for absent.
pub fn allows(
    acl: Option<&Acl>,
    owner: &CanonicalId,
    caller: Option<&CanonicalId>,
    wanted: Permission,
    ignore_public: bool,
) -> bool {
    let owns = caller == Some(owner);
    if owns && matches!(wanted, Permission::ReadAcp | Permission::WriteAcp) {
        return true;
    }
    acl.map_or(owns, |acl| grants(acl, caller, wanted, ignore_public))
}

/// Whether one of the grants lets a caller do `wanted`, whosever the resource is.
pub fn grants(acl: &Acl, caller: Option<&CanonicalId>, wanted: Permission, ignore_public: bool) -> bool {
    acl.grants.iter().any(|grant| {
        grant.permission.includes(wanted)
            && match &grant.grantee {
                Grantee::Account(id) => caller == Some(id),
                Grantee::Group(GranteeGroup::AllUsers) => !ignore_public,
                Grantee::Group(GranteeGroup::AuthenticatedUsers) => !ignore_public && caller.is_some(),
                // Nobody signs as the service that delivers logs.
                Grantee::Group(GranteeGroup::LogDelivery) => false,
            }
    })
}

/// What stands where no ACL was given: everything to the owner.
pub fn private(owner: &CanonicalId) -> Acl {
    Acl { grants: vec![grant(owner, Permission::FullControl)] }
}

fn grant(id: &CanonicalId, permission: Permission) -> Grant {
    Grant { grantee: Grantee::Account(id.clone()), permission }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> CanonicalId {
        CanonicalId::from_bytes([byte; 32])
    }

    fn to(group: GranteeGroup, permission: Permission) -> Acl {
        Acl { grants: vec![Grant { grantee: Grantee::Group(group), permission }] }
    }

    #[test]
    fn without_an_acl_all_is_the_owners_alone() {
        for wanted in Permission::ALL {
            assert!(allows(None, &id(1), Some(&id(1)), wanted, false));
            assert!(!allows(None, &id(1), Some(&id(2)), wanted, false));
            assert!(!allows(None, &id(1), None, wanted, false));
            assert!(allows(Some(&private(&id(1))), &id(1), Some(&id(1)), wanted, false));
            assert!(!allows(Some(&private(&id(1))), &id(1), Some(&id(2)), wanted, false));
        }
    }

    #[test]
    fn an_owner_without_grants_keeps_the_acl_itself() {
        let empty = Acl::default();
        let owner = |wanted| allows(Some(&empty), &id(1), Some(&id(1)), wanted, false);
        assert!(owner(Permission::ReadAcp) && owner(Permission::WriteAcp));
        assert!(!owner(Permission::Read) && !owner(Permission::Write));
    }

    #[test]
    fn groups_reach_whom_they_say_unless_public_grants_are_ignored() {
        let other = id(2);
        let read = |acl: &Acl, caller, ignore| allows(Some(acl), &id(1), caller, Permission::Read, ignore);
        let everyone = to(GranteeGroup::AllUsers, Permission::Read);
        let signed = to(GranteeGroup::AuthenticatedUsers, Permission::FullControl);
        assert!(read(&everyone, None, false) && read(&everyone, Some(&other), false));
        assert!(!read(&signed, None, false) && read(&signed, Some(&other), false));
        for acl in [everyone, signed] {
            assert!(!read(&acl, None, true) && !read(&acl, Some(&other), true));
        }
        assert!(!read(&to(GranteeGroup::LogDelivery, Permission::Read), None, false));
        assert!(!read(&to(GranteeGroup::AllUsers, Permission::Write), None, false));
    }
}
