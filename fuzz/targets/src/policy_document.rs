//! IAM policies: the input's first byte says what the document shall be, the rest is its text.

use model::AccountId;
use policy::{Account, Attached, Caller, Keys, Kind, Policies, Policy, Request, evaluate, is_public};

use crate::input::Input;

const KINDS: [Kind; 9] = [
    Kind::Bucket,
    Kind::Managed,
    Kind::Trust,
    Kind::UserInline,
    Kind::GroupInline,
    Kind::RoleInline,
    Kind::Session,
    Kind::Control,
    Kind::AccessPoint,
];

/// What is read is written as the same policy; and one that is not public opens nothing to a request that says nothing.
pub fn policy(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let kind = KINDS[usize::from(input.u8()) % KINDS.len()];
    let text = String::from_utf8_lossy(input.rest());
    let policy = match Policy::parse(&text, kind) {
        Ok(policy) => policy,
        Err(fault) => {
            assert!(!fault.place.is_empty() && !fault.what.is_empty());
            return;
        }
    };
    let written = policy.to_json();
    // The canonical spelling may be longer than the limit: escapes, and numbers in quotes.
    if kind.size_of(&written) <= kind.size_max() {
        assert_eq!(Policy::parse(&written, kind).as_ref(), Ok(&policy), "{written}");
    }
    decide(&policy);
}

fn decide(policy: &Policy) {
    let attached = Attached { name: "p", policy };
    let identity = [attached];
    for action in ["s3:GetObject", "s3:ListBucket", "sts:AssumeRole"] {
        let ask =
            |caller, owner, keys| Request::new(caller, action, "arn:aws:s3:::b/home/bob/k", owner, keys);
        let owner = AccountId::new(1);
        let account = AccountId::new(2).map(|id| Account { id, canonical: None });
        if policy.kind().names_principals() {
            let resource = Policies { resource: Some(attached), ..Policies::default() };
            let anonymous = evaluate(&ask(Caller::Anonymous, owner, Keys::default()), &resource);
            assert!(!anonymous.is_allowed() || is_public(policy), "{anonymous}");
            let rich = evaluate(&ask(Caller::Anonymous, owner, keys()), &resource);
            assert!(!rich.to_string().is_empty());
        }
        let Some(account) = account else { continue };
        let policies = Policies { identity: &identity, ..Policies::default() };
        let across = evaluate(&ask(Caller::Root(account), owner, keys()), &policies);
        assert!(!across.is_allowed(), "an identity's policy alone opens another account: {across}");
    }
}

fn keys() -> Keys {
    let mut keys: Keys = [
        ("aws:SourceIp", "203.0.113.9"),
        ("aws:CurrentTime", "2026-11-22T06:24:30Z"),
        ("aws:SecureTransport", "true"),
        ("s3:prefix", "home/bob/"),
        ("s3:max-keys", "10"),
        ("aws:SourceArn", "arn:aws:sns:eu-west-1:000000000002:topic"),
    ]
    .into_iter()
    .collect();
    keys.set_many("aws:TagKeys", vec!["team".to_owned(), "cost".to_owned()]);
    keys
}
