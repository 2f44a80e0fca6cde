//! Sessions: who holds temporary credentials, until when, and within which limits.
//!
//! Nothing is stored for one. All of it travels in its token, sealed under the site's master key for its access key
//! alone. So a session ends when its time is over, when its user, role or account is gone, or when a policy denies it
//! (by `aws:TokenIssueTime`, say): the policies of its user or role count as they are at each request.

mod begin;
mod packed;
mod standing;
mod token;

use model::{AccountId, Timestamp};

pub use begin::{Limits, Temporary};
pub use packed::PACKED_BYTES_MAX;
pub(crate) use standing::set_claims;
pub(crate) use token::open as open_token;

/// One session. Only `auth` makes them, from what it authorized or from a token that it sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub(crate) account: AccountId,
    pub(crate) of: SessionOf,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// When its holder gave a one-time code; of a user's own alone.
    pub(crate) mfa: Option<Timestamp>,
    /// Set once, and kept by every session that follows from this one.
    pub(crate) source_identity: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    /// The keys of tags that sessions which follow from this one inherit.
    pub(crate) transitive: Vec<String>,
    /// The inline session policy.
    pub(crate) policy: Option<String>,
    /// ARNs of managed policies, as session policies.
    pub(crate) policy_arns: Vec<String>,
    /// The provider whose token began it.
    pub(crate) provider: Option<String>,
    /// What that token said, as condition keys.
    pub(crate) claims: Vec<(String, Vec<String>)>,
}

/// Whose session: by name and unique id, so that a namesake made later is not taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionOf {
    /// GetSessionToken by an account's root user.
    Root,
    /// GetSessionToken by a user.
    User { name: String, id: String },
    /// AssumeRole and its kin.
    Role { name: String, id: String, session_name: String },
    /// GetFederationToken, by a user or, without one, by the root user.
    Federated { name: String, by: Option<(String, String)> },
}

impl Session {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn of(&self) -> &SessionOf {
        &self.of
    }

    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    pub fn has_mfa(&self) -> bool {
        self.mfa.is_some()
    }

    pub fn source_identity(&self) -> Option<&str> {
        self.source_identity.as_deref()
    }

    /// What a session that follows from this one has without asking.
    pub fn inherited_tags(&self) -> impl Iterator<Item = &(String, String)> {
        self.tags.iter().filter(|(key, _)| self.transitive.iter().any(|kept| same_key(kept, key)))
    }
}

/// Keys of session tags have no case.
pub(crate) fn same_key(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
