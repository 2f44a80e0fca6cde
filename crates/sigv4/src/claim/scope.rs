//! Credentials and their scope: `AKID/yyyyMMdd/region/service/aws4_request`.

use thiserror::Error;

/// The day, region and service for which a signature was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As in the string to sign: `yyyyMMdd/region/service/aws4_request`; SigV4A has no region there.
    text: String,
    region_bytes: Option<usize>,
}

const DATE_BYTES: usize = 8;
const TERMINAL: &str = "aws4_request";

/// AWS's words for what is wrong with a credential.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum CredentialError {
    #[error("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")]
    Malformed,
    #[error("incorrect date format \"{0}\". This date in the credential must be in the format \"yyyyMMdd\".")]
    Date(String),
    #[error("incorrect service \"{0}\". This endpoint belongs to \"{1}\".")]
    Service(String, String),
    #[error("incorrect terminal \"{0}\". This endpoint uses \"aws4_request\".")]
    Terminal(String),
}

impl Scope {
    /// A scope to sign with; `None` for the region makes SigV4A's.
    pub(crate) fn new(date: &str, region: Option<&str>, service: &str) -> Self {
        let text = match region {
            Some(region) => format!("{date}/{region}/{service}/{TERMINAL}"),
            None => format!("{date}/{service}/{TERMINAL}"),
        };
        Self { text, region_bytes: region.map(str::len) }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `yyyyMMdd`.
    pub fn date(&self) -> &str {
        &self.text[..DATE_BYTES]
    }

    pub fn region(&self) -> Option<&str> {
        self.region_bytes.map(|bytes| &self.text[DATE_BYTES + 1..][..bytes])
    }

    pub fn service(&self) -> &str {
        let start = DATE_BYTES + 1 + self.region_bytes.map_or(0, |bytes| bytes + 1);
        &self.text[start..self.text.len() - TERMINAL.len() - 1]
    }
}

/// Splits a credential into its access key and scope.
pub(crate) fn parse_credential(
    credential: &str,
    with_region: bool,
    services: &[&str],
) -> Result<(String, Scope), CredentialError> {
    let mut parts = credential.rsplitn(if with_region { 5 } else { 4 }, '/');
    let mut next = || parts.next().ok_or(CredentialError::Malformed);
    let (terminal, service) = (next()?, next()?);
    let region = if with_region { Some(next()?) } else { None };
    let (date, access_key) = (next()?, next()?);
    if access_key.is_empty() || region == Some("") {
        return Err(CredentialError::Malformed);
    }
    if date.len() != DATE_BYTES || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CredentialError::Date(date.to_owned()));
    }
    if !services.contains(&service) {
        return Err(CredentialError::Service(service.to_owned(), services.join(", ")));
    }
    if terminal != TERMINAL {
        return Err(CredentialError::Terminal(terminal.to_owned()));
    }
    let text = credential[access_key.len() + 1..].to_owned();
    Ok((access_key.to_owned(), Scope { text, region_bytes: region.map(str::len) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_splits_into_key_and_scope() {
        let (key, scope) =
            parse_credential("AKID/20130524/us-east-1/s3/aws4_request", true, &["s3"]).expect("well-formed");
        assert_eq!(key, "AKID");
        assert_eq!((scope.date(), scope.region(), scope.service()), ("20130524", Some("us-east-1"), "s3"));
        assert_eq!(scope, Scope::new("20130524", Some("us-east-1"), "s3"));
        let (key, scope) = parse_credential("A/K/20130524/s3/aws4_request", false, &["s3"]).expect("sigv4a");
        assert_eq!((key.as_str(), scope.region(), scope.service()), ("A/K", None, "s3"));
        assert_eq!(scope, Scope::new("20130524", None, "s3"));
    }

    #[test]
    fn each_wrong_part_has_its_own_words() {
        let parse = |credential| parse_credential(credential, true, &["s3"]).map_err(|e| e.to_string());
        for credential in ["", "AKID", "20130524/us-east-1/s3/aws4_request", "/20130524/r/s3/aws4_request"] {
            assert_eq!(parse(credential), Err(CredentialError::Malformed.to_string()), "{credential}");
        }
        assert!(
            parse("K/2013/r/s3/aws4_request").is_err_and(|e| e.contains("incorrect date format \"2013\""))
        );
        assert!(
            parse("K/20130524/r/ec2/aws4_request").is_err_and(|e| e.contains("incorrect service \"ec2\""))
        );
        assert!(parse("K/20130524/r/s3/aws5").is_err_and(|e| e.contains("incorrect terminal \"aws5\"")));
    }
}
