//! How large and how deep a policy may be. Source: AWS "IAM and AWS STS quotas", "Bucket policies",
//! "Quotas and service limits for AWS Organizations".

/// Of a bucket's or an access point's policy, in bytes as they were sent.
pub const BUCKET_POLICY_BYTES_MAX: usize = 20_480;
/// Of a managed policy, in characters that are no white space; as all that follow.
pub const MANAGED_POLICY_CHARS_MAX: usize = 6_144;
/// Of all inline policies of a user together.
pub const USER_INLINE_CHARS_MAX: usize = 2_048;
/// Of all inline policies of a group together.
pub const GROUP_INLINE_CHARS_MAX: usize = 5_120;
/// Of all inline policies of a role together.
pub const ROLE_INLINE_CHARS_MAX: usize = 10_240;
/// Of a role's trust policy.
pub const TRUST_POLICY_CHARS_MAX: usize = 2_048;
/// Of a session's inline policy, white space included.
pub const SESSION_POLICY_CHARS_MAX: usize = 2_048;
/// Of a service control policy.
pub const CONTROL_POLICY_CHARS_MAX: usize = 5_120;

/// Nothing is read that is longer, white space included: an attacker's bytes must not cost more than that.
pub const TEXT_BYTES_MAX: usize = 128 * 1024;
/// The deepest that is legal is six: policy, statements, statement, conditions, operator, key, values.
pub const NESTING_MAX: usize = 8;
