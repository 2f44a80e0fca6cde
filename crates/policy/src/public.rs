//! What S3 calls a public policy: one that allows somebody whom nobody named, or fixed otherwise.
//!
//! Source: AWS "Blocking public access to your Amazon S3 storage", The meaning of "public".

use crate::condition::{Comparison, Condition, Quantifier, Values};
use crate::document::{AwsName, Effect, Policy, Principals, Scope, Statement};
use crate::kind::Kind;

/// Keys that fix a source or a caller when their values are fixed, in lower case.
const TRUSTED: [&str; 13] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ACCESS_POINT_ARN,
    "s3:dataaccesspointaccount",
];
const ACCESS_POINT_ARN: &str = "s3:dataaccesspointarn";
const SOURCE_IP: &str = "aws:sourceip";

/// One public statement makes the whole policy public. An access point that only a VPC reaches is never public,
/// which its owner knows and this does not.
pub fn is_public(policy: &Policy) -> bool {
    policy.statements.iter().any(|statement| is_public_statement(statement, policy.kind))
}

fn is_public_statement(statement: &Statement, kind: Kind) -> bool {
    let named = match &statement.principals {
        Some(Scope::Of(principals)) => names_fixed_ones(principals),
        Some(Scope::AllBut(_)) | None => false,
    };
    let confined = || statement.conditions.iter().any(|condition| confines(condition, kind));
    statement.effect == Effect::Allow && !named && !confined()
}

/// An identity provider on the web (`graph.facebook.com`) has everybody for a user; one that an ARN names is an account's.
fn names_fixed_ones(principals: &Principals) -> bool {
    match principals {
        Principals::Everyone => false,
        Principals::Named { aws, federated, .. } => {
            !aws.contains(&AwsName::Everyone) && federated.iter().all(|name| name.starts_with("arn:"))
        }
    }
}

/// Does it hold requests to fixed values of a key that S3 trusts? What a request without the key passes does not.
fn confines(condition: &Condition, kind: Kind) -> bool {
    use Comparison as C;
    let operator = condition.operator;
    if operator.if_exists || operator.quantifier == Some(Quantifier::ForAllValues) {
        return false;
    }
    let key = condition.lowered.as_str();
    match operator.comparison {
        C::IpAddress => key == SOURCE_IP && condition.values.are_narrow_ranges(),
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike | C::ArnEquals | C::ArnLike => {
            TRUSTED.contains(&key)
                && (condition.values.are_fixed()
                    // A bucket may trust all access points of one account; an access point may not.
                    || kind == Kind::Bucket && key == ACCESS_POINT_ARN && fixes_account(&condition.values))
        }
        _ => false,
    }
}

fn fixes_account(values: &Values) -> bool {
    values.sources.iter().all(|arn| {
        crate::pattern::parts(arn).is_some_and(|[_, _, service, _, account, resource]| {
            let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            service == "s3" && digits && resource.starts_with("accesspoint")
        })
    })
}
