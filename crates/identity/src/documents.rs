//! Policy documents of requests: read as what they shall be, bounded, and shown as IAM shows them.

use api::S3Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{Kind, Policy, Principals, Scope};

use crate::refuse::{constraint, limit, malformed, quota};
use crate::words::required;

const DOCUMENT_CHARS_MAX: usize = 131_072;
/// RFC 3986's unreserved characters stand for themselves.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What a trust policy may allow.
const ASSUMING: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// The text of a document, if it is one of that kind.
pub(crate) fn read<'a>(text: Option<&'a str>, at: &str, kind: Kind) -> Result<(&'a str, Policy), S3Error> {
    let text = required(text, at)?;
    if text.chars().count() > DOCUMENT_CHARS_MAX {
        return Err(constraint(at, "have length less than or equal to 131072"));
    }
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    if !text.chars().all(legal) {
        let pattern = r"[\u0009\u000A\u000D\u0020-\u00FF]+";
        return Err(constraint(at, &format!("satisfy regular expression pattern: {pattern}")));
    }
    if kind.size_of(text) > kind.size_max() {
        return Err(too_large(kind));
    }
    let policy = Policy::parse(text, kind).map_err(|fault| malformed(fault.to_string()))?;
    Ok((text, policy))
}

fn too_large(kind: Kind) -> S3Error {
    let max = kind.size_max() as u64;
    match kind {
        Kind::Trust => quota("ACLSizePerRole", max),
        Kind::Managed => quota("PolicySize", max),
        _ => limit(format!("Maximum policy size of {max} bytes exceeded.")),
    }
}

/// The limit of inline policies is on the sum of an identity's.
pub(crate) fn check_sum(
    inline: &[(String, String)],
    kind: Kind,
    noun: &str,
    name: &str,
) -> Result<(), S3Error> {
    let sum: usize = inline.iter().map(|(_, text)| kind.size_of(text)).sum();
    if sum > kind.size_max() {
        return Err(limit(format!(
            "Maximum policy size of {} bytes exceeded for {noun} {name}",
            kind.size_max()
        )));
    }
    Ok(())
}

/// A trust policy allows assuming the role, and nothing else.
pub(crate) fn check_trust(policy: &Policy) -> Result<(), S3Error> {
    for statement in policy.statements() {
        let Scope::Of(actions) = &statement.actions else {
            return Err(malformed("AssumeRole policy must use Action, not NotAction."));
        };
        let assumes = |action: &policy::ActionPattern| {
            action.vendor().is_some_and(|vendor| vendor.eq_ignore_ascii_case("sts"))
                && ASSUMING.iter().any(|known| action.matches(known))
        };
        if !actions.iter().all(assumes) {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
    }
    Ok(())
}

/// All principals that a document names, each with the kind under which it stands.
pub(crate) fn principals(policy: &Policy) -> impl Iterator<Item = (&'static str, &str)> {
    policy.statements().iter().filter_map(|statement| statement.principals.as_ref()).flat_map(|scope| {
        let (Scope::Of(principals) | Scope::AllBut(principals)) = scope;
        match principals {
            Principals::Everyone => Vec::new(),
            Principals::Named { aws, federated, .. } => {
                let aws = aws.iter().map(|name| ("AWS", name.as_str()));
                aws.chain(federated.iter().map(|name| ("Federated", name.as_str()))).collect()
            }
        }
    })
}

/// Documents leave as they came, percent-encoded.
pub(crate) fn shown(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob","Federated":"accounts.example.com"},"Action":"ACTION"}]}"#;

    fn trust(action: &str) -> Result<(), S3Error> {
        let text = TRUST.replace("ACTION", action);
        check_trust(&read(Some(&text), "policyDocument", Kind::Trust)?.1)
    }

    #[test]
    fn a_trust_policy_only_lets_assume() {
        for action in ["sts:AssumeRole", "STS:assumerole", "sts:TagSession", "sts:AssumeRole*"] {
            assert!(trust(action).is_ok(), "{action}");
        }
        for action in ["*", "s3:GetObject", "sts:GetCallerIdentity"] {
            assert!(trust(action).is_err(), "{action}");
        }
    }

    #[test]
    fn principals_are_found_with_their_kinds() {
        let text = TRUST.replace("ACTION", "sts:AssumeRole");
        let (_, policy) = read(Some(&text), "policyDocument", Kind::Trust).unwrap();
        let found: Vec<_> = principals(&policy).collect();
        assert_eq!(
            found,
            [("AWS", "arn:aws:iam::111122223333:user/bob"), ("Federated", "accounts.example.com")]
        );
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let text =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}"#;
        let error = read(Some(text), "policyDocument", Kind::Managed).unwrap_err();
        assert_eq!(error.code, api::ErrorCode::MalformedPolicyDocument);
        assert!(error.message.contains("Statement[0].Effect"), "{error}");
    }

    #[test]
    fn documents_are_shown_percent_encoded() {
        assert_eq!(shown(r#"{"a": "*~"}"#), "%7B%22a%22%3A%20%22%2A~%22%7D");
    }

    #[test]
    fn sums_are_bounded() {
        let one = ("a".to_owned(), "x".repeat(1500));
        assert!(check_sum(std::slice::from_ref(&one), Kind::UserInline, "user", "u").is_ok());
        assert!(check_sum(&[one.clone(), one], Kind::UserInline, "user", "u").is_err());
    }
}
