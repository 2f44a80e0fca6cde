//! The `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.

use model::Timestamp;

use super::{Kind, Options, Scheme, SignedClaim, parse_credential};
use crate::{Refusal, RequestView};

pub(super) fn read(
    value: &str,
    view: &RequestView<'_>,
    options: &Options<'_>,
) -> Result<SignedClaim, Refusal> {
    let (algorithm, rest) = value.trim().split_once([' ', '\t']).unwrap_or((value.trim(), ""));
    let scheme = match algorithm {
        "AWS4-HMAC-SHA256" => Scheme::V4,
        "AWS" => return Err(Refusal::MechanismNotSupported),
        _ => return Err(Refusal::AuthorizationType { authorization: value.to_owned() }),
    };
    let components = components(rest)?;
    let (access_key, scope) = parse_credential(components.credential, true, options.services)
        .map_err(|error| Refusal::Header { detail: error.to_string() })?;
    let (date, date_text) = date(view)?;
    if scope.date() != &date_text[..8] {
        return Err(Refusal::Header { detail: super::date_mismatch(&scope, &date_text) });
    }
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
        expires_s: None,
        session_token: view.header("x-amz-security-token").map(str::to_owned),
        payload,
    })
}

struct Components<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// The three components, in any order, with or without spaces around their commas.
fn components(text: &str) -> Result<Components<'_>, Refusal> {
    let malformed = |detail: String| Refusal::Header { detail };
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for component in text.split(',').map(str::trim).filter(|component| !component.is_empty()) {
        let slot = match component.split_once('=') {
            Some(("Credential", value)) => credential.replace(value),
            Some(("SignedHeaders", value)) => signed_headers.replace(value),
            Some(("Signature", value)) => signature.replace(value),
            _ => {
                let detail = format!("the authorization component \"{component}\" is malformed.");
                return Err(malformed(detail));
            }
        };
        if slot.is_some() {
            let detail = "the authorization header requires three components: Credential, SignedHeaders, and \
                          Signature.";
            return Err(malformed(detail.to_owned()));
        }
    }
    let present = |value: Option<_>, name: &str| {
        value.filter(|text: &&str| !text.is_empty()).ok_or_else(|| malformed(format!("missing {name}.")))
    };
    Ok(Components {
        credential: present(credential, "Credential")?,
        signed_headers: present(signed_headers, "SignedHeaders")?,
        signature: present(signature, "Signature")?,
    })
}

/// The moment of signing and its text in the string to sign: from `x-amz-date`, else from `Date`.
fn date(view: &RequestView<'_>) -> Result<(Timestamp, String), Refusal> {
    let text = view.header("x-amz-date").or_else(|| view.header("date")).ok_or(Refusal::DateMissing)?.trim();
    if let Ok(date) = Timestamp::parse_basic(text) {
        return Ok((date, text.to_owned()));
    }
    let date = Timestamp::parse_any(text).map_err(|_| Refusal::DateMissing)?;
    // Years beyond four digits have no text that could have been signed.
    Some(date.to_basic()).filter(|text| text.len() == 16).map(|text| (date, text)).ok_or(Refusal::DateMissing)
}
