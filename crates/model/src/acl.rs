//! Access control lists: who was granted what on a bucket or an object.
//!
//! Source: AWS "Access control list (ACL) overview".

use crate::CanonicalId;

/// One kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    FullControl,
    Write,
    WriteAcp,
    Read,
    ReadAcp,
}

/// A set of callers that S3 defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GranteeGroup {
    /// Everyone, with or without a signature.
    AllUsers,
    /// Everyone with an account, whosever.
    AuthenticatedUsers,
    LogDelivery,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Grantee {
    Account(CanonicalId),
    Group(GranteeGroup),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    pub grantee: Grantee,
    pub permission: Permission,
}

/// Grants in the order in which they were given. Whose the resource is stands elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acl {
    pub grants: Vec<Grant>,
}

impl Permission {
    pub const ALL: [Self; 5] = [Self::FullControl, Self::Write, Self::WriteAcp, Self::Read, Self::ReadAcp];

    /// As in the `Permission` element.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Write => "WRITE",
            Self::WriteAcp => "WRITE_ACP",
            Self::Read => "READ",
            Self::ReadAcp => "READ_ACP",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// Whether whoever has this has `wanted` too.
    pub fn includes(self, wanted: Self) -> bool {
        self == wanted || self == Self::FullControl
    }
}

impl GranteeGroup {
    pub const ALL: [Self; 3] = [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery];

    /// As in the `URI` element.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
            Self::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
            Self::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
        }
    }

    pub fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.uri() == uri)
    }

    /// S3 calls what these may do public.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }
}

impl Acl {
    /// Whether a grant reaches beyond named accounts.
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| matches!(grant.grantee, Grantee::Group(group) if group.is_public()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_full_control_includes_all() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
            assert!(Permission::FullControl.includes(permission));
        }
        assert!(!Permission::Write.includes(Permission::Read));
        for group in GranteeGroup::ALL {
            assert_eq!(GranteeGroup::parse(group.uri()), Some(group));
        }
    }
}
