//! How much room a session's policies and tags take in its token.

use api::{ErrorCode, S3Error};

use super::Session;

/// AWS says neither its bound nor how it packs. Ours keeps a token, and a presigned URL with one, within what servers
/// and proxies take.
pub const PACKED_BYTES_MAX: usize = 6 * 1024;

impl Session {
    /// `PackedPolicySize`; `None` when nothing was packed.
    pub fn packed_percent(&self) -> Option<i32> {
        let bytes = packed_bytes(self);
        i32::try_from((bytes * 100).div_ceil(PACKED_BYTES_MAX)).ok().filter(|percent| *percent > 0)
    }
}

/// What a provider's token said takes room too, though it is no policy.
pub(super) fn check(session: &Session) -> Result<(), S3Error> {
    let claims = session.claims.iter().map(|(name, values)| name.len() + lengths(values));
    let bytes = packed_bytes(session) + claims.sum::<usize>();
    if bytes <= PACKED_BYTES_MAX {
        return Ok(());
    }
    let percent = (bytes * 100).div_ceil(PACKED_BYTES_MAX);
    let message = format!("Packed size of session policies and tags consumes {percent}% of allotted space");
    Err(S3Error::with_message(ErrorCode::PackedPolicyTooLarge, message))
}

fn packed_bytes(session: &Session) -> usize {
    let tags = session.tags.iter().map(|(key, value)| key.len() + value.len());
    let policy = session.policy.as_ref().map_or(0, String::len);
    policy + tags.sum::<usize>() + lengths(&session.transitive) + lengths(&session.policy_arns)
}

fn lengths(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}
