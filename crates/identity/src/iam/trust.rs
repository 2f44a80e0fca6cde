//! Who a trust policy may name: principals that exist.

use catalog::View;
use catalog::table::{ProviderRow, RoleRow, UserRow, space};
use model::AccountId;
use model::arn::{self, Entity as Arn};
use policy::Policy;

use crate::fault::Stop;
use crate::rows::{Entity, Rows};
use crate::{documents, refuse};

/// Refused when the document names a principal of this site that is not there.
pub(super) fn check<V: View>(rows: &Rows<V>, policy: &Policy) -> Result<(), Stop> {
    for (kind, name) in documents::principals(policy) {
        let known = match kind {
            "AWS" => is_known(rows, name)?,
            _ => is_known_provider(rows, name)?,
        };
        if !known {
            return Err(
                refuse::malformed(format!("Invalid principal in policy: \"{kind}\":\"{name}\"")).into()
            );
        }
    }
    Ok(())
}

/// `*` and unique ids stand for themselves.
fn is_known<V: View>(rows: &Rows<V>, name: &str) -> Result<bool, Stop> {
    if let Some(account) = AccountId::parse(name) {
        return has_account(rows, account);
    }
    if let Some(session) = name.strip_prefix("arn:aws:sts::") {
        return is_known_session(rows, session);
    }
    let Some(named) = Arn::parse(name) else { return Ok(!name.starts_with("arn:")) };
    let Some(account) = named.account else { return Ok(false) };
    match named.kind {
        "root" => has_account(rows, account),
        "user" => {
            let row = at::<UserRow, V>(rows, account, named.name)?;
            Ok(row.is_some_and(|row| arn::user(account, &row.path, &row.name) == name))
        }
        "role" => {
            let row = at::<RoleRow, V>(rows, account, named.name)?;
            Ok(row.is_some_and(|row| arn::role(account, &row.path, &row.name) == name))
        }
        _ => Ok(false),
    }
}

/// `account:assumed-role/role/session` or `account:federated-user/name`: of the first the role must be there.
fn is_known_session<V: View>(rows: &Rows<V>, session: &str) -> Result<bool, Stop> {
    let Some((account, resource)) = session.split_once(':') else { return Ok(false) };
    let Some(account) = AccountId::parse(account) else { return Ok(false) };
    match resource.split('/').collect::<Vec<_>>()[..] {
        ["assumed-role", role, _] => Ok(at::<RoleRow, V>(rows, account, role)?.is_some()),
        ["federated-user", _] => has_account(rows, account),
        _ => Ok(false),
    }
}

/// Providers of the account itself must be there; others are known by their names alone.
fn is_known_provider<V: View>(rows: &Rows<V>, name: &str) -> Result<bool, Stop> {
    match name.strip_prefix(&arn::provider(rows.account, "")) {
        // As in a token's ARN, case counts.
        Some(url) => Ok(rows.find::<ProviderRow>(url)?.is_some_and(|row| row.url == url)),
        None => Ok(true),
    }
}

fn has_account<V: View>(rows: &Rows<V>, account: AccountId) -> Result<bool, Stop> {
    Ok(rows.view().get(&space::account(account))?.is_some())
}

/// A row of any account of the site.
fn at<E: Entity, V: View>(rows: &Rows<V>, account: AccountId, name: &str) -> Result<Option<E>, Stop> {
    Ok(Rows::new(rows.view(), account).find(name)?)
}
