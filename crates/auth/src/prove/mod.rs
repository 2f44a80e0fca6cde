//! What a caller shows besides a signature, checked before anything is judged: one-time codes of MFA devices, tokens of
//! identity providers.

mod code;
mod web_identity;

use api::S3Error;

use crate::authn::Auth;
use crate::authz::{Assumer, Guarded, Target};
use crate::caller::Caller;

pub use code::{CODE_STEP_S, code_at, open_seed, seal_seed};

impl Auth {
    /// The caller, with what the input proves of it. Operations that show nothing cost nothing here.
    pub async fn prove<O: Guarded>(&self, caller: Caller, input: &O::Input) -> Result<Caller, S3Error> {
        if let Target::Role { arn, assumer: Assumer::Token(token) } = O::target(input) {
            return self.prove_token(&caller, arn, token).await;
        }
        match O::code(input) {
            None => Ok(caller),
            Some((serial, code)) => self.prove_code(caller, serial, code).await,
        }
    }
}
