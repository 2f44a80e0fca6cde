//! What a document is for, which says what it must and must not hold and how long it may be.

use crate::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A managed policy, be it attached to an identity, a boundary or passed to a session.
    Managed,
    UserInline,
    GroupInline,
    RoleInline,
    /// Passed inline when a session begins.
    Session,
    /// A service control policy.
    Control,
    Bucket,
    AccessPoint,
    /// A role's trust policy.
    Trust,
}

impl Kind {
    /// Resource policies name principals, identity policies must not.
    pub const fn names_principals(self) -> bool {
        matches!(self, Self::Bucket | Self::AccessPoint | Self::Trust)
    }

    /// A trust policy's resource is its role: it must not name one.
    pub const fn names_resources(self) -> bool {
        !matches!(self, Self::Trust)
    }

    pub(crate) const fn is_of_s3(self) -> bool {
        matches!(self, Self::Bucket | Self::AccessPoint)
    }

    pub const fn size_max(self) -> usize {
        match self {
            Self::Managed => limits::MANAGED_POLICY_CHARS_MAX,
            Self::UserInline => limits::USER_INLINE_CHARS_MAX,
            Self::GroupInline => limits::GROUP_INLINE_CHARS_MAX,
            Self::RoleInline => limits::ROLE_INLINE_CHARS_MAX,
            Self::Session => limits::SESSION_POLICY_CHARS_MAX,
            Self::Control => limits::CONTROL_POLICY_CHARS_MAX,
            Self::Bucket | Self::AccessPoint => limits::BUCKET_POLICY_BYTES_MAX,
            Self::Trust => limits::TRUST_POLICY_CHARS_MAX,
        }
    }

    /// The size that counts against [`Kind::size_max`]; the limit of inline policies is on their sum.
    pub fn size_of(self, text: &str) -> usize {
        match self {
            Self::Bucket | Self::AccessPoint => text.len(),
            // STS bounds its parameter, IAM what the document says.
            Self::Session => text.chars().count(),
            _ => text.chars().filter(|c| !c.is_whitespace()).count(),
        }
    }
}
