//! The `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.

use model::Timestamp;

use super::{Kind, Options, Scheme, SignedClaim, parse_credential, v2};
use crate::{Refusal, RequestView};

pub(super) fn read(
    value: &str,
    view: &RequestView<'_>,
    options: &Options<'_>,
) -> Result<SignedClaim, Refusal> {
    let trimmed = value.trim();
    let (algorithm, rest) = trimmed.split_once([' ', '\t']).unwrap_or((trimmed, ""));
    let scheme = match algorithm {
        "AWS4-HMAC-SHA256" => Scheme::V4,
        "AWS4-ECDSA-P256-SHA256" => Scheme::V4a,
        "AWS" => return v2::read_header(rest.trim(), view, options),
        _ if rest.is_empty() => return Err(Refusal::AuthorizationForm { authorization: value.to_owned() }),
        _ => return Err(Refusal::AuthorizationType { authorization: value.to_owned() }),
    };
    let components = Components::parse(rest)?;
    let (access_key, scope) = parse_credential(components.credential, scheme == Scheme::V4, options.services)
        .map_err(|error| malformed(error.to_string()))?;
    let (date, date_text) = date(view)?;
    if date_text.get(..8) != Some(scope.date()) {
        return Err(malformed(super::date_mismatch(&scope, &date_text)));
    }
    let region_set = match (scheme, view.header("x-amz-region-set")) {
        (Scheme::V4a, None) => return Err(malformed("missing X-Amz-Region-Set.")),
        (Scheme::V4a, Some(set)) => Some(set.to_owned()),
        _ => None,
    };
    let payload = view.header("x-amz-content-sha256").map(|value| value.trim().to_owned());
    if payload.is_none() && scope.service() == "s3" {
        return Err(Refusal::ContentSha256Missing);
    }
    Ok(SignedClaim {
        kind: Kind::Header,
        scheme,
        access_key,
        scope,
        signed_headers: components.signed_headers.to_ascii_lowercase(),
        signature: components.signature.to_owned(),
        date,
        date_text,
        expires: None,
        session_token: view.header("x-amz-security-token").map(str::to_owned),
        region_set,
        payload,
        host_bucket: None,
    })
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::Header { detail: detail.into() }
}

struct Components<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Components<'a> {
    /// The three components, in any order, with or without spaces around their commas.
    fn parse(text: &'a str) -> Result<Self, Refusal> {
        let mut parsed = Self { credential: "", signed_headers: "", signature: "" };
        for component in text.split(',').map(str::trim).filter(|component| !component.is_empty()) {
            let wrong = || malformed(format!("the authorization component \"{component}\" is malformed."));
            let (name, value) = component.split_once('=').ok_or_else(wrong)?;
            let slot = match name {
                "Credential" => &mut parsed.credential,
                "SignedHeaders" => &mut parsed.signed_headers,
                "Signature" => &mut parsed.signature,
                _ => return Err(wrong()),
            };
            if !slot.is_empty() {
                return Err(malformed(
                    "the authorization header requires three components: Credential, SignedHeaders, and \
                     Signature.",
                ));
            }
            *slot = value;
        }
        for (name, value) in [
            ("Credential", parsed.credential),
            ("SignedHeaders", parsed.signed_headers),
            ("Signature", parsed.signature),
        ] {
            if value.is_empty() {
                return Err(malformed(format!("missing {name}.")));
            }
        }
        Ok(parsed)
    }
}

/// The moment of signing and its text in the string to sign: from `x-amz-date`, else from `Date`.
fn date(view: &RequestView<'_>) -> Result<(Timestamp, String), Refusal> {
    let text = view.header("x-amz-date").or_else(|| view.header("date")).ok_or(Refusal::DateMissing)?.trim();
    if let Ok(date) = Timestamp::parse_basic(text) {
        return Ok((date, text.to_owned()));
    }
    let date = Timestamp::parse_any(text).map_err(|_| Refusal::DateMissing)?;
    Ok((date, date.to_basic()))
}
