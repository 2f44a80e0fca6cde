//! Every operator, with values, without the key, with several values.

mod words;

use policy::{Attached, Caller, Keys, Policies, Policy, evaluate};
use words::{ask_with, managed, session, user};

/// Does a statement with this effect and these conditions apply, when the request has these keys?
fn applies_to(caller: Caller, effect: &str, conditions: &str, keys: Keys) -> bool {
    let allow = words::s3("Allow");
    let judged = managed(&format!(
        "'Effect':'{effect}','Action':'s3:GetObject','Resource':'*','Condition':{{{conditions}}}"
    ));
    let mut identity = vec![Attached { name: "judged", policy: &judged }];
    if effect == "Deny" {
        identity.push(Attached { name: "other", policy: &allow });
    }
    let request = ask_with(caller, "s3:GetObject", "arn:aws:s3:::b/k", keys);
    let allowed = evaluate(&request, &Policies { identity: &identity, ..Policies::default() }).is_allowed();
    allowed == (effect == "Allow")
}

fn holds(conditions: &str, keys: &[(&str, &str)]) -> bool {
    applies_to(user(), "Allow", conditions, keys.iter().copied().collect())
}

fn holds_many(conditions: &str, values: &[&str]) -> bool {
    let mut keys = Keys::default();
    keys.set_many("aws:TagKeys", values.iter().map(|value| (*value).to_owned()).collect());
    applies_to(user(), "Allow", conditions, keys)
}

#[test]
fn strings_compare_with_case_or_without_and_by_wildcards() {
    let prefix = [("s3:prefix", "Home/bob")];
    for (condition, expected) in [
        ("'StringEquals':{'S3:Prefix':'Home/bob'}", true),
        ("'StringEquals':{'s3:prefix':'home/bob'}", false),
        ("'StringEquals':{'s3:prefix':'Home/*'}", false),
        ("'StringEquals':{'s3:prefix':['x','Home/${aws:username}']}", true),
        ("'StringNotEquals':{'s3:prefix':['x','Home/bob']}", false),
        ("'StringNotEquals':{'s3:prefix':['x','y']}", true),
        ("'StringEqualsIgnoreCase':{'s3:prefix':'home/BOB'}", true),
        ("'StringNotEqualsIgnoreCase':{'s3:prefix':'home/BOB'}", false),
        ("'StringLike':{'s3:prefix':'H?me/*'}", true),
        ("'StringLike':{'s3:prefix':'h*'}", false),
        ("'StringNotLike':{'s3:prefix':['x*','H*']}", false),
        ("'StringLike':{'s3:prefix':'*/${aws:PrincipalTag/Team, 'x'}'}", false),
    ] {
        assert_eq!(holds(&condition.replace(", 'x'}", "}"), &prefix), expected, "{condition}");
    }
}

#[test]
fn numbers_dates_booleans_binaries_and_addresses_compare_as_what_they_are() {
    let keys = [
        ("s3:max-keys", "10"),
        ("aws:CurrentTime", "2026-11-22T06:24:30Z"),
        ("aws:EpochTime", "1795328670"),
        ("aws:SecureTransport", "true"),
        ("x:binary", "AQI="),
        ("aws:SourceIp", "203.0.113.9"),
    ];
    for (condition, expected) in [
        ("'NumericEquals':{'s3:max-keys':[9,10.0]}", true),
        ("'NumericNotEquals':{'s3:max-keys':['9','10']}", false),
        ("'NumericLessThan':{'s3:max-keys':'10'}", false),
        ("'NumericLessThanEquals':{'s3:max-keys':'10'}", true),
        ("'NumericGreaterThan':{'s3:max-keys':9}", true),
        ("'NumericGreaterThanEquals':{'s3:max-keys':'10.5'}", false),
        ("'DateGreaterThan':{'aws:CurrentTime':'2026-11-22'}", true),
        ("'DateLessThanEquals':{'aws:CurrentTime':1795328670}", true),
        ("'DateEquals':{'aws:EpochTime':'2026-11-22T06:24:30Z'}", true),
        ("'DateNotEquals':{'aws:EpochTime':'2026'}", true),
        ("'DateLessThan':{'aws:CurrentTime':'2026-11'}", false),
        ("'DateGreaterThanEquals':{'aws:CurrentTime':'2027'}", false),
        ("'Bool':{'aws:SecureTransport':true}", true),
        ("'Bool':{'aws:SecureTransport':'False'}", false),
        ("'BinaryEquals':{'x:binary':'AQI='}", true),
        ("'BinaryEquals':{'x:binary':'AQM='}", false),
        ("'IpAddress':{'aws:SourceIp':['::/0','203.0.113.0/24']}", true),
        ("'NotIpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.9']}", false),
        ("'NotIpAddress':{'aws:SourceIp':'10.0.0.0/8'}", true),
    ] {
        assert_eq!(holds(condition, &keys), expected, "{condition}");
    }
}

#[test]
fn arns_compare_part_by_part() {
    let arn = [("aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:topic")];
    for (condition, expected) in [
        ("'ArnEquals':{'aws:SourceArn':'arn:aws:sns:*:111122223333:t*'}", true),
        ("'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:topic:x:y'}", false),
        ("'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:${aws:PrincipalAccount}:topic'}", true),
        ("'ArnNotEquals':{'aws:SourceArn':'arn:aws:sns:*:*:x'}", true),
        ("'ArnNotLike':{'aws:SourceArn':['arn:aws:sns:*:*:x','arn:aws:sns:*:*:*']}", false),
    ] {
        assert_eq!(holds(condition, &arn), expected, "{condition}");
    }
}

