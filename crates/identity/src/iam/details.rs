//! GetAccountAuthorizationDetails: all users, groups, roles and policies of an account with what they hold.

use api::S3Error;
use api::iam::{
    GetAccountAuthorizationDetailsInput, GetAccountAuthorizationDetailsOutput, GroupDetail,
    ManagedPolicyDetail, Policy, PolicyVersion, RoleDetail, UserDetail,
};
use auth::AWS_MANAGED;
use catalog::View;
use catalog::table::{GroupRow, PolicyRow, RoleRow, UserRow};
use model::arn;

use super::{policies, policy_versions};
use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::{Entity, Rows};
use crate::{documents, refuse, shown, tags};

/// In the order in which they are told; the letter begins the keys of the listing.
const KINDS: [(&str, char); 5] =
    [("User", 'a'), ("Group", 'b'), ("Role", 'c'), ("LocalManagedPolicy", 'd'), ("AWSManagedPolicy", 'e')];

impl Registry {
    pub(super) async fn get_account_authorization_details(
        &self,
        asker: &Asker,
        input: &GetAccountAuthorizationDetailsInput,
    ) -> Result<GetAccountAuthorizationDetailsOutput, S3Error> {
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let known = |name: &String| KINDS.iter().any(|(kind, _)| kind == name);
        if !input.filter.iter().all(known) {
            let must = "satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]";
            return Err(refuse::constraint("filter", must));
        }
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        let wanted = |kind: &str| input.filter.is_empty() || input.filter.iter().any(|name| name == kind);
        let keys = KINDS.iter().filter(|(kind, _)| wanted(kind));
        let keys = keys.flat_map(|(_, letter)| names(&rows, *letter, &paging.after));
        let page = paging.fill(keys.map(|key| key.map(|key| (key.clone(), key)))).map_err(fault::catalog)?;
        let mut output = GetAccountAuthorizationDetailsOutput {
            is_truncated: Some(page.truncated),
            marker: page.marker,
            ..GetAccountAuthorizationDetailsOutput::default()
        };
        for key in &page.items {
            tell(&rows, key, &mut output)?;
        }
        Ok(output)
    }
}

/// The keys of one kind that come after `after`: its letter, a slash, the name in lower case.
fn names<'a, V: View>(
    rows: &'a Rows<V>,
    letter: char,
    after: &str,
) -> Box<dyn Iterator<Item = Result<String, catalog::Fault>> + 'a> {
    let start = after.strip_prefix(letter).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    if after.chars().next() > Some(letter) {
        return Box::new(std::iter::empty());
    }
    fn walk<'a, E: Entity + 'a, V: View>(
        rows: &'a Rows<V>,
        letter: char,
        start: &str,
    ) -> Box<dyn Iterator<Item = Result<String, catalog::Fault>> + 'a> {
        Box::new(rows.walk::<E>(start).map(move |item| item.map(|(name, _)| format!("{letter}/{name}"))))
    }
    match letter {
        'a' => walk::<UserRow, V>(rows, letter, start),
        'b' => walk::<GroupRow, V>(rows, letter, start),
        'c' => walk::<RoleRow, V>(rows, letter, start),
        'd' => walk::<PolicyRow, V>(rows, letter, start),
        _ => {
            let start = start.to_owned();
            let after = AWS_MANAGED.iter().filter(move |known| *known.name > *start);
            Box::new(after.map(move |known| Ok(format!("{letter}/{}", known.name))))
        }
    }
}

fn tell<V: View>(
    rows: &Rows<V>,
    key: &str,
    output: &mut GetAccountAuthorizationDetailsOutput,
) -> Result<(), Stop> {
    let (letter, name) = key.split_once('/').unwrap_or_default();
    match letter {
        "a" => output.user_detail_list.push(user(rows, &rows.get(name)?)?),
        "b" => output.group_detail_list.push(group(rows, &rows.get(name)?)),
        "c" => output.role_detail_list.push(role(rows, &rows.get(name)?)?),
        "d" => {
            let row = rows.get::<PolicyRow>(name)?;
            let usage = rows.usage(&arn::policy(rows.account, &row.path, &row.name))?;
            let versions = row.versions.iter().rev();
            let versions = versions.map(|version| policy_versions::shown(version, row.default)).collect();
            output.policies.push(policy(policies::own(rows.account, &row, &usage), versions));
        }
        _ => {
            for known in AWS_MANAGED.iter().filter(|known| known.name == name) {
                let usage = rows.usage(&known.arn())?;
                // Those that nobody uses are no part of the account.
                if usage.attachments + usage.boundaries > 0 {
                    let versions = vec![policy_versions::ready_made(known.document)];
                    output.policies.push(policy(policies::ready_made(known, &usage), versions));
                }
            }
        }
    }
    Ok(())
}

fn user<V: View>(rows: &Rows<V>, row: &UserRow) -> Result<UserDetail, Stop> {
    let mut groups = Vec::new();
    for name in &row.groups {
        groups.push(rows.get::<GroupRow>(name)?.name);
    }
    Ok(UserDetail {
        path: Some(row.path.clone()),
        user_name: Some(row.name.clone()),
        user_id: Some(row.id.clone()),
        arn: Some(arn::user(rows.account, &row.path, &row.name)),
        create_date: Some(row.created),
        user_policy_list: shown::inline(&row.inline),
        group_list: groups,
        attached_managed_policies: row.attached.iter().map(|arn| shown::attached(arn)).collect(),
        permissions_boundary: shown::boundary(row.boundary.as_deref()),
        tags: tags::shown(&row.tags),
    })
}

fn group<V: View>(rows: &Rows<V>, row: &GroupRow) -> GroupDetail {
    GroupDetail {
        path: Some(row.path.clone()),
        group_name: Some(row.name.clone()),
        group_id: Some(row.id.clone()),
        arn: Some(arn::group(rows.account, &row.path, &row.name)),
        create_date: Some(row.created),
        group_policy_list: shown::inline(&row.inline),
        attached_managed_policies: row.attached.iter().map(|arn| shown::attached(arn)).collect(),
    }
}

fn role<V: View>(rows: &Rows<V>, row: &RoleRow) -> Result<RoleDetail, Stop> {
    Ok(RoleDetail {
        path: Some(row.path.clone()),
        role_name: Some(row.name.clone()),
        role_id: Some(row.id.clone()),
        arn: Some(arn::role(rows.account, &row.path, &row.name)),
        create_date: Some(row.created),
        assume_role_policy_document: Some(documents::shown(&row.trust)),
        instance_profile_list: Vec::new(),
        role_policy_list: shown::inline(&row.inline),
        attached_managed_policies: row.attached.iter().map(|arn| shown::attached(arn)).collect(),
        permissions_boundary: shown::boundary(row.boundary.as_deref()),
        tags: tags::shown(&row.tags),
        role_last_used: Some(shown::last_used(rows.used(&row.id)?.as_ref())),
    })
}

fn policy(policy: Policy, versions: Vec<PolicyVersion>) -> ManagedPolicyDetail {
    ManagedPolicyDetail {
        policy_name: policy.policy_name,
        policy_id: policy.policy_id,
        arn: policy.arn,
        path: policy.path,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        is_attachable: policy.is_attachable,
        description: policy.description,
        create_date: policy.create_date,
        update_date: policy.update_date,
        policy_version_list: versions,
    }
}
