//! Uploads from a browser's form: a policy that its signer wrote, and the form that must keep to it.
//!
//! [`read_form`] reads who signed, [`verify_form`] proves the signature and holds every field against the policy.
//! The upload's length is not known then: what the policy says about it is returned as a [`LengthRange`].

mod claim;
mod condition;
mod policy;

pub use self::claim::{SignedForm, read_form};
pub use self::policy::{LengthRange, Policy};

use model::Timestamp;

use crate::{Key, Refusal, Secret};

/// A form's fields before its file, names as sent (their case does not matter), and what they amount to.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    pub bucket: &'a str,
    /// The object's key, `${filename}` already replaced.
    pub key: &'a str,
    pub fields: &'a [(&'a str, &'a str)],
}

/// Derives the key and decides. The region is the caller's to judge.
pub fn verify_form(
    claim: &SignedForm,
    form: &Form<'_>,
    secret: &Secret,
    now: Timestamp,
) -> Result<Option<LengthRange>, Refusal> {
    verify_form_with_key(claim, form, &claim.derive_key(secret), now)
}

/// Decides with a key that was derived before.
pub fn verify_form_with_key(
    claim: &SignedForm,
    form: &Form<'_>,
    key: &Key,
    now: Timestamp,
) -> Result<Option<LengthRange>, Refusal> {
    claim.prove(key)?;
    Policy::parse(claim.policy())?.check(form, now)
}

/// The first value of a field.
fn field<'a>(fields: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}
