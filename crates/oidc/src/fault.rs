//! Why a token proves nothing.

use model::Timestamp;
use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("the token is no JSON Web Token: {0}")]
    Malformed(&'static str),
    #[error("the token is signed by {0}, which is not one of RS256, RS384, RS512, ES256, ES384, ES512")]
    Algorithm(String),
    #[error("the token lacks the claim {0}")]
    Lacks(&'static str),
    #[error("none of the provider's keys is the token's")]
    NoKey,
    #[error("the signature is not the provider's")]
    Signature,
    #[error("the token expired at {}", .expired.to_iso8601())]
    Expired { now: Timestamp, expired: Timestamp },
    #[error("the token is not valid yet")]
    NotYet,
    /// The provider did not answer, or not as one.
    #[error("{0}")]
    Provider(String),
}
