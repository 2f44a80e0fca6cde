//! The policies of a user or a role, read from their rows and parsed.

use std::sync::Arc;

use catalog::table::{GroupRow, PolicyRow, RoleRow, RowError, UserRow, space};
use catalog::{Fault, View};
use model::{AccountId, arn};
use policy::{Account, Kind, Policy, User};

use crate::aws_managed::aws_managed;
use crate::caller::{Named, Standing};

/// What a user brings along: its own inline and managed policies and those of its groups.
pub(crate) fn of_user(view: &dyn View, account: AccountId, user: &UserRow) -> Result<Standing, Fault> {
    let mut standing = Standing {
        identity: inline(&user.inline, Kind::UserInline)?,
        boundary: user.boundary.as_deref().map(|arn| managed(view, account, arn)).transpose()?,
        ..Standing::default()
    };
    attach(view, account, &user.attached, &mut standing.identity)?;
    for name in &user.groups {
        let row = view.get(&space::group(account, name))?;
        let row = row.ok_or_else(|| Fault::corrupt("groups", "a user's group is missing"))?;
        let group = GroupRow::decode(row).map_err(damaged)?;
        standing.identity.extend(inline(&group.inline, Kind::GroupInline)?);
        attach(view, account, &group.attached, &mut standing.identity)?;
    }
    Ok(standing)
}

/// A user as policies see it.
pub(crate) fn user_subject(account: Account, row: UserRow) -> User {
    User {
        arn: arn::user(account.id, &row.path, &row.name),
        account,
        id: row.id,
        name: row.name,
        tags: row.tags,
    }
}

/// What a session of a role has, before its own policies limit it.
pub fn of_role(view: &dyn View, account: AccountId, role: &RoleRow) -> Result<Standing, Fault> {
    let mut standing = Standing {
        identity: inline(&role.inline, Kind::RoleInline)?,
        boundary: role.boundary.as_deref().map(|arn| managed(view, account, arn)).transpose()?,
        ..Standing::default()
    };
    attach(view, account, &role.attached, &mut standing.identity)?;
    Ok(standing)
}

/// A managed policy by its ARN: the account's own, or one that every account finds ready.
pub fn managed(view: &dyn View, account: AccountId, arn: &str) -> Result<Named, Fault> {
    let text = match aws_managed(arn) {
        Some(known) => known.document.to_owned(),
        None => {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let row = view.get(&space::policy(account, name))?;
            let row =
                row.ok_or_else(|| Fault::corrupt("policies", format!("{arn} is attached but missing")))?;
            let row = PolicyRow::decode(row).map_err(damaged)?;
            let text =
                row.text().ok_or_else(|| Fault::corrupt("policies", "its default version is missing"))?;
            text.to_owned()
        }
    };
    parsed(arn, &text, Kind::Managed)
}

fn attach(view: &dyn View, account: AccountId, arns: &[String], into: &mut Vec<Named>) -> Result<(), Fault> {
    for arn in arns {
        into.push(managed(view, account, arn)?);
    }
    Ok(())
}

fn inline(policies: &[(String, String)], kind: Kind) -> Result<Vec<Named>, Fault> {
    policies.iter().map(|(name, text)| parsed(name, text, kind)).collect()
}

/// What was stored was legal once. One that is not any more must not vanish silently: it may deny.
fn parsed(name: &str, text: &str, kind: Kind) -> Result<Named, Fault> {
    let policy = Policy::parse(text, kind)
        .map_err(|fault| Fault::corrupt("policies", format!("{name} cannot be read: {fault}")))?;
    Ok(Named { name: name.to_owned(), policy: Arc::new(policy) })
}

fn damaged(error: RowError) -> Fault {
    Fault::corrupt("row", error.to_string())
}
