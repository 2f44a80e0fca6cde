//! Which policies S3 calls public.

mod words;

use policy::{Kind, is_public};

fn public(principal: &str, conditions: &str) -> bool {
    public_as(Kind::Bucket, principal, conditions)
}

fn public_as(kind: Kind, principal: &str, conditions: &str) -> bool {
    let statement = format!(
        "'Effect':'Allow','Principal':{principal},'Action':'s3:PutObject','Resource':'*','Condition':{{{conditions}}}"
    );
    is_public(&words::policy(kind, &[&statement]))
}

#[test]
fn the_published_examples_are_judged_as_published() {
    assert!(public("{'Federated':'graph.facebook.com'}", ""));
    assert!(public("'*'", ""));
    assert!(public("'*'", "'StringLike':{'aws:SourceVpc':'vpc-*'}"));
    assert!(!public("'*'", "'StringEquals':{'aws:SourceVpc':'vpc-91237329'}"));
}

#[test]
fn fixed_principals_are_not_public() {
    for principal in [
        "{'AWS':'111122223333'}",
        "{'Service':'cloudtrail.amazonaws.com'}",
        "{'AWS':['arn:aws:iam::111122223333:user/u']}",
    ] {
        assert!(!public(principal, ""), "{principal}");
    }
    assert!(public("{'AWS':['111122223333','*']}", ""));
}

#[test]
fn only_narrow_ranges_of_addresses_confine() {
    assert!(!public("'*'", "'IpAddress':{'aws:SourceIp':['203.0.113.0/24','2001:db8::/32']}"));
    assert!(public("'*'", "'IpAddress':{'aws:SourceIp':['203.0.113.0/24','0.0.0.0/1']}"));
    assert!(public("'*'", "'IpAddress':{'aws:SourceIp':'2000::/31'}"));
    assert!(public("'*'", "'NotIpAddress':{'aws:SourceIp':'203.0.113.0/24'}"));
}

#[test]
fn only_trusted_keys_with_fixed_values_confine_and_only_when_they_must_be_there() {
    assert!(!public("'*'", "'StringEquals':{'aws:PrincipalOrgID':'o-1'}"));
    assert!(!public("'*'", "'StringLike':{'aws:SourceAccount':['111122223333']}"));
    assert!(public("'*'", "'StringEquals':{'aws:SourceVpc':'${aws:userid}'}"));
    assert!(public("'*'", "'StringEqualsIfExists':{'aws:SourceVpc':'vpc-1'}"));
    assert!(public("'*'", "'ForAllValues:StringEquals':{'aws:SourceVpc':'vpc-1'}"));
    assert!(public("'*'", "'StringNotEquals':{'aws:SourceVpc':'vpc-1'}"));
    assert!(public("'*'", "'StringEquals':{'aws:Referer':'https://example.com/'}"));
    assert!(public("'*'", "'StringLike':{'aws:userid':'AROAIOSFODNN7EXAMPLE:*'}"));
}

#[test]
fn a_bucket_may_trust_an_accounts_access_points_and_an_access_point_may_not() {
    let any = "'ArnLike':{'s3:DataAccessPointArn':'arn:aws:s3:us-west-2:123456789012:accesspoint/*'}";
    assert!(!public("'*'", any));
    assert!(public_as(Kind::AccessPoint, "'*'", any));
    assert!(public("'*'", &any.replace("123456789012", "*")));
}

#[test]
fn one_public_statement_makes_all_of_it_public_and_denials_make_none() {
    let allow = "'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'*','Resource':'*'";
    let deny = "'Effect':'Deny','Principal':'*','Action':'*','Resource':'*'";
    assert!(!is_public(&words::policy(Kind::Bucket, &[allow, deny])));
    assert!(is_public(&words::policy(Kind::Bucket, &[allow, &deny.replace("Deny", "Allow")])));
}
