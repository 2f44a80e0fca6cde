//! What a request says about who signed it, read but not believed.

mod header;
mod presigned;
mod scope;
mod v2;

use model::Timestamp;
use model::limits::{CLOCK_SKEW_S_MAX, HEADERS_MAX, PRESIGN_EXPIRES_S_MAX};

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
    /// AWS4-ECDSA-P256-SHA256: one signature for a set of regions.
    V4a,
    /// HMAC-SHA1 over a few lines; retired by AWS.
    V2,
}

impl Scheme {
    /// The first line of the string to sign.
    pub(crate) const fn algorithm(self) -> &'static str {
        match self {
            Self::V4 => "AWS4-HMAC-SHA256",
            Self::V4a => "AWS4-ECDSA-P256-SHA256",
            Self::V2 => "AWS",
        }
    }
}

/// Version 2 itself knows no longest life of a presigned URL; it gets the one of Version 4.
const V2_EXPIRES_MS_MAX: i64 = PRESIGN_EXPIRES_S_MAX as i64 * 1000;

/// How far Signature Version 2, which AWS retires, is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum V2 {
    Off,
    /// In presigned URLs and forms, which AWS's own CLI and boto3 still sign with it for the older regions.
    #[default]
    Presigned,
    On,
}

/// What the endpoint accepts.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Services that may stand in a credential's scope.
    pub services: &'a [&'a str],
    /// How far Version 2 is accepted.
    pub v2: V2,
    /// The bucket that the Host header names, if it names one: only Version 2 signs it.
    pub host_bucket: Option<&'a str>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { services: &["s3"], v2: V2::default(), host_bucket: None }
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
    /// `;`-separated, lower case.
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
    /// When it was signed.
    pub(crate) date: Timestamp,
    /// `date` as in the string to sign.
    pub(crate) date_text: String,
    pub(crate) expires: Option<Expires>,
    pub(crate) session_token: Option<String>,
    /// SigV4A's `x-amz-region-set`.
    pub(crate) region_set: Option<String>,
    /// The canonical request's last line: a SHA-256 in hex, or a word that says why there is none.
    pub(crate) payload: Option<String>,
    /// Version 2's bucket from the Host header.
    pub(crate) host_bucket: Option<String>,
}

/// The end of a presigned URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expires {
    /// `X-Amz-Expires`; Version 2 names the moment only.
    pub seconds: Option<u32>,
    pub at: Timestamp,
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

    /// The region of the scope; SigV4A and Version 2 have none there.
    pub fn region(&self) -> Option<&str> {
        self.scope.region()
    }

    /// Whether the signature is meant for `region`: its scope's, one of SigV4A's set (whose `*` stands for any
    /// run of characters), or any for Version 2, which knows no regions.
    pub fn covers_region(&self, region: &str) -> bool {
        match (&self.region_set, self.scope.region()) {
            (Some(set), _) => set.split(',').any(|pattern| matches_region(pattern.trim(), region)),
            (None, Some(named)) => named == region,
            (None, None) => true,
        }
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

    /// When a presigned URL ends.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires.map(|expires| expires.at)
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
        let Some(expires) = self.expires else {
            let late = self.date < now.plus_millis(-skew_ms);
            return if early || late {
                Err(Refusal::TimeTooSkewed { request_time: self.date_text.clone(), server_time: now })
            } else {
                Ok(())
            };
        };
        if early {
            Err(Refusal::NotYetValid { server_time: now })
        } else if self.scheme == Scheme::V2 && expires.at > now.plus_millis(V2_EXPIRES_MS_MAX) {
            let message = "Expires must be less than a week ahead".to_owned();
            Err(Refusal::Query { message })
        } else if now > expires.at {
            Err(Refusal::Expired { expires_s: expires.seconds, expires: expires.at, server_time: now })
        } else {
            Ok(())
        }
    }
}

/// As such, and as a query may hold it.
const SLASHES: [&str; 3] = ["/", "%2F", "%2f"];

/// The service that a request says it is signed for, read and not believed: what tells services on one endpoint apart.
pub fn claimed_service<'a>(view: &RequestView<'a>) -> Option<&'a str> {
    let credential = match view.header("authorization") {
        Some(header) => header.split_once("Credential=")?.1.split([',', ' ']).next(),
        None => view.query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential=")),
    }?;
    // It ends in `/region/service/aws4_request`.
    let end = credential.strip_suffix("aws4_request")?;
    let end = SLASHES.iter().find_map(|slash| end.strip_suffix(slash))?;
    let starts = SLASHES.iter().filter_map(|slash| end.rfind(slash).map(|at| at + slash.len()));
    Some(&end[starts.max().unwrap_or(0)..])
}

fn matches_region(pattern: &str, region: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            region.len() >= start.len() + end.len() && region.starts_with(start) && region.ends_with(end)
        }
        None => pattern == region,
    }
}

/// Reads who a request says it is from.
pub fn read_claim(view: &RequestView<'_>, options: &Options<'_>) -> Result<Claim, Refusal> {
    let presigned = presigned::Parameters::find(view.query);
    let presigned_v2 = v2::Parameters::find(view.query);
    let mut headers = view.headers.iter().filter(|(name, _)| *name == "authorization");
    let claim = match (headers.next(), presigned, presigned_v2) {
        (None, None, None) => return Ok(Claim::Anonymous),
        (Some((_, value)), None, None) if headers.next().is_none() => header::read(value, view, options)?,
        (None, Some(parameters), None) => presigned::read(&parameters, view, options)?,
        (None, None, Some(parameters)) => v2::read_query(&parameters, view, options)?,
        (authorization, ..) => {
            let authorization = authorization.map(|(_, value)| (*value).to_owned()).unwrap_or_default();
            return Err(Refusal::SeveralMechanisms { authorization });
        }
    };
    if claim.scheme != Scheme::V2 {
        // Version 2 has no list: it always covers every `x-amz-*` header.
        refuse_long_list(&claim)?;
        refuse_unsigned_headers(&claim, view)?;
    }
    Ok(Claim::Signed(Box::new(claim)))
}

/// A name may be listed once, and no more of them than a request can have headers. Otherwise a small request could
/// ask for a canonical form of megabytes before anything is proven.
fn refuse_long_list(claim: &SignedClaim) -> Result<(), Refusal> {
    let names = || claim.signed_headers.split(';');
    let repeats = |(at, name): (usize, &str)| names().take(at).any(|earlier| earlier == name);
    if names().count() > HEADERS_MAX || names().enumerate().any(repeats) {
        let detail = "the authorization component \"SignedHeaders\" is malformed.".to_owned();
        return Err(match claim.kind {
            Kind::Header => Refusal::Header { detail },
            Kind::Presigned => Refusal::Query { message: detail },
        });
    }
    Ok(())
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
pub(crate) fn date_mismatch(scope: &Scope, date_text: &str) -> String {
    let (scope_date, day) = (scope.date(), date_text.get(..8).unwrap_or(date_text));
    format!("Invalid credential date \"{scope_date}\". This date is not the same as X-Amz-Date: \"{day}\".")
}
