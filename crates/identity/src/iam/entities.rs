//! ListEntitiesForPolicy: to whom a managed policy is attached, as a policy or as a boundary.

use std::collections::BTreeMap;

use api::S3Error;
use api::iam::{
    ListEntitiesForPolicyInput, ListEntitiesForPolicyOutput, PolicyGroup, PolicyRole, PolicyUser,
};
use catalog::View;
use catalog::table::space::{self, Holder};
use catalog::table::{GroupRow, RoleRow, UserRow};

use crate::asker::Asker;
use crate::fault::{self, Stop};
use crate::kinds::Principal;
use crate::page::Paging;
use crate::registry::Registry;
use crate::rows::Rows;
use crate::{refuse, words};

enum Found {
    Group(PolicyGroup),
    Role(PolicyRole),
    User(PolicyUser),
}

impl Registry {
    pub(super) async fn list_entities_for_policy(
        &self,
        asker: &Asker,
        input: &ListEntitiesForPolicyInput,
    ) -> Result<ListEntitiesForPolicyOutput, S3Error> {
        let arn = words::required(input.policy_arn.as_deref(), "policyArn")?;
        let paging = Paging::read(input.marker.as_deref(), input.max_items)?;
        let prefix = words::path_prefix(input.path_prefix.as_deref())?;
        let holders = holders(input)?;
        let rows = self.rows(asker.account).map_err(fault::catalog)?;
        rows.managed(arn)?;
        // Who has it both ways is told once.
        let mut found = BTreeMap::new();
        for holder in holders {
            for name in rows.names(space::attachments(asker.account, arn, holder), "") {
                let name = name.map_err(fault::catalog)?;
                if let Some((key, entity)) = find(&rows, holder, &name, &prefix)? {
                    found.insert(key, entity);
                }
            }
        }
        let page = paging.cut(found.into_iter().collect()).map_err(fault::catalog)?;
        let mut output = ListEntitiesForPolicyOutput {
            is_truncated: Some(page.truncated),
            marker: page.marker,
            ..ListEntitiesForPolicyOutput::default()
        };
        for entity in page.items {
            match entity {
                Found::Group(group) => output.policy_groups.push(group),
                Found::Role(role) => output.policy_roles.push(role),
                Found::User(user) => output.policy_users.push(user),
            }
        }
        Ok(output)
    }
}

fn holders(input: &ListEntitiesForPolicyInput) -> Result<Vec<Holder>, S3Error> {
    let by_kind: &[Holder] = match input.entity_filter.as_deref() {
        None => &Holder::ALL,
        Some("User") => &[Holder::User, Holder::BoundedUser],
        Some("Group") => &[Holder::Group],
        Some("Role") => &[Holder::Role, Holder::BoundedRole],
        Some("LocalManagedPolicy" | "AWSManagedPolicy") => &[],
        Some(_) => {
            let must = "satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]";
            return Err(refuse::constraint("entityFilter", must));
        }
    };
    let is_boundary = |holder: &Holder| matches!(holder, Holder::BoundedUser | Holder::BoundedRole);
    let fits: fn(&Holder, bool) -> bool = match input.policy_usage_filter.as_deref() {
        None => |_, _| true,
        Some("PermissionsPolicy") => |_, boundary| !boundary,
        Some("PermissionsBoundary") => |_, boundary| boundary,
        Some(_) => {
            let must = "satisfy enum value set: [PermissionsPolicy, PermissionsBoundary]";
            return Err(refuse::constraint("policyUsageFilter", must));
        }
    };
    Ok(by_kind.iter().copied().filter(|holder| fits(holder, is_boundary(holder))).collect())
}

fn find<V: View>(
    rows: &Rows<V>,
    holder: Holder,
    name: &str,
    prefix: &str,
) -> Result<Option<(String, Found)>, Stop> {
    fn named<P: Principal>(row: &P, prefix: &str) -> Option<(Option<String>, Option<String>)> {
        row.path().starts_with(prefix).then(|| (Some(row.name().to_owned()), Some(row.id().to_owned())))
    }
    let found = match holder {
        Holder::Group => named(&rows.get::<GroupRow>(name)?, prefix)
            .map(|(group_name, group_id)| Found::Group(PolicyGroup { group_name, group_id })),
        Holder::Role | Holder::BoundedRole => named(&rows.get::<RoleRow>(name)?, prefix)
            .map(|(role_name, role_id)| Found::Role(PolicyRole { role_name, role_id })),
        Holder::User | Holder::BoundedUser => named(&rows.get::<UserRow>(name)?, prefix)
            .map(|(user_name, user_id)| Found::User(PolicyUser { user_name, user_id })),
    };
    let kind = match holder {
        Holder::Group => "group",
        Holder::Role | Holder::BoundedRole => "role",
        Holder::User | Holder::BoundedUser => "user",
    };
    Ok(found.map(|found| (format!("{kind}/{name}"), found)))
}
