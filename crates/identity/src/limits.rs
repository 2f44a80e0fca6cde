//! How much an account may have. Source: AWS "IAM and AWS STS quotas", its defaults.

pub(crate) const USERS_MAX: u64 = 5000;
pub(crate) const GROUPS_MAX: u64 = 300;
pub(crate) const ROLES_MAX: u64 = 1000;
pub(crate) const POLICIES_MAX: u64 = 1500;
pub(crate) const PROVIDERS_MAX: u64 = 100;
pub(crate) const POLICY_VERSIONS_MAX: usize = 5;
pub(crate) const ATTACHED_MAX: usize = 10;
pub(crate) const GROUPS_PER_USER_MAX: usize = 10;
pub(crate) const ACCESS_KEYS_PER_USER_MAX: usize = 2;
pub(crate) const DEVICES_PER_USER_MAX: usize = 8;
pub(crate) const CLIENT_IDS_MAX: usize = 100;
pub(crate) const THUMBPRINTS_MAX: usize = 5;
pub(crate) const SESSION_S: std::ops::RangeInclusive<i32> = 3600..=43_200;

pub(crate) const USER_NAME_CHARS_MAX: usize = 64;
pub(crate) const GROUP_NAME_CHARS_MAX: usize = 128;
pub(crate) const ROLE_NAME_CHARS_MAX: usize = 64;
pub(crate) const POLICY_NAME_CHARS_MAX: usize = 128;
