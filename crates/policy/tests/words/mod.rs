//! What the tests of this folder say often: callers, policies, requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, wherever it stands")]
#![allow(dead_code, reason = "each test binary says some of it")]

use model::AccountId;
use policy::{Account, Caller, FederatedUser, Keys, Kind, Policy, Request, RoleSession, User};

pub const ACCOUNT: &str = "111122223333";
pub const OTHER: &str = "444455556666";

pub fn account(id: &str) -> Account {
    Account { id: AccountId::parse(id).unwrap(), canonical: None }
}

pub fn root() -> Caller {
    Caller::Root(account(ACCOUNT))
}

pub fn user_of(id: &str) -> Caller {
    Caller::User(User {
        account: account(id),
        arn: format!("arn:aws:iam::{id}:user/bob"),
        id: "AIDAIOSFODNN7EXAMPLE".to_owned(),
        name: "bob".to_owned(),
        tags: vec![("team".to_owned(), "red".to_owned())],
    })
}

pub fn user() -> Caller {
    user_of(ACCOUNT)
}

pub fn session_of(id: &str) -> Caller {
    Caller::RoleSession(RoleSession {
        account: account(id),
        role_arn: format!("arn:aws:iam::{id}:role/ops"),
        session_arn: format!("arn:aws:sts::{id}:assumed-role/ops/alice"),
        role_id: "AROAIOSFODNN7EXAMPLE".to_owned(),
        session_name: "alice".to_owned(),
        tags: Vec::new(),
        provider: None,
    })
}

pub fn session() -> Caller {
    session_of(ACCOUNT)
}

pub fn federated(user_arn: Option<&str>) -> Caller {
    Caller::FederatedUser(FederatedUser {
        account: account(ACCOUNT),
        arn: format!("arn:aws:sts::{ACCOUNT}:federated-user/carol"),
        name: "carol".to_owned(),
        user_arn: user_arn.map(str::to_owned),
        tags: Vec::new(),
    })
}

/// `s3:GetObject` on `arn:aws:s3:::b/k`, which the first account owns.
pub fn get(caller: Caller) -> Request {
    ask(caller, "s3:GetObject", "arn:aws:s3:::b/k")
}

pub fn ask(caller: Caller, action: &str, resource: &str) -> Request {
    ask_with(caller, action, resource, Keys::default())
}

pub fn ask_with(caller: Caller, action: &str, resource: &str, keys: Keys) -> Request {
    Request::new(caller, action, resource, AccountId::parse(ACCOUNT), keys)
}

/// A policy of statements, each the inside of its braces, in single quotes for double ones.
pub fn policy(kind: Kind, statements: &[&str]) -> Policy {
    let statements: Vec<String> = statements.iter().map(|inside| format!("{{{inside}}}")).collect();
    let text = format!("{{'Version':'2012-10-17','Statement':[{}]}}", statements.join(","));
    Policy::parse(&text.replace('\'', "\""), kind).unwrap()
}

pub fn managed(statement: &str) -> Policy {
    policy(Kind::Managed, &[statement])
}

/// Of a bucket: this effect for this principal on everything of S3.
pub fn bucket(effect: &str, principal: &str) -> Policy {
    policy(
        Kind::Bucket,
        &[&format!("'Effect':'{effect}','Principal':{principal},'Action':'s3:*','Resource':'*'")],
    )
}

/// To anybody's identity: this effect on everything of S3.
pub fn s3(effect: &str) -> Policy {
    managed(&format!("'Effect':'{effect}','Action':'s3:*','Resource':'*'"))
}

/// Allows only what nobody asks for.
pub fn elsewhere() -> Policy {
    managed("'Effect':'Allow','Action':'sqs:*','Resource':'*'")
}
