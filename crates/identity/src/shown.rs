//! Rows as the structures of answers.

use api::iam::{
    AccessKeyMetadata, AttachedPermissionsBoundary, AttachedPolicy, Group, PolicyDetail, Role, RoleLastUsed,
    User,
};
use catalog::table::{AccessKeyRow, GroupRow, RoleRow, UsedRow, UserRow};
use model::{AccountId, arn};

use crate::{documents, tags};

/// With all that GetUser tells.
pub(crate) fn user(account: AccountId, row: &UserRow) -> User {
    User {
        permissions_boundary: boundary(row.boundary.as_deref()),
        tags: tags::shown(&row.tags),
        ..brief_user(account, row)
    }
}

/// Without tags and boundary, as in listings.
pub(crate) fn brief_user(account: AccountId, row: &UserRow) -> User {
    User {
        path: Some(row.path.clone()),
        user_name: Some(row.name.clone()),
        user_id: Some(row.id.clone()),
        arn: Some(arn::user(account, &row.path, &row.name)),
        create_date: Some(row.created),
        ..User::default()
    }
}

pub(crate) fn group(account: AccountId, row: &GroupRow) -> Group {
    Group {
        path: Some(row.path.clone()),
        group_name: Some(row.name.clone()),
        group_id: Some(row.id.clone()),
        arn: Some(arn::group(account, &row.path, &row.name)),
        create_date: Some(row.created),
    }
}

/// As CreateRole answers it.
pub(crate) fn brief_role(account: AccountId, row: &RoleRow) -> Role {
    Role {
        path: Some(row.path.clone()),
        role_name: Some(row.name.clone()),
        role_id: Some(row.id.clone()),
        arn: Some(arn::role(account, &row.path, &row.name)),
        create_date: Some(row.created),
        assume_role_policy_document: Some(documents::shown(&row.trust)),
        ..Role::default()
    }
}

/// As listings show it.
pub(crate) fn listed_role(account: AccountId, row: &RoleRow) -> Role {
    Role {
        description: row.description.clone(),
        max_session_duration: i32::try_from(row.session_max_s).ok(),
        ..brief_role(account, row)
    }
}

/// With all that GetRole tells.
pub(crate) fn role(account: AccountId, row: &RoleRow, used: Option<&UsedRow>) -> Role {
    Role {
        permissions_boundary: boundary(row.boundary.as_deref()),
        tags: tags::shown(&row.tags),
        role_last_used: Some(last_used(used)),
        ..listed_role(account, row)
    }
}

pub(crate) fn last_used(used: Option<&UsedRow>) -> RoleLastUsed {
    RoleLastUsed { last_used_date: used.map(|used| used.at), region: used.map(|used| used.region.clone()) }
}

pub(crate) fn boundary(arn: Option<&str>) -> Option<AttachedPermissionsBoundary> {
    arn.map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_type: Some("Policy".to_owned()),
        permissions_boundary_arn: Some(arn.to_owned()),
    })
}

/// The name of a managed policy ends its ARN.
pub(crate) fn attached(arn: &str) -> AttachedPolicy {
    let name = arn.rsplit('/').next().unwrap_or_default();
    AttachedPolicy { policy_name: Some(name.to_owned()), policy_arn: Some(arn.to_owned()) }
}

pub(crate) fn inline(policies: &[(String, String)]) -> Vec<PolicyDetail> {
    let shown = policies.iter().map(|(name, text)| PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(documents::shown(text)),
    });
    shown.collect()
}

pub(crate) fn access_key(user_name: Option<&str>, id: &str, row: &AccessKeyRow) -> AccessKeyMetadata {
    AccessKeyMetadata {
        user_name: user_name.map(str::to_owned),
        access_key_id: Some(id.to_owned()),
        status: Some(status(row.active).to_owned()),
        create_date: Some(row.created),
    }
}

pub(crate) const fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}
