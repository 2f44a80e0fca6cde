//! Caller and resource in one account: either side is enough, and what limits it.

mod words;

use policy::{Attached, Decision, Denied, Kind, Lack, Policies, Policy, Request, evaluate};
use words::{ask, bucket, elsewhere, federated, get, policy, root, s3, session, user};

fn one(policy: &Option<Policy>) -> Vec<Attached<'_>> {
    policy.as_ref().map(attached).into_iter().collect()
}

fn attached(policy: &Policy) -> Attached<'_> {
    Attached { name: "p", policy }
}

#[derive(Default)]
struct Case {
    identity: Option<Policy>,
    resource: Option<Policy>,
    boundary: Option<Policy>,
    session: Option<Policy>,
    control: Option<Policy>,
}

impl Case {
    fn decide(&self, request: &Request) -> Result<(), Option<Lack>> {
        let (identity, session, control) = (one(&self.identity), one(&self.session), one(&self.control));
        let levels: Vec<&[Attached<'_>]> = if self.control.is_some() { vec![&control] } else { vec![] };
        let policies = Policies {
            identity: &identity,
            resource: self.resource.as_ref().map(attached),
            acl_allows: false,
            boundary: self.boundary.as_ref().map(attached),
            session: &session,
            control: &levels,
        };
        match evaluate(request, &policies) {
            Decision::Allowed(_) => Ok(()),
            Decision::Denied(Denied::Explicitly(_)) => Err(None),
            Decision::Denied(Denied::Implicitly(lack)) => Err(Some(lack)),
        }
    }
}

#[test]
fn nothing_is_allowed_unless_something_allows_it() {
    assert_eq!(Case::default().decide(&get(user())), Err(Some(Lack::Identity)));
}

#[test]
fn the_root_of_an_account_needs_no_policy_and_heeds_denials() {
    assert_eq!(Case::default().decide(&get(root())), Ok(()));
    let denied = Case { resource: Some(bucket("Deny", "'*'")), ..Case::default() };
    assert_eq!(denied.decide(&get(root())), Err(None));
    let controlled = Case { control: Some(elsewhere()), ..Case::default() };
    assert_eq!(controlled.decide(&get(root())), Err(Some(Lack::Control)));
}

#[test]
fn the_owners_root_can_mend_a_bucket_policy_that_denies_everybody() {
    let denied = Case { resource: Some(bucket("Deny", "'*'")), ..Case::default() };
    let mend = |caller| ask(caller, "s3:PutBucketPolicy", "arn:aws:s3:::b");
    assert_eq!(denied.decide(&mend(root())), Ok(()));
    assert_eq!(denied.decide(&mend(user())), Err(None));
}

#[test]
fn either_side_is_enough() {
    let identity = Case { identity: Some(s3("Allow")), ..Case::default() };
    assert_eq!(identity.decide(&get(user())), Ok(()));
    for principal in ["'*'", "{'AWS':'*'}", "{'AWS':'arn:aws:iam::111122223333:user/bob'}"] {
        let resource = Case { resource: Some(bucket("Allow", principal)), ..Case::default() };
        assert_eq!(resource.decide(&get(user())), Ok(()), "{principal}");
    }
}

#[test]
fn a_denial_anywhere_wins() {
    let all =
        || Case { identity: Some(s3("Allow")), resource: Some(bucket("Allow", "'*'")), ..Case::default() };
    assert_eq!(all().decide(&get(user())), Ok(()));
    let deny = || Some(s3("Deny"));
    for case in [
        Case { identity: deny(), ..all() },
        Case { resource: Some(bucket("Deny", "{'AWS':'111122223333'}")), ..all() },
        Case { boundary: deny(), ..all() },
        Case { session: deny(), ..all() },
        Case { control: deny(), ..all() },
    ] {
        assert_eq!(case.decide(&get(user())), Err(None));
    }
}

#[test]
fn a_policy_that_names_the_account_leaves_it_to_the_accounts_policies() {
    let resource = || Some(bucket("Allow", "{'AWS':'111122223333'}"));
    let alone = Case { resource: resource(), ..Case::default() };
    assert_eq!(alone.decide(&get(user())), Err(Some(Lack::Identity)));
    let both = Case { resource: resource(), identity: Some(s3("Allow")), ..Case::default() };
    assert_eq!(both.decide(&get(user())), Ok(()));
}

#[test]
fn boundary_and_session_policy_limit_what_the_identity_may() {
    let boundary = Case { identity: Some(s3("Allow")), boundary: Some(elsewhere()), ..Case::default() };
    assert_eq!(boundary.decide(&get(user())), Err(Some(Lack::Boundary)));
    let limited = Case { identity: Some(s3("Allow")), session: Some(elsewhere()), ..Case::default() };
    assert_eq!(limited.decide(&get(session())), Err(Some(Lack::Session)));
    let within = Case { identity: Some(s3("Allow")), session: Some(s3("Allow")), ..Case::default() };
    assert_eq!(within.decide(&get(session())), Ok(()));
}

#[test]
fn whom_a_resource_policy_names_in_person_neither_boundary_nor_session_policy_limits() {
    for (principal, caller) in [
        ("{'AWS':'arn:aws:iam::111122223333:user/bob'}", user()),
        ("{'AWS':'arn:aws:sts::111122223333:assumed-role/ops/alice'}", session()),
        ("{'AWS':'arn:aws:sts::111122223333:federated-user/carol'}", federated(None)),
        ("'*'", session()),
    ] {
        let case = Case {
            resource: Some(bucket("Allow", principal)),
            boundary: Some(elsewhere()),
            session: Some(elsewhere()),
            ..Case::default()
        };
        assert_eq!(case.decide(&get(caller)), Ok(()), "{principal}");
    }
}

#[test]
fn whose_role_a_resource_policy_names_boundary_and_session_policy_limit() {
    let resource = || Some(bucket("Allow", "{'AWS':'arn:aws:iam::111122223333:role/ops'}"));
    let free = Case { resource: resource(), ..Case::default() };
    assert_eq!(free.decide(&get(session())), Ok(()));
    let boundary = Case { resource: resource(), boundary: Some(elsewhere()), ..Case::default() };
    assert_eq!(boundary.decide(&get(session())), Err(Some(Lack::Boundary)));
    let limited = Case { resource: resource(), session: Some(elsewhere()), ..Case::default() };
    assert_eq!(limited.decide(&get(session())), Err(Some(Lack::Session)));
}

#[test]
fn a_federated_user_needs_a_session_policy_or_to_be_named_in_person() {
    let bob = Some("arn:aws:iam::111122223333:user/bob");
    let identity = Case { identity: Some(s3("Allow")), ..Case::default() };
    assert_eq!(identity.decide(&get(federated(bob))), Err(Some(Lack::Session)));
    let passed = Case { identity: Some(s3("Allow")), session: Some(s3("Allow")), ..Case::default() };
    assert_eq!(passed.decide(&get(federated(bob))), Ok(()));
    let of_root = Case { session: Some(s3("Allow")), ..Case::default() };
    assert_eq!(of_root.decide(&get(federated(None))), Ok(()));
    let by_user = Case {
        resource: Some(bucket("Allow", "{'AWS':'arn:aws:iam::111122223333:user/bob'}")),
        ..Case::default()
    };
    assert_eq!(by_user.decide(&get(federated(bob))), Err(Some(Lack::Session)));
}

#[test]
fn not_principal_excepts_only_whom_it_names_by_all_names() {
    let deny = |names: &str| Case {
        identity: Some(s3("Allow")),
        resource: Some(policy(
            Kind::Bucket,
            &[&format!("'Effect':'Deny','NotPrincipal':{{'AWS':[{names}]}},'Action':'*','Resource':'*'")],
        )),
        ..Case::default()
    };
    let bob = "'arn:aws:iam::111122223333:user/bob'";
    assert_eq!(deny(bob).decide(&get(user())), Err(None));
    assert_eq!(deny("'111122223333'").decide(&get(user())), Err(None));
    let both = format!("{bob},'111122223333'");
    assert_eq!(deny(&both).decide(&get(user())), Ok(()));
    let bound = Case { boundary: Some(s3("Allow")), ..deny(&both) };
    assert_eq!(bound.decide(&get(user())), Err(None));
}

#[test]
fn nobody_assumes_a_role_whose_trust_policy_does_not_name_them() {
    let trust = |principal: &str| Case {
        identity: Some(words::managed("'Effect':'Allow','Action':'sts:*','Resource':'*'")),
        resource: Some(policy(
            Kind::Trust,
            &[&format!("'Effect':'Allow','Principal':{principal},'Action':'sts:AssumeRole'")],
        )),
        ..Case::default()
    };
    let assume = ask(user(), "sts:AssumeRole", "arn:aws:iam::111122223333:role/ops");
    assert_eq!(trust("{'AWS':'444455556666'}").decide(&assume), Err(Some(Lack::Resource)));
    assert_eq!(trust("{'AWS':'111122223333'}").decide(&assume), Ok(()));
}