#[test]
fn an_absent_key_fits_nothing_so_negations_hold() {
    for (operator, value, expected) in [
        ("StringEquals", "x", false),
        ("StringNotEquals", "x", true),
        ("StringNotLike", "*", true),
        ("NumericLessThan", "1", false),
        ("NumericNotEquals", "1", true),
        ("DateNotEquals", "2026", true),
        ("NotIpAddress", "::/0", true),
        ("ArnNotLike", "*", true),
        ("Bool", "false", false),
        ("BoolIfExists", "true", true),
        ("StringEqualsIfExists", "x", true),
        ("StringNotEqualsIfExists", "x", true),
        ("Null", "true", true),
        ("Null", "false", false),
        ("ForAllValues:StringEquals", "x", true),
        ("ForAnyValue:StringEquals", "x", false),
        ("ForAnyValue:StringNotEquals", "x", false),
        ("ForAnyValue:StringEqualsIfExists", "x", true),
    ] {
        assert_eq!(holds(&format!("'{operator}':{{'x:absent':'{value}'}}"), &[]), expected, "{operator}");
    }
}

#[test]
fn sets_are_compared_by_all_or_any_of_their_values() {
    for (condition, values, expected) in [
        ("'ForAllValues:StringEquals':{'aws:TagKeys':['a','b','c']}", &["a", "b"][..], true),
        ("'ForAllValues:StringEquals':{'aws:TagKeys':['a']}", &["a", "b"], false),
        ("'ForAllValues:StringNotEquals':{'aws:TagKeys':['c','d']}", &["a", "b"], true),
        ("'ForAllValues:StringNotEquals':{'aws:TagKeys':['a','d']}", &["a", "b"], false),
        ("'ForAnyValue:StringLike':{'aws:TagKeys':['b*']}", &["a", "bb"], true),
        ("'ForAnyValue:StringNotLike':{'aws:TagKeys':['b*']}", &["a", "bb"], true),
        ("'ForAnyValue:StringNotLike':{'aws:TagKeys':['*']}", &["a", "bb"], false),
        ("'ForAllValues:StringEquals':{'aws:TagKeys':['a']}", &[""], true),
        ("'ForAnyValue:StringEquals':{'aws:TagKeys':['']}", &[""], false),
        ("'Null':{'aws:TagKeys':'true'}", &[], true),
        ("'StringNotEquals':{'aws:TagKeys':'a'}", &["a", "b"], false),
        ("'StringEquals':{'aws:TagKeys':'a'}", &["a", "b"], true),
    ] {
        assert_eq!(holds_many(condition, values), expected, "{condition}");
    }
}

#[test]
fn an_empty_value_is_a_value() {
    assert!(holds("'StringEquals':{'s3:prefix':''}", &[("s3:prefix", "")]));
    assert!(holds("'Null':{'s3:prefix':'false'}", &[("s3:prefix", "")]));
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let keys = [("s3:prefix", "a"), ("s3:delimiter", "/")];
    assert!(holds("'StringEquals':{'s3:prefix':'a','s3:delimiter':'/'},'Null':{'x:y':true}", &keys));
    assert!(!holds("'StringEquals':{'s3:prefix':'a','s3:delimiter':'-'}", &keys));
    assert!(!holds("'StringEquals':{'s3:prefix':'a'},'Null':{'x:y':false}", &keys));
    assert!(holds("", &keys));
}

/// A role session has no `aws:username`.
#[test]
fn what_cannot_be_decided_goes_against_the_caller() {
    let keys = || [("s3:prefix", "home/")].into_iter().collect::<Keys>();
    for (effect, condition, expected) in [
        ("Allow", "'StringEquals':{'s3:prefix':'${aws:username}'}", false),
        ("Deny", "'StringEquals':{'s3:prefix':'${aws:username}'}", false),
        ("Allow", "'StringNotEquals':{'s3:prefix':'${aws:username}'}", false),
        ("Deny", "'StringNotEquals':{'s3:prefix':'${aws:username}'}", true),
        ("Allow", "'NumericNotEquals':{'s3:prefix':'1'}", false),
        ("Deny", "'NotIpAddress':{'s3:prefix':'::/0'}", true),
    ] {
        assert_eq!(applies_to(session(), effect, condition, keys()), expected, "{effect} {condition}");
    }
}

#[test]
fn a_request_cannot_say_who_its_caller_is() {
    let keys = [("aws:username", "alice"), ("aws:PrincipalTag/team", "blue"), ("aws:userid", "x")];
    assert!(!holds("'StringEquals':{'aws:username':'alice'}", &keys));
    assert!(holds("'StringEquals':{'aws:username':'bob','aws:PrincipalTag/Team':'red'}", &keys));
    let none = |condition| applies_to(session(), "Allow", condition, keys.into_iter().collect());
    assert!(none("'Null':{'aws:username':'true','aws:PrincipalTag/team':'true'}"));
    assert!(none("'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/ops'}"));
}

#[test]
fn a_document_tells_the_keys_that_it_asks_for() {
    let policy: Policy = managed(
        "'Effect':'Allow','Action':'*','Resource':'arn:aws:s3:::b/${aws:username}',
         'Condition':{'StringLike':{'s3:Prefix':'${aws:userid, 'x'}'}}"
            .replace(", 'x'", "")
            .as_str(),
    );
    let keys: Vec<&str> = policy.condition_keys().collect();
    assert_eq!(keys, ["aws:username", "aws:userid", "s3:prefix"]);
}
