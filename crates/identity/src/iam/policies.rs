//! CreatePolicy, GetPolicy, ListPolicies, DeletePolicy: managed policies.

use api::S3Error;
use api::iam::{
    CreatePolicyInput, CreatePolicyOutput, DeletePolicyInput, DeletePolicyOutput, GetPolicyInput,
    GetPolicyOutput, ListPoliciesInput, ListPoliciesOutput, Policy,
};
use auth::{AWS_MANAGED, AwsManaged};
use catalog::View;
use catalog::table::{PolicyRow, PolicyVersion};
use model::{AccountId, Timestamp, arn};
use policy::Kind;

use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::limits::{POLICIES_MAX, POLICY_NAME_CHARS_MAX};
use crate::managed::{Managed, Usage};
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::Rows;
use crate::tags::{self, Case};
use crate::{documents, ids, refuse, words};

/// When the ready-made policies begin: 2015-02-06, as AWS's oldest do.
pub(super) const AWS_MANAGED_CREATED: Timestamp = Timestamp::from_seconds(1_423_247_020);

impl Registry {
    pub(super) async fn create_policy(
        &self,
        asker: &Asker,
        input: &CreatePolicyInput,
    ) -> Result<CreatePolicyOutput, S3Error> {
        let name = words::name(input.policy_name.as_deref(), "policyName", POLICY_NAME_CHARS_MAX)?.to_owned();
        let path = words::path(input.path.as_deref(), "path")?;
        let description = words::description(input.description.as_deref())?;
        let tags = tags::read(&input.tags, Case::Sensitive)?;
        let (text, _) = documents::read(input.policy_document.as_deref(), "policyDocument", Kind::Managed)?;
        let (text, id) = (text.to_owned(), ids::draw(self.random(), ids::POLICY));
        let row = self.change(asker.account, move |draft| {
            if draft.find::<PolicyRow>(&name)?.is_some() {
                let message =
                    format!("A policy called {name} already exists. Duplicate names are not allowed.");
                return Err(refuse::exists(message).into());
            }
            if draft.counts.policies >= POLICIES_MAX {
                return Err(refuse::quota("PoliciesPerAccount", POLICIES_MAX).into());
            }
            let row = PolicyRow {
                name: name.clone(),
                path: path.clone(),
                id: id.clone(),
                description: description.clone(),
                created: draft.now,
                updated: draft.now,
                tags: tags.clone(),
                versions: vec![PolicyVersion { number: 1, text: text.clone(), created: draft.now }],
                default: 1,
                next: 2,
            };
            draft.put(&row);
            draft.counts.policies += 1;
            draft.counts.policy_versions += 1;
            Ok(row)
        });
        let row = row.await?;
        let unused = Usage { attachments: 0, boundaries: 0 };
        // The description is told by GetPolicy only.
        let policy =
            Policy { description: None, tags: tags::shown(&row.tags), ..own(asker.account, &row, &unused) };
        Ok(CreatePolicyOutput { policy: Some(policy) })
    }

    pub(super) async fn get_policy(
        &self,
        asker: &Asker,
        input: &GetPolicyInput,
    ) -> Result<GetPolicyOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let usage = |arn: &str| rows.usage(arn);
        let policy = match rows.managed(arn)? {
            Managed::Own(row) => {
                Policy { tags: tags::shown(&row.tags), ..own(asker.account, &row, &usage(arn)?) }
            }
            Managed::Aws(known) => ready_made(known, &usage(arn)?),
        };
        Ok(GetPolicyOutput { policy: Some(policy) })
    }

    pub(super) async fn list_policies(
        &self,
        asker: &Asker,
        input: &ListPoliciesInput,
    ) -> Result<ListPoliciesOutput, S3Error> {
        let wanted = Wanted::read(input)?;
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let listed = list(&rows, &wanted)?;
        let page = paging.cut(listed).map_err(fault::catalog)?;
        // Descriptions and tags are told by GetPolicy only.
        let brief = |policy: Policy| Policy { description: None, ..policy };
        Ok(ListPoliciesOutput {
            policies: page.items.into_iter().map(brief).collect(),
            is_truncated: Some(page.truncated),
            marker: page.marker,
        })
    }

    pub(super) async fn delete_policy(
        &self,
        asker: &Asker,
        input: &DeletePolicyInput,
    ) -> Result<DeletePolicyOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?.to_owned();
        let removed = self.reduce(asker.account, move |draft| {
            let row = draft.own_managed(&arn)?;
            let usage = draft.usage(&arn)?;
            if usage.attachments > 0 {
                return Err(refuse::in_use("Cannot delete a policy attached to entities.").into());
            }
            if usage.boundaries > 0 {
                return Err(refuse::in_use("Cannot delete a policy used as a permissions boundary.").into());
            }
            if row.versions.len() > 1 {
                let message =
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
                return Err(refuse::in_use(message).into());
            }
            draft.remove::<PolicyRow>(&row.name);
            draft.counts.policies = draft.counts.policies.saturating_sub(1);
            draft.counts.policy_versions = draft.counts.policy_versions.saturating_sub(1);
            Ok(())
        });
        removed.await?;
        Ok(DeletePolicyOutput {})
    }
}

