//! The crate iam-rs, which others wrote, must agree too, on 100,000 requests of what both of us know.
//!
//! It knows one layer (policies of one identity) and differs from AWS's pages, and so from us, in these; documents and
//! requests that touch them are left out before anybody decides, never after:
//! - variables: it replaces them in resources alone, an unknown one by nothing, in both versions, `${*}` not at all;
//! - ARN operators: it compares ARNs as strings, not part by part, and `ArnEquals` without wildcards;
//! - `BinaryEquals`: it ignores the case of base64;
//! - sets: it has `ForAllValues` and `ForAnyValue` for strings alone, without `IfExists`, takes an empty string for a
//!   value, and lets a negated operator without a prefix pass when one value of several does;
//! - dates: of W3C's forms it reads only the longest, and a year as seconds;
//! - booleans: it wants them in lower case, and in the request as a type of their own;
//! - `Null` with several values: it looks at the first;
//! - IPv4 addresses mapped into IPv6 it takes for IPv6; values that are none (`many`, `never`) satisfy its negated operators;
//! - `*` as a request's resource it refuses.

use std::collections::HashMap;

use iam_rs::{Arn, Context, ContextValue, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
use policy::{Attached, Decision, Denied, Kind, Policies, evaluate};
use serde_json::Value;

use super::chance::Chance;
use super::conditions::texts;
use super::documents::Document;
use super::judge::Verdict;
use super::requests::{Asked, OWN, Who};

const PAIRS: usize = 100_000;
const DOCUMENTS: usize = 3_000;

struct Common {
    ours: Document,
    theirs: IAMPolicy,
}

#[test]
fn another_crate_agrees_on_a_hundred_thousand_requests() {
    let mut chance = Chance::new(8);
    let documents: Vec<Common> = std::iter::repeat_with(|| Document::draw(&mut chance, Kind::Managed))
        .filter(|document| is_common(&document.json))
        .take(DOCUMENTS)
        .map(Common::of)
        .collect();
    let mut seen = [0_usize; 3];
    for number in 0..PAIRS {
        let drawn: Vec<&Common> =
            (0..=chance.below(2)).map(|_| &documents[chance.below(documents.len())]).collect();
        let asked = std::iter::repeat_with(|| by_bob(&mut chance)).find(is_plain).unwrap();
        let (ours, theirs) = (decide(&drawn, &asked), decide_by_theirs(&drawn, &asked));
        let texts: Vec<String> = drawn.iter().map(|common| common.ours.json.to_string()).collect();
        assert_eq!(ours, theirs, "pair {number}: {asked:#?} {texts:#?}");
        seen[ours as usize] += 1;
    }
    assert!(seen.iter().all(|count| *count > PAIRS / 20), "{seen:?}");
}

impl Common {
    fn of(ours: Document) -> Self {
        let mut json = ours.json.clone();
        // It wants a version; without variables both are the same.
        json["Version"] = "2012-10-17".into();
        Self { theirs: IAMPolicy::from_json(&json.to_string()).unwrap(), ours }
    }
}

fn by_bob(chance: &mut Chance) -> Asked {
    Asked { who: Who::Bob, owner: Some(OWN), ..Asked::draw(chance) }
}

fn is_common(json: &Value) -> bool {
    let statements = json["Statement"].as_array().unwrap();
    !json.to_string().contains("${")
        && statements.iter().all(|statement| match statement.get("Condition") {
            Some(conditions) => {
                conditions.as_object().unwrap().iter().all(|(name, keys)| is_common_condition(name, keys))
            }
            None => true,
        })
}

fn is_common_condition(operator: &str, keys: &Value) -> bool {
    let (key, values) = keys.as_object().unwrap().iter().next().unwrap();
    let values = texts(values);
    let is_set = key == "aws:TagKeys";
    match operator.split_once(':') {
        Some((_, rest)) => is_set && rest.starts_with("String") && !rest.ends_with("IfExists"),
        None if operator == "Null" => values.len() == 1,
        None if is_set || operator.starts_with("Arn") || operator.starts_with("Binary") => false,
        None if operator.starts_with("Bool") => !values.contains(&"False".to_owned()),
        None if operator.starts_with("Date") => {
            values.iter().all(|value| ["2026-01-01T00:00:00Z", "1767225600"].contains(&value.as_str()))
        }
        None => true,
    }
}

fn is_plain(asked: &Asked) -> bool {
    let odd = ["many", "never", "unknown", "::ffff:10.1.2.3"];
    let odd = |values: &Vec<String>| values.iter().any(|value| odd.contains(&value.as_str()));
    let empty = asked.said.get("aws:tagkeys").is_some_and(|values| *values == [""]);
    asked.resource != "*" && !empty && !asked.said.values().any(odd)
}

fn decide(drawn: &[&Common], asked: &Asked) -> Verdict {
    let identity: Vec<Attached<'_>> =
        drawn.iter().map(|common| Attached { name: "drawn", policy: &common.ours.policy }).collect();
    match evaluate(&asked.to_request(), &Policies { identity: &identity, ..Policies::default() }) {
        Decision::Allowed(_) => Verdict::Allowed,
        Decision::Denied(Denied::Explicitly(_)) => Verdict::DeniedExplicitly,
        Decision::Denied(Denied::Implicitly(_)) => Verdict::DeniedImplicitly,
    }
}

fn decide_by_theirs(drawn: &[&Common], asked: &Asked) -> Verdict {
    let mut context = HashMap::new();
    for (name, values) in asked.facts() {
        let value = match (name.as_str(), values.as_slice()) {
            (_, []) => continue,
            ("aws:tagkeys", values) => ContextValue::StringList(values.to_vec()),
            ("aws:securetransport", [value]) => ContextValue::Boolean(value == "true"),
            (_, values) => ContextValue::String(values[0].clone()),
        };
        context.insert(name, value);
    }
    let request = IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String("arn:aws:iam::111122223333:user/bob".to_owned())),
        asked.action.as_str(),
        Arn::parse(&asked.resource).unwrap(),
        Context::with_data(context),
    );
    let policies = drawn.iter().map(|common| common.theirs.clone()).collect();
    match PolicyEvaluator::with_policies(policies).evaluate(&request).unwrap().decision {
        iam_rs::Decision::Allow => Verdict::Allowed,
        iam_rs::Decision::Deny => Verdict::DeniedExplicitly,
        iam_rs::Decision::NotApplicable => Verdict::DeniedImplicitly,
    }
}
