//! How the rows of identity are named: space, account, then names in lower case.

use model::AccountId;

/// A value sealed under the master key: it tells a wrong one when the site is opened.
pub const SEAL_CHECK: u8 = 0x01;
pub const ACCESS_KEYS: u8 = 0x52;
pub const USERS: u8 = 0x53;
pub const GROUPS: u8 = 0x54;
pub const ROLES: u8 = 0x55;
pub const POLICIES: u8 = 0x56;
pub const PROVIDERS: u8 = 0x57;
pub const DEVICES: u8 = 0x58;
pub const MEMBERS: u8 = 0x59;
pub const ATTACHMENTS: u8 = 0x5a;
pub const ALIASES: u8 = 0x5b;
pub const ALIAS_NAMES: u8 = 0x5c;
pub const STAMPS: u8 = 0x5d;
pub const USES: u8 = 0x5e;

/// Whom a managed policy is attached to, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    User,
    Group,
    Role,
    /// As its permissions boundary.
    BoundedUser,
    BoundedRole,
}

impl Holder {
    pub const ALL: [Self; 5] = [Self::User, Self::Group, Self::Role, Self::BoundedUser, Self::BoundedRole];

    const fn byte(self) -> u8 {
        match self {
            Self::User => 0,
            Self::Group => 1,
            Self::Role => 2,
            Self::BoundedUser => 3,
            Self::BoundedRole => 4,
        }
    }
}

pub fn seal_check() -> Vec<u8> {
    vec![SEAL_CHECK]
}

/// Access keys are known before their account is.
pub fn access_key(id: &str) -> Vec<u8> {
    [&[ACCESS_KEYS], id.as_bytes()].concat()
}

/// The commit group of all rows of identity of an account: they change together.
pub fn identity_group(account: AccountId) -> Vec<u8> {
    [b"i", &account.number().to_be_bytes()[..]].concat()
}

/// All rows of one space of identity that an account has begin with this.
pub fn in_account(space: u8, account: AccountId) -> Vec<u8> {
    let mut key = Vec::with_capacity(80);
    key.push(space);
    key.extend_from_slice(&account.number().to_be_bytes());
    key
}

pub fn user(account: AccountId, name: &str) -> Vec<u8> {
    named(USERS, account, name)
}

pub fn group(account: AccountId, name: &str) -> Vec<u8> {
    named(GROUPS, account, name)
}

pub fn role(account: AccountId, name: &str) -> Vec<u8> {
    named(ROLES, account, name)
}

/// A managed policy of the account's own. Its path is part of its ARN, but not of what makes it unique.
pub fn policy(account: AccountId, name: &str) -> Vec<u8> {
    named(POLICIES, account, name)
}

/// By its URL without the scheme.
pub fn provider(account: AccountId, url: &str) -> Vec<u8> {
    named(PROVIDERS, account, url)
}

pub fn device(account: AccountId, name: &str) -> Vec<u8> {
    named(DEVICES, account, name)
}

/// All users of a group begin with this.
pub fn members(account: AccountId, group: &str) -> Vec<u8> {
    let mut key = named(MEMBERS, account, group);
    key.push(0);
    key
}

/// A row that says that a user is in a group; empty.
pub fn member(account: AccountId, group: &str, user: &str) -> Vec<u8> {
    [members(account, group), user.to_lowercase().into_bytes()].concat()
}

/// All holders of one kind of a managed policy begin with this.
pub fn attachments(account: AccountId, policy_arn: &str, holder: Holder) -> Vec<u8> {
    let mut key = in_account(ATTACHMENTS, account);
    key.extend_from_slice(policy_arn.as_bytes());
    key.extend_from_slice(&[0, holder.byte()]);
    key
}

/// A row that says that a managed policy is attached; empty.
pub fn attachment(account: AccountId, policy_arn: &str, holder: Holder, name: &str) -> Vec<u8> {
    [attachments(account, policy_arn, holder), name.to_lowercase().into_bytes()].concat()
}

/// The account's alias, as text.
pub fn alias(account: AccountId) -> Vec<u8> {
    in_account(ALIASES, account)
}

/// Whose alias this is: an account's id as text. Aliases are unique within a site.
pub fn alias_name(alias: &str) -> Vec<u8> {
    [&[ALIAS_NAMES], alias.as_bytes()].concat()
}

/// What changes with each identity row of the account.
pub fn identity_stamp(account: AccountId) -> Vec<u8> {
    in_account(STAMPS, account)
}

/// When an access key, or a role by its unique id, was last used.
pub fn used(id: &str) -> Vec<u8> {
    [&[USES], id.as_bytes()].concat()
}

/// The name, in lower case, in a key that begins with `prefix`.
pub fn name_after<'a>(key: &'a [u8], prefix: &[u8]) -> Option<&'a str> {
    std::str::from_utf8(key.strip_prefix(prefix)?).ok()
}

fn named(space: u8, account: AccountId, name: &str) -> Vec<u8> {
    let mut key = in_account(space, account);
    key.extend_from_slice(name.to_lowercase().as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_more_than_case() {
        let account = AccountId::new(111_122_223_333).unwrap();
        assert_eq!(user(account, "Alice"), user(account, "alice"));
        assert_ne!(user(account, "alice"), user(account, "alice2"));
        let row = member(account, "Admins", "Alice");
        assert_eq!(name_after(&row, &members(account, "admins")), Some("alice"));
    }

    #[test]
    fn no_group_or_policy_holds_the_rows_of_a_longer_name() {
        let account = AccountId::new(111_122_223_333).unwrap();
        assert!(!member(account, "admins", "bob").starts_with(&members(account, "admin")));
        for holder in Holder::ALL {
            let row = attachment(account, "arn:aws:iam::aws:policy/ab", holder, "bob");
            assert!(row.starts_with(&attachments(account, "arn:aws:iam::aws:policy/ab", holder)));
            assert!(!row.starts_with(&attachments(account, "arn:aws:iam::aws:policy/a", holder)));
        }
    }
}