/// What ListPolicies asks for.
struct Wanted {
    aws: bool,
    local: bool,
    attached: bool,
    prefix: String,
    as_policy: bool,
    as_boundary: bool,
}

impl Wanted {
    fn read(input: &ListPoliciesInput) -> Result<Self, S3Error> {
        let (aws, local) = match input.scope.as_deref() {
            None | Some("All") => (true, true),
            Some("AWS") => (true, false),
            Some("Local") => (false, true),
            Some(_) => return Err(refuse::constraint("scope", "satisfy enum value set: [All, AWS, Local]")),
        };
        let (as_policy, as_boundary) = match input.policy_usage_filter.as_deref() {
            None => (false, false),
            Some("PermissionsPolicy") => (true, false),
            Some("PermissionsBoundary") => (false, true),
            Some(_) => {
                let must = "satisfy enum value set: [PermissionsPolicy, PermissionsBoundary]";
                return Err(refuse::constraint("policyUsageFilter", must));
            }
        };
        let prefix = words::path_prefix(input.path_prefix.as_deref())?;
        Ok(Self { aws, local, attached: input.only_attached == Some(true), prefix, as_policy, as_boundary })
    }

    fn takes(&self, policy: &Policy) -> bool {
        let (attachments, boundaries) = (policy.attachment_count, policy.permissions_boundary_usage_count);
        let path = policy.path.as_deref().unwrap_or_default();
        path.starts_with(&self.prefix)
            && (!self.attached || attachments.max(boundaries) > Some(0))
            && (!self.as_policy || attachments > Some(0))
            && (!self.as_boundary || boundaries > Some(0))
    }
}

/// An account has at most as many policies as its quota says, so all of them fit in memory.
fn list<V: View>(rows: &Rows<V>, wanted: &Wanted) -> Result<Vec<(String, Policy)>, Stop> {
    let mut listed = Vec::new();
    if wanted.local {
        for item in rows.walk::<PolicyRow>("") {
            let (name, row) = item?;
            let usage = rows.usage(&arn::policy(rows.account, &row.path, &row.name))?;
            listed.push((name, own(rows.account, &row, &usage)));
        }
    }
    if wanted.aws {
        for known in &AWS_MANAGED {
            // An account's own policy may have the same name.
            let key = format!("{}/aws", known.name.to_lowercase());
            listed.push((key, ready_made(known, &rows.usage(&known.arn())?)));
        }
    }
    listed.retain(|(_, policy)| wanted.takes(policy));
    Ok(listed)
}

/// Without tags.
pub(super) fn own(account: AccountId, row: &PolicyRow, usage: &Usage) -> Policy {
    Policy {
        policy_name: Some(row.name.clone()),
        policy_id: Some(row.id.clone()),
        arn: Some(arn::policy(account, &row.path, &row.name)),
        path: Some(row.path.clone()),
        default_version_id: Some(format!("v{}", row.default)),
        attachment_count: Some(usage.attachments),
        permissions_boundary_usage_count: Some(usage.boundaries),
        is_attachable: Some(true),
        description: row.description.clone(),
        create_date: Some(row.created),
        update_date: Some(row.updated),
        tags: Vec::new(),
    }
}

pub(super) fn ready_made(known: &AwsManaged, usage: &Usage) -> Policy {
    Policy {
        policy_name: Some(known.name.to_owned()),
        policy_id: Some(known.id.to_owned()),
        arn: Some(known.arn()),
        path: Some("/".to_owned()),
        default_version_id: Some("v1".to_owned()),
        attachment_count: Some(usage.attachments),
        permissions_boundary_usage_count: Some(usage.boundaries),
        is_attachable: Some(true),
        description: Some(known.description.to_owned()),
        create_date: Some(AWS_MANAGED_CREATED),
        update_date: Some(AWS_MANAGED_CREATED),
        tags: Vec::new(),
    }
}
