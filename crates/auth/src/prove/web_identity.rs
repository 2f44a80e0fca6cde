//! Tokens of identity providers: whose account trusts the provider, for whom the token is, what it says.
//!
//! Sources: AWS "AssumeRoleWithWebIdentity", "Available keys for AWS OIDC federation", "Passing session tags using
//! AssumeRoleWithWebIdentity".

use api::{ErrorCode, S3Error};
use catalog::table::{ProviderRow, space};
use model::{AccountId, arn};
use oidc::{Claims, Fault, Issuer, Token};
use rules::tagging;
use serde_json::Value;

use crate::authn::Auth;
use crate::authz::account_of_role;
use crate::caller::{Caller, WebIdentity};
use crate::fault::internal;
use crate::session::same_key;

/// The longest subject and audience.
const NAME_CHARS_MAX: usize = 255;
/// Values of one claim that are kept.
const VALUES_MAX: usize = 20;
/// Source: AWS "IAM and AWS STS quotas".
const TAGS_MAX: usize = 50;
const TAGS: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

impl Auth {
    /// The caller as its token's provider knows it.
    pub(super) async fn prove_token(
        &self,
        caller: &Caller,
        role_arn: &str,
        text: &str,
    ) -> Result<Caller, S3Error> {
        let token = Token::read(text).map_err(|_| {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        })?;
        let account = account_of_role(role_arn)
            .ok_or_else(|| S3Error::with_message(ErrorCode::ValidationError, "Request ARN is invalid"))?;
        let (issuer, row) = self.provider(account, token.issuer().unwrap_or_default())?;
        let verifier = self.verifier().ok_or(ErrorCode::IDPCommunicationError)?;
        let claims = verifier.verify(&token, &issuer, caller.situation().now).await.map_err(refused)?;
        let shown = shown(text, account, &row, &issuer, &claims)?;
        Ok(caller.with_token(shown))
    }

    /// One that the role's account registered, told by the issuer that the token names.
    fn provider(&self, account: AccountId, issuer: &str) -> Result<(Issuer, ProviderRow), S3Error> {
        let absent = || invalid(format!("No OpenIDConnect provider found in your account for {issuer}"));
        let secure = issuer.strip_prefix("https://").map(|url| (url, true));
        let (url, secure) =
            secure.or_else(|| Some((issuer.strip_prefix("http://")?, false))).ok_or_else(absent)?;
        let row = self.catalog().get(&space::provider(account, url)).map_err(internal)?;
        let row = row.map(ProviderRow::decode).transpose().map_err(internal)?;
        // Rows are found without regard to case, issuers are not the same without.
        let row = row.filter(|row| row.url == url && row.secure == secure).ok_or_else(absent)?;
        Ok((Issuer::new(url, secure).map_err(refused)?, row))
    }
}

fn shown(
    text: &str,
    account: AccountId,
    row: &ProviderRow,
    issuer: &Issuer,
    claims: &Claims,
) -> Result<WebIdentity, S3Error> {
    let subject = claims.text("sub").filter(|subject| is_name(subject));
    let subject = subject.ok_or_else(|| invalid("Missing a required claim: sub"))?;
    // Of a token with an authorized party, that one is the audience.
    let audiences = claims.texts("aud");
    let known = |id: &&str| row.client_ids.iter().any(|client| client == id);
    let audience = match claims.text("azp") {
        Some(party) => Some(party).filter(known),
        None => audiences.iter().copied().find(known),
    };
    let audience = audience.ok_or_else(|| invalid("Incorrect token audience"))?;
    let (tags, transitive) = tags(claims)?;
    let source_identity = claims.text(SOURCE_IDENTITY);
    if !source_identity.is_none_or(is_source_identity) {
        return Err(invalid("The source identity of the token is not what it should be"));
    }
    Ok(WebIdentity {
        token: text.to_owned(),
        account,
        provider: arn::provider(account, &row.url),
        issuer: issuer.as_str().to_owned(),
        subject: subject.to_owned(),
        audience: audience.to_owned(),
        claims: conditions(&row.url, audience, claims),
        tags,
        transitive,
        source_identity: source_identity.map(str::to_owned),
    })
}

