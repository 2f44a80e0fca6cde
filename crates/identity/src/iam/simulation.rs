//! SimulateCustomPolicy, SimulatePrincipalPolicy, and the context keys that policies ask for.
//!
//! The same evaluation as for real requests (`policy::evaluate`), over policies and circumstances that the caller
//! gives.

mod bench;
mod gathered;

use api::S3Error;
use api::iam::{
    GetContextKeysForCustomPolicyInput, GetContextKeysForCustomPolicyOutput,
    GetContextKeysForPrincipalPolicyInput, GetContextKeysForPrincipalPolicyOutput, SimulateCustomPolicyInput,
    SimulateCustomPolicyOutput, SimulatePrincipalPolicyInput, SimulatePrincipalPolicyOutput,
};
use policy::Kind;

use crate::asker::Asker;
use crate::page::Paging;
use crate::registry::Registry;
use crate::{fault, refuse, words};

use bench::Bench;
use gathered::{Gathered, Source};

impl Registry {
    pub(super) async fn simulate_custom_policy(
        &self,
        asker: &Asker,
        input: &SimulateCustomPolicyInput,
    ) -> Result<SimulateCustomPolicyOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        if !input.ordered_organization_policy_input_list.is_empty() {
            return Err(refuse::not_built("OrderedOrganizationPolicyInputList"));
        }
        let bench = Bench {
            identity: Gathered::given(&input.policy_input_list, "PolicyInputList", Kind::Managed)?,
            boundary: boundary(&input.permissions_boundary_policy_input_list)?,
            resource: resource(input.resource_policy.as_deref())?,
            caller: bench::caller(asker, input.caller_arn.as_deref(), None)?,
            owner: bench::owner(input.resource_owner.as_deref())?,
            keys: bench::context(&input.context_entries)?,
        };
        let page = bench.run(&input.action_names, &input.resource_arns, &paging)?;
        Ok(SimulateCustomPolicyOutput {
            evaluation_results: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn simulate_principal_policy(
        &self,
        asker: &Asker,
        input: &SimulatePrincipalPolicyInput,
    ) -> Result<SimulatePrincipalPolicyOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        if !input.policy_exclusion_list.is_empty() {
            return Err(refuse::not_built("PolicyExclusionList"));
        }
        let source = words::required(input.policy_source_arn.as_deref(), "policySourceArn")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let Source { mut identity, boundary: bounded, subject } = gathered::of_principal(&rows, source)?;
        identity.extend(Gathered::given(&input.policy_input_list, "PolicyInputList", Kind::Managed)?);
        let given = boundary(&input.permissions_boundary_policy_input_list)?;
        let bench = Bench {
            identity,
            boundary: given.or(bounded),
            resource: resource(input.resource_policy.as_deref())?,
            caller: bench::caller(asker, input.caller_arn.as_deref(), subject)?,
            owner: bench::owner(input.resource_owner.as_deref())?,
            keys: bench::context(&input.context_entries)?,
        };
        let page = bench.run(&input.action_names, &input.resource_arns, &paging)?;
        Ok(SimulatePrincipalPolicyOutput {
            evaluation_results: page.items,
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn get_context_keys_for_custom_policy(
        &self,
        _asker: &Asker,
        input: &GetContextKeysForCustomPolicyInput,
    ) -> Result<GetContextKeysForCustomPolicyOutput, S3Error> {
        let given = Gathered::given(&input.policy_input_list, "PolicyInputList", Kind::Managed)?;
        Ok(GetContextKeysForCustomPolicyOutput { context_key_names: gathered::context_keys(&given) })
    }

    pub(super) async fn get_context_keys_for_principal_policy(
        &self,
        asker: &Asker,
        input: &GetContextKeysForPrincipalPolicyInput,
    ) -> Result<GetContextKeysForPrincipalPolicyOutput, S3Error> {
        let source = words::required(input.policy_source_arn.as_deref(), "policySourceArn")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let mut policies = gathered::of_principal(&rows, source)?.identity;
        policies.extend(Gathered::given(&input.policy_input_list, "PolicyInputList", Kind::Managed)?);
        Ok(GetContextKeysForPrincipalPolicyOutput { context_key_names: gathered::context_keys(&policies) })
    }
}

/// One at most, as an identity has.
fn boundary(given: &[String]) -> Result<Option<Gathered>, S3Error> {
    if given.len() > 1 {
        return Err(refuse::input("You can specify only one permissions boundary policy."));
    }
    let list = Gathered::given(given, "PermissionsBoundaryPolicyInputList", Kind::Managed)?;
    Ok(list.into_iter().next())
}

fn resource(given: Option<&str>) -> Result<Option<Gathered>, S3Error> {
    given.map(|text| Gathered::read("ResourcePolicy", "resource", text, Kind::Bucket)).transpose()
}
