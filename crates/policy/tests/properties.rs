//! What holds for any text, any pattern and any policies.

mod words;

use policy::{Attached, Keys, Kind, Policies, Policy, evaluate, is_public};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use serde_json::{Value, json};
use words::{ask_with, get, managed, session, user};

const KINDS: [Kind; 9] = [
    Kind::Managed,
    Kind::UserInline,
    Kind::GroupInline,
    Kind::RoleInline,
    Kind::Session,
    Kind::Control,
    Kind::Bucket,
    Kind::AccessPoint,
    Kind::Trust,
];

/// Words of the language, and others.
fn word() -> impl Strategy<Value = String> {
    let known = select(vec![
        "Version",
        "2012-10-17",
        "2008-10-17",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Service",
        "Federated",
        "CanonicalUser",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "*",
        "s3:*",
        "s3:GetObject",
        "arn:aws:s3:::b/*",
        "111122223333",
        "arn:aws:iam::111122223333:user/bob",
        "StringEquals",
        "StringNotLikeIfExists",
        "ForAllValues:StringLike",
        "ForAnyValue:",
        "NumericLessThan",
        "DateEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "ArnLike",
        "Null",
        "aws:SourceIp",
        "aws:username",
        "s3:prefix",
        "${aws:username}",
        "${aws:userid, 'x'}",
        "${",
        "${*}",
        "true",
        "10.0.0.0/8",
        "::/0",
        "2026-11-22",
        "AQI=",
        "-1.5",
        "",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => word().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(6, 64, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((word(), inner), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A statement that is nearly one: some elements as they should be, some as they happen.
fn statement() -> impl Strategy<Value = Value> {
    let condition =
        (word(), word(), value()).prop_map(|(operator, key, value)| json!({ operator: { key: value } }));
    let named = prop_oneof![Just(json!("*")), value(), word().prop_map(|name| json!({ "AWS": name }))];
    (word(), vec(word(), 1..3), vec(word(), 1..3), named, condition, any::<u8>()).prop_map(
        |(action, actions, resources, principal, condition, which)| {
            let mut statement = json!({ "Effect": if which & 1 == 0 { "Allow" } else { "Deny" } });
            statement[if which & 2 == 0 { "Action" } else { "NotAction" }] =
                if which & 4 == 0 { json!(["s3:*", "s3:GetObject"]) } else { json!([action, actions]) };
            if which & 8 == 0 {
                statement["Resource"] = if which & 16 == 0 { json!("*") } else { json!(resources) };
            }
            if which & 32 == 0 {
                statement["Principal"] = principal;
            }
            if which & 64 == 0 {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

/// Reads it as everything; what is read must be written as the same, and decide without a panic.
fn try_all(text: &str) {
    for kind in KINDS {
        let policy = match Policy::parse(text, kind) {
            Ok(policy) => policy,
            Err(fault) => {
                assert!(!fault.place.is_empty() && !fault.what.is_empty(), "{text}");
                continue;
            }
        };
        let written = policy.to_json();
        assert_eq!(Policy::parse(&written, kind).as_ref(), Ok(&policy), "{written}");
        let _ = (is_public(&policy), policy.condition_keys().count());
        let attached = Attached { name: "p", policy: &policy };
        let policies = Policies { identity: &[attached], resource: Some(attached), ..Policies::default() };
        for caller in [user(), session(), policy::Caller::Anonymous] {
            assert!(!evaluate(&get(caller), &policies).to_string().is_empty());
        }
    }
}

/// Every way for a star to take.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
        Some((c, rest)) => {
            text.split_first().is_some_and(|(t, left)| (*c == '?' || c == t) && fits(rest, left))
        }
    }
}

fn simple_statement() -> impl Strategy<Value = String> {
    let action = select(vec!["s3:*", "s3:GetObject", "s3:Put*", "*"]);
    let resource = select(vec!["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::c"]);
    (any::<bool>(), action, resource).prop_map(|(allows, action, resource)| {
        let effect = if allows { "Allow" } else { "Deny" };
        format!("'Effect':'{effect}','Action':'{action}','Resource':'{resource}'")
    })
}

fn allows(policies: &Policies<'_>) -> bool {
    evaluate(&get(session()), policies).is_allowed()
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", inside in vec(word(), 0..12)) {
        try_all(&text);
        try_all(&format!("{{\"Statement\":{{{text}}}}}"));
        try_all(&format!("{{\"{}\"}}", inside.join("\":\"")));
    }

    #[test]
    fn any_json_is_read_or_refused(value in value(), statements in vec(statement(), 1..4)) {
        try_all(&value.to_string());
        try_all(&json!({ "Version": "2012-10-17", "Statement": value }).to_string());
        try_all(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string());
        try_all(&json!({ "Statement": statements }).to_string());
    }

    #[test]
    fn a_pattern_fits_as_brute_force_finds(pattern in "[ab*?é]{0,10}", text in "[abé]{1,12}") {
        let policy = managed(&format!(
            "'Effect':'Allow','Action':'*','Resource':'*','Condition':{{'StringLike':{{'s3:prefix':'{pattern}'}}}}"
        ));
        let keys: Keys = [("s3:prefix", text.as_str())].into_iter().collect();
        let request = ask_with(user(), "s3:ListBucket", "arn:aws:s3:::b", keys);
        let identity = [Attached { name: "p", policy: &policy }];
        let found = evaluate(&request, &Policies { identity: &identity, ..Policies::default() }).is_allowed();
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(found, fits(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn the_order_of_policies_makes_no_difference(mut statements in vec(simple_statement(), 1..5)) {
        let decide = |statements: &[String]| {
            let policies: Vec<Policy> = statements.iter().map(|one| managed(one)).collect();
            let identity: Vec<_> = policies.iter().map(|policy| Attached { name: "p", policy }).collect();
            allows(&Policies { identity: &identity, ..Policies::default() })
        };
        let before = decide(&statements);
        statements.reverse();
        prop_assert_eq!(decide(&statements), before);
        statements.push("'Effect':'Deny','Action':'*','Resource':'*'".to_owned());
        prop_assert!(!decide(&statements));
    }

    #[test]
    fn boundaries_and_session_and_control_policies_only_narrow(
        identity in simple_statement(), limit in simple_statement(), grant in proptest::option::of(select(vec!["Allow", "Deny"])),
    ) {
        let (identity, limit) = (managed(&identity), managed(&limit));
        let resource = grant.map(|effect| words::bucket(effect, "{'AWS':'arn:aws:iam::111122223333:role/ops'}"));
        let (identity, limit) = ([Attached { name: "i", policy: &identity }], [Attached { name: "l", policy: &limit }]);
        let resource = resource.as_ref().map(|policy| Attached { name: "r", policy });
        let free = Policies { identity: &identity, resource, ..Policies::default() };
        for limited in [
            Policies { boundary: Some(limit[0]), ..free },
            Policies { session: &limit, ..free },
            Policies { control: &[&limit], ..free },
        ] {
            prop_assert!(!allows(&limited) || allows(&free));
        }
    }
}