/// As condition keys, each under the provider's name.
fn conditions(url: &str, audience: &str, claims: &Claims) -> Vec<(String, Vec<String>)> {
    let mut conditions = vec![(format!("{url}:aud"), vec![audience.to_owned()])];
    let mut add = |name: &str, values: Vec<&str>| {
        let values: Vec<String> =
            values.into_iter().filter(|value| is_name(value)).take(VALUES_MAX).map(str::to_owned).collect();
        if !values.is_empty() {
            conditions.push((format!("{url}:{name}"), values));
        }
    };
    add("sub", claims.texts("sub"));
    add("amr", claims.texts("amr"));
    add("email", claims.texts("email"));
    if claims.text("azp").is_some() {
        add("oaud", claims.texts("aud"));
    }
    conditions
}

/// Session tags that the provider gives: `{"principal_tags": {"key": ["value"]}, "transitive_tag_keys": ["key"]}`.
type Tags = (Vec<(String, String)>, Vec<String>);

fn tags(claims: &Claims) -> Result<Tags, S3Error> {
    let Some(given) = claims.value(TAGS) else { return Ok(Tags::default()) };
    let bad = || invalid("The principal tags of the token are not what they should be");
    let mut tags = Vec::new();
    for (key, values) in given.get("principal_tags").and_then(Value::as_object).into_iter().flatten() {
        let value = values.as_str().or_else(|| values.as_array().filter(|all| all.len() == 1)?[0].as_str());
        tags.push((key.clone(), value.ok_or_else(bad)?.to_owned()));
    }
    let keys = given.get("transitive_tag_keys").and_then(Value::as_array).into_iter().flatten();
    let transitive: Option<Vec<String>> = keys.map(|key| key.as_str().map(str::to_owned)).collect();
    let tags = (tags, transitive.ok_or_else(bad)?);
    if are_session_tags(&tags) { Ok(tags) } else { Err(bad()) }
}

/// As AssumeRole takes them: keys have no case, and what is handed on must be there.
fn are_session_tags((tags, transitive): &Tags) -> bool {
    let plain = |text: &str| !text.chars().any(char::is_control);
    let is_there = |key: &String| tags.iter().any(|(own, _)| same_key(own, key));
    let once = |(at, (key, _)): (usize, &(String, String))| {
        !tags[..at].iter().any(|(other, _)| same_key(other, key))
    };
    tagging::check(tags, TAGS_MAX).is_ok()
        && tags.iter().all(|(key, value)| plain(key) && plain(value))
        && tags.iter().enumerate().all(once)
        && transitive.iter().all(is_there)
}

/// As AssumeRole takes it.
fn is_source_identity(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidIdentityToken, message.into())
}

fn refused(fault: Fault) -> S3Error {
    match fault {
        Fault::Expired { now, expired } => {
            let message = format!(
                "Token expired: current date/time {} must be before the expiration date/time {}",
                now.seconds(),
                expired.seconds()
            );
            S3Error::with_message(ErrorCode::ExpiredTokenException, message)
        }
        Fault::Lacks(claim) => invalid(format!("Missing a required claim: {claim}")),
        Fault::NoKey => invalid(
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
        ),
        // Where it lies is for the operator to know, not for whoever sent a token.
        Fault::Provider(cause) => {
            tracing::warn!(%cause, "an identity provider gave no keys");
            ErrorCode::IDPCommunicationError.into()
        }
        Fault::Malformed(_) | Fault::Algorithm(_) | Fault::Signature | Fault::NotYet => {
            invalid(ErrorCode::InvalidIdentityToken.message())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(tags: &[(&str, &str)], transitive: &[&str]) -> bool {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        are_session_tags(&(tags, transitive.iter().map(|key| (*key).to_owned()).collect()))
    }

    #[test]
    fn tags_of_a_token_are_session_tags() {
        assert!(are(&[], &[]));
        assert!(are(&[("team", "blue"), ("project", "")], &["Team"]));
        for tags in [
            [("team", "blue"), ("Team", "red")],
            [("aws:team", "blue"), ("b", "")],
            [("", "blue"), ("b", "")],
            [("a\n", ""), ("b", "")],
            [("a", "<"), ("b", "")],
        ] {
            assert!(!are(&tags, &[]), "{tags:?}");
        }
        assert!(!are(&[("team", "blue")], &["project"]));
        let many: Vec<String> = (0..=TAGS_MAX).map(|at| at.to_string()).collect();
        let many: Vec<_> = many.iter().map(|key| (key.as_str(), "")).collect();
        assert!(are(&many[1..], &[]) && !are(&many, &[]));
    }
}
