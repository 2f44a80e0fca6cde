//! Who signed a form, read but not believed.

use model::Timestamp;

use super::field;
use crate::claim::{Options, Scheme, Scope, V2, parse_credential};
use crate::refusal::Mismatch;
use crate::{Key, Refusal, Secret, SigningKey};

/// A form's signature over its policy.
#[derive(Clone, Debug)]
pub struct SignedForm {
    scheme: Scheme,
    access_key: String,
    scope: Scope,
    session_token: Option<String>,
    policy: String,
    signature: String,
}

impl SignedForm {
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The region of the scope; Version 2 has none.
    pub fn region(&self) -> Option<&str> {
        self.scope.region()
    }

    /// `x-amz-security-token`, of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// The policy as sent, in base64.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The key that verifies it.
    pub fn derive_key(&self, secret: &Secret) -> Key {
        if self.scheme == Scheme::V2 {
            return Key::V2(secret.clone());
        }
        let scope = &self.scope;
        let region = scope.region().unwrap_or_default();
        Key::V4(SigningKey::derive(secret, scope.date(), region, scope.service()))
    }

    pub(super) fn prove(&self, key: &Key) -> Result<(), Refusal> {
        if key.proves(&self.policy, &self.signature) {
            return Ok(());
        }
        Err(Refusal::SignatureMismatch(Box::new(Mismatch {
            access_key: self.access_key.clone(),
            string_to_sign: self.policy.clone(),
            signature: self.signature.clone(),
            canonical_request: None,
        })))
    }
}

/// The fields by which a form says that it is signed.
const MARKS: [&str; 5] = ["policy", "x-amz-signature", "x-amz-credential", "AWSAccessKeyId", "signature"];

/// Reads who signed a form; `None` for an anonymous one.
pub fn read_form(fields: &[(&str, &str)], options: &Options<'_>) -> Result<Option<SignedForm>, Refusal> {
    if !MARKS.iter().any(|name| field(fields, name).is_some()) {
        return Ok(None);
    }
    let policy = required(fields, "policy")?;
    let session_token = field(fields, "x-amz-security-token").map(str::to_owned);
    if field(fields, "x-amz-algorithm").is_none() && field(fields, "AWSAccessKeyId").is_some() {
        if options.v2 == V2::Off {
            return Err(Refusal::MechanismNotSupported);
        }
        return Ok(Some(SignedForm {
            scheme: Scheme::V2,
            access_key: required(fields, "AWSAccessKeyId")?.to_owned(),
            scope: Scope::new("00000000", None, "s3"),
            session_token,
            policy: policy.to_owned(),
            signature: required(fields, "signature")?.to_owned(),
        }));
    }
    let algorithm = required(fields, "x-amz-algorithm")?;
    if algorithm != Scheme::V4.algorithm() {
        let message = "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"";
        return Err(wrong("x-amz-algorithm", algorithm, message));
    }
    let credential = required(fields, "x-amz-credential")?;
    let (access_key, scope) = parse_credential(credential, true, options.services)
        .map_err(|error| wrong("x-amz-credential", credential, error.to_string()))?;
    check_date(required(fields, "x-amz-date")?, &scope)?;
    Ok(Some(SignedForm {
        scheme: Scheme::V4,
        access_key,
        scope,
        session_token,
        policy: policy.to_owned(),
        signature: required(fields, "x-amz-signature")?.to_owned(),
    }))
}

/// The date must be the scope's; how old it may be is the policy's to say.
fn check_date(text: &str, scope: &Scope) -> Result<(), Refusal> {
    if Timestamp::parse_basic(text).is_err() {
        let message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
        return Err(wrong("x-amz-date", text, message));
    }
    if text.get(..8) == Some(scope.date()) {
        Ok(())
    } else {
        Err(wrong("x-amz-date", text, crate::claim::date_mismatch(scope, text)))
    }
}

fn required<'a>(fields: &[(&'a str, &'a str)], name: &'static str) -> Result<&'a str, Refusal> {
    field(fields, name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of \
             the fields."
        );
        wrong(name, "", message)
    })
}

fn wrong(name: &'static str, value: &str, message: impl Into<String>) -> Refusal {
    Refusal::Field { name, value: value.to_owned(), message: message.into() }
}
