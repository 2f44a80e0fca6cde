//! AWS Signature Version 4 as S3 uses it: canonical requests, signatures, chunk signatures, presigned URLs and
//! POST policies; to verify, and to sign.
//!
//! The walk: [`read_claim`] reads what a request says of itself, the caller finds the secret of
//! [`SignedClaim::access_key`], and [`verify`] decides. A [`Refusal`] names S3's code, message and elements.
//! Promises: comparisons take the same time whatever differs; any bytes are refused, never a panic; a payload
//! of any length is proven in constant memory. It knows nothing about accounts, HTTP crates or operations.

mod canonical;
mod chunk;
mod claim;
mod encode;
mod key;
mod payload;
pub mod post_policy;
mod refusal;
mod request;
mod sign;
mod v2;
mod v4a;
mod verify;

pub use chunk::ChunkVerifier;
pub use claim::{Claim, Kind, Options, Scheme, Scope, SignedClaim, V2, claimed_service, read_claim};
pub use key::{Key, Secret, SigningKey};
pub use payload::{PayloadMode, anonymous_payload};
pub use refusal::{Mismatch, Refusal};
pub use request::RequestView;
pub use sign::{ChunkSigner, Payload, SignedHeaders, Signer};
pub use v4a::EcdsaKey;
pub use verify::{Verified, verify, verify_with_key};
