//! The presigned query: `X-Amz-Algorithm=…&X-Amz-Credential=…&…`.

use std::borrow::Cow;

use model::Timestamp;
use model::limits::PRESIGN_EXPIRES_S_MAX;

use super::{Expires, Kind, Options, Scheme, Scope, SignedClaim, parse_credential};
use crate::encode::decode_query;
use crate::{Refusal, RequestView};

/// The parameters of a presigned query, decoded; the first of a name counts.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    security_token: Option<Cow<'a, str>>,
    content_sha256: Option<Cow<'a, str>>,
    region_set: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    /// `None` when nothing in the query says that it is signed.
    pub(super) fn find(query: &'a str) -> Option<Self> {
        // Most queries are unsigned, or there is none: one look spares the reading.
        if !query.contains("X-Amz-") {
            return None;
        }
        let mut found = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if let Some(slot) = found.slot(&decode_query(name))
                && slot.is_none()
            {
                *slot = Some(decode_query(value));
            }
        }
        let signed = found.algorithm.is_some() || found.credential.is_some() || found.signature.is_some();
        signed.then_some(found)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        match name.strip_prefix("X-Amz-")? {
            "Algorithm" => Some(&mut self.algorithm),
            "Credential" => Some(&mut self.credential),
            "Date" => Some(&mut self.date),
            "Expires" => Some(&mut self.expires),
            "SignedHeaders" => Some(&mut self.signed_headers),
            "Signature" => Some(&mut self.signature),
            "Security-Token" => Some(&mut self.security_token),
            "Content-Sha256" => Some(&mut self.content_sha256),
            "Region-Set" => Some(&mut self.region_set),
            _ => None,
        }
    }
}

pub(super) fn read(
    parameters: &Parameters<'_>,
    view: &RequestView<'_>,
    options: &Options<'_>,
) -> Result<SignedClaim, Refusal> {
    let given = |value: &Option<Cow<'_, str>>| {
        value.as_deref().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(incomplete)
    };
    let algorithm = given(&parameters.algorithm)?;
    let (credential, signature) = (given(&parameters.credential)?, given(&parameters.signature)?);
    let (date_text, signed_headers) = (given(&parameters.date)?, given(&parameters.signed_headers)?);
    let expires = given(&parameters.expires)?;
    let scheme = scheme(&algorithm)?;
    let (access_key, scope) = parse_credential(&credential, scheme == Scheme::V4, options.services)
        .map_err(|error| refuse(format!("Error parsing the X-Amz-Credential parameter; {error}")))?;
    let date = date(&date_text, &scope)?;
    let seconds = expires_s(&expires)?;
    let region_set = if scheme == Scheme::V4a { Some(given(&parameters.region_set)?) } else { None };
    let payload = parameters.content_sha256.as_deref().or_else(|| view.header("x-amz-content-sha256"));
    let payload = payload.or((scope.service() == "s3").then_some("UNSIGNED-PAYLOAD"));
    Ok(SignedClaim {
        kind: Kind::Presigned,
        scheme,
        access_key,
        scope,
        signed_headers: signed_headers.to_ascii_lowercase(),
        signature,
        date,
        date_text,
        expires: Some(Expires { seconds: Some(seconds), at: date.plus_millis(i64::from(seconds) * 1000) }),
        session_token: parameters.security_token.as_deref().map(str::to_owned),
        region_set,
        payload: payload.map(|text| text.trim().to_owned()),
        host_bucket: None,
    })
}

fn scheme(algorithm: &str) -> Result<Scheme, Refusal> {
    match algorithm {
        "AWS4-HMAC-SHA256" => Ok(Scheme::V4),
        "AWS4-ECDSA-P256-SHA256" => Ok(Scheme::V4a),
        _ => Err(refuse("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"")),
    }
}

fn date(text: &str, scope: &Scope) -> Result<Timestamp, Refusal> {
    let date = Timestamp::parse_basic(text)
        .map_err(|_| refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?;
    if text.get(..8) == Some(scope.date()) {
        Ok(date)
    } else {
        Err(refuse(super::date_mismatch(scope, text)))
    }
}

fn expires_s(text: &str) -> Result<u32, Refusal> {
    let seconds: i64 = text.parse().map_err(|_| refuse("X-Amz-Expires should be a number"))?;
    match u32::try_from(seconds) {
        Err(_) if seconds < 0 => Err(refuse("X-Amz-Expires must be non-negative")),
        Ok(0) => Err(refuse("X-Amz-Expires must be greater than zero")),
        Ok(seconds) if u64::from(seconds) <= PRESIGN_EXPIRES_S_MAX => Ok(seconds),
        _ => Err(refuse(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
             less than 604800 seconds",
        )),
    }
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::Query { message: message.into() }
}

fn incomplete() -> Refusal {
    refuse(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
         X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    )
}
