//! The ARNs of what belongs to an account. Paths begin and end with a slash.
//!
//! Source: AWS "IAM identifiers".

use crate::AccountId;

pub fn root(account: AccountId) -> String {
    iam(account, "root")
}

pub fn user(account: AccountId, path: &str, name: &str) -> String {
    iam(account, &format!("user{path}{name}"))
}

pub fn group(account: AccountId, path: &str, name: &str) -> String {
    iam(account, &format!("group{path}{name}"))
}

pub fn role(account: AccountId, path: &str, name: &str) -> String {
    iam(account, &format!("role{path}{name}"))
}

pub fn policy(account: AccountId, path: &str, name: &str) -> String {
    iam(account, &format!("policy{path}{name}"))
}

/// `url` without its scheme.
pub fn provider(account: AccountId, url: &str) -> String {
    iam(account, &format!("oidc-provider/{url}"))
}

/// A virtual MFA device: its serial number.
pub fn device(account: AccountId, path: &str, name: &str) -> String {
    iam(account, &format!("mfa{path}{name}"))
}

/// A role's session.
pub fn session(account: AccountId, role: &str, session: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
}

/// A session of GetFederationToken.
pub fn federated_user(account: AccountId, name: &str) -> String {
    format!("arn:aws:sts::{account}:federated-user/{name}")
}

/// What an ARN of IAM names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entity<'a> {
    /// `None` for what every account finds ready (`arn:aws:iam::aws:policy/…`).
    pub account: Option<AccountId>,
    /// `user`, `policy`, …; `root` has neither path nor name.
    pub kind: &'a str,
    /// With both slashes.
    pub path: &'a str,
    pub name: &'a str,
}

impl<'a> Entity<'a> {
    /// `None` for what is no ARN of IAM.
    pub fn parse(arn: &'a str) -> Option<Self> {
        let (account, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
        let account = match account {
            "aws" => None,
            other => Some(AccountId::parse(other)?),
        };
        let Some(slash) = resource.find('/') else {
            return (!resource.is_empty()).then_some(Self { account, kind: resource, path: "", name: "" });
        };
        let (kind, rest) = resource.split_at(slash);
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        (!kind.is_empty() && !name.is_empty()).then_some(Self { account, kind, path, name })
    }
}

fn iam(account: AccountId, resource: &str) -> String {
    format!("arn:aws:iam::{account}:{resource}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let account = AccountId::new(111_122_223_333).unwrap();
        let arn = user(account, "/a/b/", "Bob");
        assert_eq!(arn, "arn:aws:iam::111122223333:user/a/b/Bob");
        let read = Entity { account: Some(account), kind: "user", path: "/a/b/", name: "Bob" };
        assert_eq!(Entity::parse(&arn), Some(read));
        let known = Entity::parse("arn:aws:iam::aws:policy/ReadOnly").unwrap();
        assert_eq!((known.account, known.path, known.name), (None, "/", "ReadOnly"));
        assert_eq!(Entity::parse(&root(account)).map(|root| root.kind), Some("root"));
    }

    #[test]
    fn what_is_no_arn_of_iam_is_none() {
        for text in ["", "bob", "arn:aws:s3:::b", "arn:aws:iam::1:user/b", "arn:aws:iam::111122223333:user/"]
        {
            assert_eq!(Entity::parse(text), None, "{text}");
        }
    }
}
