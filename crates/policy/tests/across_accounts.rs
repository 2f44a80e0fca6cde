//! Caller and resource in two accounts, and callers of none.

mod words;

use model::CanonicalId;
use policy::{Attached, By, Caller, Decision, Denied, Kind, Lack, Layer, Policies, Policy, evaluate};
use words::{OTHER, account, bucket, elsewhere, get, policy, s3, session_of, user_of};

fn decide(caller: Caller, identity: Option<&Policy>, resource: Option<&Policy>) -> Result<(), Option<Lack>> {
    decide_within(caller, identity, resource, &[])
}

fn decide_within(
    caller: Caller,
    identity: Option<&Policy>,
    resource: Option<&Policy>,
    session: &[Attached<'_>],
) -> Result<(), Option<Lack>> {
    let identity: Vec<_> = identity.map(|policy| Attached { name: "i", policy }).into_iter().collect();
    let resource = resource.map(|policy| Attached { name: "b", policy });
    let policies = Policies { identity: &identity, resource, session, ..Policies::default() };
    match evaluate(&get(caller), &policies) {
        Decision::Allowed(_) => Ok(()),
        Decision::Denied(Denied::Explicitly(_)) => Err(None),
        Decision::Denied(Denied::Implicitly(lack)) => Err(Some(lack)),
    }
}

#[test]
fn both_sides_must_allow() {
    let allow = s3("Allow");
    for principal in ["'*'", "{'AWS':'444455556666'}", "{'AWS':'arn:aws:iam::444455556666:user/bob'}"] {
        let resource = bucket("Allow", principal);
        assert_eq!(decide(user_of(OTHER), Some(&allow), Some(&resource)), Ok(()));
        assert_eq!(decide(user_of(OTHER), None, Some(&resource)), Err(Some(Lack::Identity)));
        assert_eq!(decide(user_of(OTHER), Some(&allow), None), Err(Some(Lack::Resource)));
    }
}

#[test]
fn another_accounts_root_needs_the_resources_side_alone() {
    let other = Caller::Root(account(OTHER));
    assert_eq!(decide(other.clone(), None, None), Err(Some(Lack::Resource)));
    assert_eq!(decide(other, None, Some(&bucket("Allow", "{'AWS':'444455556666'}"))), Ok(()));
}

#[test]
fn a_session_policy_limits_even_a_session_that_is_named_in_person() {
    let (allow, elsewhere) = (s3("Allow"), elsewhere());
    let resource = bucket("Allow", "{'AWS':'arn:aws:sts::444455556666:assumed-role/ops/alice'}");
    let session = [Attached { name: "s", policy: &elsewhere }];
    assert_eq!(
        decide_within(session_of(OTHER), Some(&allow), Some(&resource), &session),
        Err(Some(Lack::Session))
    );
}

#[test]
fn the_anonymous_have_the_resources_policy_alone() {
    assert_eq!(decide(Caller::Anonymous, Some(&s3("Allow")), None), Err(Some(Lack::Resource)));
    assert_eq!(decide(Caller::Anonymous, None, Some(&bucket("Allow", "{'AWS':'*'}"))), Ok(()));
    assert_eq!(
        decide(Caller::Anonymous, None, Some(&bucket("Allow", "{'AWS':'444455556666'}"))),
        Err(Some(Lack::Resource))
    );
    let but_one = policy(
        Kind::Bucket,
        &[
            "'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'",
            "'Effect':'Deny','NotPrincipal':{'AWS':'444455556666'},'Action':'*','Resource':'*'",
        ],
    );
    assert_eq!(decide(Caller::Anonymous, None, Some(&but_one)), Err(None));
}

#[test]
fn an_acl_opens_the_resources_side() {
    let allow = s3("Allow");
    let identity = [Attached { name: "i", policy: &allow }];
    let policies = Policies { identity: &identity, acl_allows: true, ..Policies::default() };
    assert!(evaluate(&get(user_of(OTHER)), &policies).is_allowed());
    assert!(evaluate(&get(Caller::Anonymous), &policies).is_allowed());
    let denied = Policies { identity: &[], ..policies };
    assert!(!evaluate(&get(user_of(OTHER)), &denied).is_allowed());
}

#[test]
fn services_and_web_identities_must_be_named() {
    let service = Caller::Service { name: "logging.s3.amazonaws.com".to_owned() };
    let named = bucket("Allow", "{'Service':'logging.s3.amazonaws.com'}");
    assert_eq!(decide(service.clone(), None, Some(&named)), Ok(()));
    assert_eq!(
        decide(service, None, Some(&bucket("Allow", "{'Service':'x.amazonaws.com'}"))),
        Err(Some(Lack::Resource))
    );
    let web = Caller::WebIdentity { provider: "idp.example.com".to_owned() };
    assert_eq!(decide(web.clone(), None, Some(&bucket("Allow", "{'Federated':'idp.example.com'}"))), Ok(()));
    assert_eq!(decide(web, None, Some(&bucket("Allow", "'*'"))), Err(Some(Lack::Resource)));
}

#[test]
fn a_canonical_id_names_its_account() {
    let id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let Caller::User(mut user) = user_of(OTHER) else { unreachable!() };
    user.account.canonical = CanonicalId::parse(id);
    let resource = bucket("Allow", &format!("{{'CanonicalUser':'{id}'}}"));
    assert_eq!(decide(Caller::User(user.clone()), Some(&s3("Allow")), Some(&resource)), Ok(()));
    assert_eq!(decide(Caller::User(user), None, Some(&resource)), Err(Some(Lack::Identity)));
}

#[test]
fn a_reason_names_layer_policy_statement_and_sid() {
    let resource = policy(
        Kind::Bucket,
        &[
            "'Effect':'Allow','Principal':'*','Action':'s3:Put*','Resource':'*'",
            "'Sid':'Keep out','Effect':'Deny','Principal':'*','Action':'s3:Get*','Resource':'*'",
        ],
    );
    let policies =
        Policies { resource: Some(Attached { name: "b", policy: &resource }), ..Policies::default() };
    let decision = evaluate(&get(Caller::Anonymous), &policies);
    let by = By { layer: Layer::Resource, policy: "b", statement: 1, sid: Some("Keep out") };
    assert_eq!(decision, Decision::Denied(Denied::Explicitly(by)));
    assert_eq!(decision.to_string(), "explicit deny in resource-based policy b statement 1 (Keep out)");
}
