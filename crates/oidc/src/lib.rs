//! Tokens of OpenID Connect providers: read, and proven by the keys that the provider publishes.
//!
//! [`Token::read`] takes a token apart and believes nothing; [`Verifier::verify`] fetches the provider's keys, checks
//! signature and times and gives the [`Claims`]. Whose issuer may be asked is for the caller to say: nothing is fetched
//! for a token of an unknown one. Promises: bounded bytes and time for each fetch, no redirects, keys kept for a while,
//! any bytes are refused or read and never a panic. It knows nothing about roles, accounts or who trusts whom.
//!
//! Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7515 (JWS), 7517 (JWK), 7518 (JWA), 7519 (JWT).

mod claims;
mod fault;
mod fetch;
mod issuer;
mod jwk;
mod keys;
mod token;
mod verify;

pub use claims::Claims;
pub use fault::Fault;
pub use fetch::{Fetch, HttpFetch, RootsError};
pub use issuer::Issuer;
pub use token::{TOKEN_BYTES_MAX, Token};
pub use verify::Verifier;
