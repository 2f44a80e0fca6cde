//! Signature Version 2's claims: `Authorization: AWS AKID:signature`, and its presigned query.

use std::borrow::Cow;

use model::Timestamp;

use super::{Expires, Kind, Options, Scheme, Scope, SignedClaim, V2};
use crate::encode::decode_query;
use crate::v2::query_header;
use crate::{Refusal, RequestView};

/// The parameters of its presigned query, decoded.
pub(super) struct Parameters<'a> {
    access_key: Cow<'a, str>,
    signature: Cow<'a, str>,
    expires: &'a str,
}

impl<'a> Parameters<'a> {
    /// `None` unless the query has all three: each name alone is free for other uses.
    pub(super) fn find(query: &'a str) -> Option<Self> {
        if !query.contains("AWSAccessKeyId=") {
            return None;
        }
        let value = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
        };
        Some(Self {
            access_key: decode_query(value("AWSAccessKeyId")?),
            signature: decode_query(value("Signature")?),
            expires: value("Expires")?,
        })
    }
}

pub(super) fn read_header(
    text: &str,
    view: &RequestView<'_>,
    options: &Options<'_>,
) -> Result<SignedClaim, Refusal> {
    if options.v2 != V2::On {
        return Err(Refusal::MechanismNotSupported);
    }
    let malformed = || Refusal::Header { detail: "expecting \"AWS <YOUR-AKID>:<Signature>\".".to_owned() };
    let (access_key, signature) = text.split_once(':').ok_or_else(malformed)?;
    let text = view.header("x-amz-date").or_else(|| view.header("date")).ok_or(Refusal::DateMissing)?.trim();
    let date = date(text).ok_or(Refusal::DateMissing)?;
    let claim = Version2 { kind: Kind::Header, access_key, signature, date, date_text: text, expires: None };
    claim.into_claim(view, options)
}

pub(super) fn read_query(
    parameters: &Parameters<'_>,
    view: &RequestView<'_>,
    options: &Options<'_>,
) -> Result<SignedClaim, Refusal> {
    if options.v2 == V2::Off {
        return Err(Refusal::MechanismNotSupported);
    }
    let seconds: i64 = parameters.expires.parse().map_err(|_| Refusal::Query {
        message: format!("Invalid date (should be seconds since epoch): {}", parameters.expires),
    })?;
    let claim = Version2 {
        kind: Kind::Presigned,
        access_key: &parameters.access_key,
        signature: &parameters.signature,
        // It does not say when it was signed.
        date: Timestamp::from_millis(0),
        date_text: parameters.expires,
        expires: Some(Expires { seconds: None, at: Timestamp::from_seconds(seconds) }),
    };
    claim.into_claim(view, options)
}

struct Version2<'a> {
    kind: Kind,
    access_key: &'a str,
    signature: &'a str,
    date: Timestamp,
    date_text: &'a str,
    expires: Option<Expires>,
}

impl Version2<'_> {
    fn into_claim(self, view: &RequestView<'_>, options: &Options<'_>) -> Result<SignedClaim, Refusal> {
        if self.access_key.is_empty() || self.signature.is_empty() {
            return Err(Refusal::Header { detail: "missing access key or signature.".to_owned() });
        }
        Ok(SignedClaim {
            kind: self.kind,
            scheme: Scheme::V2,
            access_key: self.access_key.to_owned(),
            // It has no scope; this one says that it is S3's.
            scope: Scope::new("00000000", None, "s3"),
            signed_headers: String::new(),
            signature: self.signature.to_owned(),
            date: self.date,
            date_text: self.date_text.to_owned(),
            expires: self.expires,
            session_token: session_token(self.kind, view),
            region_set: None,
            payload: view.header("x-amz-content-sha256").map(|value| value.trim().to_owned()),
            host_bucket: options.host_bucket.map(str::to_owned),
        })
    }
}

/// A presigned query may hold the token in the header's stead.
fn session_token(kind: Kind, view: &RequestView<'_>) -> Option<String> {
    let name = "x-amz-security-token";
    let query = if kind == Kind::Presigned { view.query } else { "" };
    view.header(name).map(str::to_owned).or_else(|| query_header(query, name).map(Cow::into_owned))
}

/// Its clients also write the zone as `+0000`, as in mail.
fn date(text: &str) -> Option<Timestamp> {
    match text.strip_suffix("+0000") {
        Some(start) => Timestamp::parse_http_date(&format!("{start}GMT")).ok(),
        None => Timestamp::parse_any(text).ok(),
    }
}
