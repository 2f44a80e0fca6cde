//! What a request says about who signed it, read but not believed.

mod header;
mod presigned;
mod scope;

use model::Timestamp;
use model::limits::CLOCK_SKEW_S_MAX;

pub use self::scope::Scope;
pub(crate) use self::scope::parse_credential;
use crate::{Refusal, RequestView};

/// Who a request says it is from.
#[derive(Clone, Debug)]
pub enum Claim {
    Anonymous,
    Signed(Box<SignedClaim>),
}

/// Where the signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Header,
    Presigned,
}

/// How the signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// AWS4-HMAC-SHA256.
    V4,
}

/// What the endpoint accepts.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Services that may stand in a credential's scope.
    pub services: &'a [&'a str],
    /// Whether Signature Version 2 is accepted; it is not by default, and AWS has retired it too.
    pub allow_v2: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { services: &["s3"], allow_v2: false }
    }
}

/// A signature and what it says it covers. The signature is the only proof: nothing here is true before
/// [`crate::verify`] has said so.
#[derive(Clone, Debug)]
pub struct SignedClaim {
    pub(crate) kind: Kind,
    pub(crate) scheme: Scheme,
    pub(crate) access_key: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
    pub(crate) date: Timestamp,
    /// `date` as in the string to sign: `yyyyMMddTHHmmssZ`.
    pub(crate) date_text: String,
    pub(crate) expires_s: Option<u32>,
    pub(crate) session_token: Option<String>,
    /// The canonical request's last line: a SHA-256 in hex, or a word that says why there is none.
    pub(crate) payload: Option<String>,
}

impl SignedClaim {
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The region of the scope.
    pub fn region(&self) -> Option<&str> {
        self.scope.region()
    }

    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// `X-Amz-Security-Token`, of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// When it was signed, as it says.
    pub const fn date(&self) -> Timestamp {
        self.date
    }

    /// For how many seconds a presigned URL lives.
    pub const fn expires_s(&self) -> Option<u32> {
        self.expires_s
    }

    /// Whether the request names its payload's hash (`x-amz-content-sha256`). S3 demands it; other services
    /// do without, and then the body's own hash must be given with [`SignedClaim::bind_body`].
    pub const fn names_payload(&self) -> bool {
        self.payload.is_some()
    }

    /// Makes the signature cover this body hash.
    #[must_use]
    pub fn bind_body(mut self, sha256: [u8; 32]) -> Self {
        self.payload = Some(crate::encode::hex(&sha256));
        self
    }

    /// Refuses a claim that is out of its time. [`crate::verify`] asks too; ask first to refuse before looking
    /// up a key.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let skew_ms = i64::try_from(CLOCK_SKEW_S_MAX * 1000).unwrap_or(i64::MAX);
        let early = self.date > now.plus_millis(skew_ms);
        let Some(expires_s) = self.expires_s else {
            let late = self.date < now.plus_millis(-skew_ms);
            return if early || late {
                Err(Refusal::TimeTooSkewed { request_time: self.date_text.clone(), server_time: now })
            } else {
                Ok(())
            };
        };
        let expires = self.date.plus_millis(i64::from(expires_s) * 1000);
        if early {
            Err(Refusal::NotYetValid { server_time: now })
        } else if now > expires {
            Err(Refusal::Expired { expires_s, expires, server_time: now })
        } else {
            Ok(())
        }
    }
}

/// Reads who a request says it is from.
pub fn read_claim(view: &RequestView<'_>, options: &Options<'_>) -> Result<Claim, Refusal> {
    let presigned = presigned::Parameters::find(view.query);
    let mut headers = view.headers.iter().filter(|(name, _)| *name == "authorization");
    let claim = match (headers.next(), presigned) {
        (None, None) => return Ok(Claim::Anonymous),
        (Some((_, value)), None) if headers.next().is_none() => header::read(value, view, options)?,
        (None, Some(parameters)) => presigned::read(&parameters, view, options)?,
        (Some((_, value)), _) => {
            return Err(Refusal::SeveralMechanisms { authorization: (*value).to_owned() });
        }
    };
    refuse_unsigned_headers(&claim, view)?;
    Ok(Claim::Signed(Box::new(claim)))
}

/// `host` and every `x-amz-*` header must be covered: otherwise whoever sees the request could add one. Only
/// `x-amz-content-sha256` may be missing, because its value is the canonical request's last line anyway.
fn refuse_unsigned_headers(claim: &SignedClaim, view: &RequestView<'_>) -> Result<(), Refusal> {
    let signed = |name: &str| claim.signed_headers.split(';').any(|known| known == name);
    let wanted = |name: &str| name.starts_with("x-amz-") && name != "x-amz-content-sha256";
    let mut unsigned: Vec<&str> = Vec::new();
    if !signed("host") {
        unsigned.push("host");
    }
    for (name, _) in view.headers {
        if wanted(name) && !signed(name) && !unsigned.contains(name) {
            unsigned.push(name);
        }
    }
    if unsigned.is_empty() { Ok(()) } else { Err(Refusal::HeadersNotSigned { names: unsigned.join(", ") }) }
}

/// AWS's words for a scope of another day than the request.
fn date_mismatch(scope: &Scope, date_text: &str) -> String {
    let (scope_date, day) = (scope.date(), date_text.get(..8).unwrap_or(date_text));
    format!("Invalid credential date \"{scope_date}\". This date is not the same as X-Amz-Date: \"{day}\".")
}
