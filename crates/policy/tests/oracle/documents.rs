//! Random documents, as JSON for the oracle and parsed for the crate.

use policy::{Kind, Policy};
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::requests::{CANONICAL, OTHER, OWN};

pub struct Document {
    pub json: Value,
    pub policy: Policy,
}

const ACTIONS: [&str; 10] = [
    "s3:GetObject",
    "s3:Get*",
    "S3:gETOBJECT",
    "*",
    "s3:*",
    "s3:?utObject",
    "s3:*Object*",
    "s3:ListBucket",
    "sqs:*",
    "sts:AssumeRole",
];
const RESOURCES: [&str; 13] = [
    "*",
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/home/${aws:username}/*",
    "arn:aws:s3:::b/home/${aws:username, 'bob'}/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/???/*",
    "arn:*:s3:*:*:b/${aws:PrincipalTag/TEAM, 'red'}${*}",
    "arn:aws:sqs:*:*:${aws:username}",
    "arn:aws:s3:::?/k*:*s",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:s3:::b/home/${aws:tagkeys, 'bob'}/k*y",
];
const AWS: [&str; 10] = [
    "*",
    OWN,
    "arn:aws:iam::111122223333:root",
    OTHER,
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:role/ops",
    "arn:aws:sts::111122223333:assumed-role/ops/alice",
    "arn:aws:sts::111122223333:federated-user/carol",
    "AROAIOSFODNN7EXAMPLE",
];
const TEXTS: [&str; 15] = [
    "${aws:PrincipalTag/team}",
    "",
    "home/",
    "home/bob",
    "Home/BOB",
    "h*",
    "*",
    "?ome/*",
    "home/${aws:username}",
    "${aws:userid, 'none'}",
    "red",
    "bob",
    "a",
    "b",
    "${*}",
];
const ARNS: [&str; 6] = [
    "*",
    "arn:aws:sns:*:111122223333:t*",
    "arn:aws:iam::111122223333:user/${aws:username}",
    "arn:aws:*:*:*:*",
    "arn:aws:sns:*:topic:x:y",
    "arn:aws:iam::*:role/ops",
];
const TEXT_KEYS: [&str; 6] =
    ["s3:prefix", "aws:UserName", "aws:PrincipalTag/team", "aws:userid", "aws:TagKeys", "x:missing"];

/// Families of operators: their names, their keys, their values.
const FAMILIES: [(&[&str], &[&str], &[&str]); 8] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        &TEXT_KEYS,
        &TEXTS,
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["s3:max-keys", "x:missing"],
        &["5", "10.0", "-1", "7.5", "1000"],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["aws:CurrentTime", "x:missing"],
        &["2026-01-01T00:00:00Z", "2026", "1767225600", "2026-01-01T02:00+01:00", "2026-12-31"],
    ),
    (&["Bool"], &["aws:SecureTransport", "x:missing"], &["true", "False"]),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp", "x:missing"],
        &["203.0.113.0/24", "10.0.0.0/8", "203.0.113.9", "::/0", "2001:db8::/32", "0.0.0.0/0", "10.1.2.4/30"],
    ),
    (
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["aws:SourceArn", "aws:PrincipalArn", "x:missing"],
        &ARNS,
    ),
    (&["BinaryEquals"], &["x:binary", "x:missing"], &["AQI=", "AQI", "AQM="]),
    (&["Null"], &["aws:username", "aws:TagKeys", "x:missing", "s3:prefix"], &["true", "false"]),
];

impl Document {
    pub fn draw(chance: &mut Chance, kind: Kind) -> Self {
        let statements: Vec<Value> = (0..=chance.below(3)).map(|_| statement(chance, kind)).collect();
        let mut json = json!({ "Statement": statements });
        if !chance.one_in(6) {
            json["Version"] = "2012-10-17".into();
        }
        let policy = Policy::parse(&json.to_string(), kind).unwrap_or_else(|fault| panic!("{fault}: {json}"));
        Self { json, policy }
    }
}

fn statement(chance: &mut Chance, kind: Kind) -> Value {
    let effect = if chance.one_in(6) { "Deny" } else { "Allow" };
    let mut statement = json!({ "Effect": effect });
    let name = if chance.one_in(8) { "NotAction" } else { "Action" };
    statement[name] = one_or_many(chance.some_of(&ACTIONS, 3));
    if kind != Kind::Trust {
        let name = if chance.one_in(8) { "NotResource" } else { "Resource" };
        statement[name] = one_or_many(chance.some_of(&RESOURCES, 3));
    }
    if kind != Kind::Managed {
        let negated = effect == "Deny" && kind == Kind::Bucket && chance.one_in(3);
        statement[if negated { "NotPrincipal" } else { "Principal" }] = principals(chance, kind, negated);
    }
    let conditions = conditions(chance);
    if !conditions.is_empty() {
        statement["Condition"] = conditions.into();
    }
    statement
}

fn principals(chance: &mut Chance, kind: Kind, many: bool) -> Value {
    if chance.one_in(5) {
        return "*".into();
    }
    let mut map = Map::new();
    let most = if many { 8 } else { 2 };
    map.insert("AWS".to_owned(), one_or_many(chance.some_of(&AWS[usize::from(many)..], most)));
    if chance.one_in(4) {
        map.insert("Service".to_owned(), "logging.s3.amazonaws.com".into());
    }
    if chance.one_in(4) {
        map.insert("Federated".to_owned(), "idp.example.com".into());
    }
    if kind == Kind::Bucket && chance.one_in(6) {
        map.insert("CanonicalUser".to_owned(), CANONICAL.into());
    }
    map.into()
}

fn conditions(chance: &mut Chance) -> Map<String, Value> {
    let mut map = Map::new();
    let count = [0, 0, 1, 1, 2][chance.below(5)];
    for _ in 0..count {
        let (operators, keys, values) = FAMILIES[[0, 0, 0, 1, 2, 3, 4, 5, 5, 6, 7][chance.below(11)]];
        let mut operator = chance.one_of::<str>(operators).to_owned();
        if operator != "Null" {
            let prefix = ["", "", "ForAllValues:", "ForAnyValue:"][chance.below(4)];
            operator = format!("{prefix}{operator}{}", ["", "", "IfExists"][chance.below(3)]);
        }
        let key = chance.one_of::<str>(keys);
        let values = one_or_many(chance.some_of(values, 3));
        map.insert(operator, json!({ key: values }));
    }
    map
}

fn one_or_many(mut values: Vec<String>) -> Value {
    if values.len() == 1 { values.remove(0).into() } else { values.into() }
}
