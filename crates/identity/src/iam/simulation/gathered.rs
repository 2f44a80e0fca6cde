//! The policies of a simulation: given in the request, or those of a user, group or role.

use std::collections::BTreeMap;

use api::S3Error;
use catalog::View;
use catalog::table::{GroupRow, PolicyRow, RoleRow, UserRow};
use model::arn::{self, Entity as Arn};
use policy::{Account, Attached, Kind, Policy, RoleSession, User};

use crate::documents;
use crate::fault::{self, Stop};
use crate::managed::Managed;
use crate::refuse;
use crate::rows::{Entity, Rows};

/// A document, what it is called in the answer, and its text for the places of its statements.
pub(super) struct Gathered {
    pub(super) id: String,
    /// `user`, `group`, `role`, `aws-managed`, `user-managed`, `resource`, `none`.
    pub(super) source: &'static str,
    pub(super) text: String,
    pub(super) policy: Policy,
}

/// What a principal brings along.
pub(super) struct Source {
    pub(super) identity: Vec<Gathered>,
    pub(super) boundary: Option<Gathered>,
    /// None for a group, which makes no requests.
    pub(super) subject: Option<policy::Caller>,
}

impl Gathered {
    pub(super) fn read(id: &str, source: &'static str, text: &str, kind: Kind) -> Result<Self, S3Error> {
        let (text, policy) = documents::read(Some(text), "policyInputList", kind)?;
        Ok(Self { id: id.to_owned(), source, text: text.to_owned(), policy })
    }

    /// A list of the request: its members are called `PolicyInputList.1` and so on.
    pub(super) fn given(texts: &[String], list: &str, kind: Kind) -> Result<Vec<Self>, S3Error> {
        let numbered = texts.iter().enumerate();
        numbered
            .map(|(index, text)| Self::read(&format!("{list}.{}", index + 1), "none", text, kind))
            .collect()
    }

    pub(super) fn attached(&self) -> Attached<'_> {
        Attached { name: &self.id, policy: &self.policy }
    }
}

/// The row that an ARN names: its path and the case of its name are part of it, for policies are judged by it as it was
/// sent.
fn named<V: View, E: Entity>(
    rows: &Rows<V>,
    name: &str,
    arn: &str,
    arn_of: impl Fn(&E) -> String,
) -> Result<E, Stop> {
    let row = rows.get::<E>(name)?;
    if arn_of(&row) == arn { Ok(row) } else { Err(E::absent(rows.account, name).into()) }
}

pub(super) fn of_principal<V: View>(rows: &Rows<V>, arn: &str) -> Result<Source, Stop> {
    let found = Arn::parse(arn).filter(|found| found.account == Some(rows.account));
    let found = found.ok_or_else(|| {
        refuse::input(format!("Invalid Entity Arn: {arn} does not clearly define entity type and name."))
    })?;
    let account = Account { id: rows.account, canonical: None };
    match found.kind {
        "user" => {
            let row =
                named(rows, found.name, arn, |row: &UserRow| arn::user(rows.account, &row.path, &row.name))?;
            let mut identity = inline(&row.inline, "user", Kind::UserInline)?;
            managed(rows, &row.attached, &mut identity)?;
            for name in &row.groups {
                of_group(rows, &rows.get::<GroupRow>(name)?, &mut identity)?;
            }
            let subject = policy::Caller::User(User {
                account,
                arn: arn::user(rows.account, &row.path, &row.name),
                id: row.id.clone(),
                name: row.name.clone(),
                tags: row.tags.clone(),
            });
            let boundary = boundary(rows, row.boundary.as_deref())?;
            Ok(Source { identity, boundary, subject: Some(subject) })
        }
        "group" => {
            let mut identity = Vec::new();
            let row = named(rows, found.name, arn, |row: &GroupRow| {
                arn::group(rows.account, &row.path, &row.name)
            })?;
            of_group(rows, &row, &mut identity)?;
            Ok(Source { identity, boundary: None, subject: None })
        }
        "role" => {
            let row =
                named(rows, found.name, arn, |row: &RoleRow| arn::role(rows.account, &row.path, &row.name))?;
            let mut identity = inline(&row.inline, "role", Kind::RoleInline)?;
            managed(rows, &row.attached, &mut identity)?;
            let subject = policy::Caller::RoleSession(RoleSession {
                account,
                role_arn: arn::role(rows.account, &row.path, &row.name),
                session_arn: arn::session(rows.account, &row.name, "simulation"),
                role_id: row.id.clone(),
                session_name: "simulation".to_owned(),
                tags: row.tags.clone(),
                provider: None,
            });
            let boundary = boundary(rows, row.boundary.as_deref())?;
            Ok(Source { identity, boundary, subject: Some(subject) })
        }
        _ => Err(refuse::input(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))
        .into()),
    }
}

fn of_group<V: View>(rows: &Rows<V>, row: &GroupRow, into: &mut Vec<Gathered>) -> Result<(), Stop> {
    into.extend(inline(&row.inline, "group", Kind::GroupInline)?);
    managed(rows, &row.attached, into)
}

/// What was stored was legal once; one that is not any more must not vanish silently.
fn stored(id: &str, source: &'static str, text: &str, kind: Kind) -> Result<Gathered, Stop> {
    let policy = Policy::parse(text, kind)
        .map_err(|fault| catalog::Fault::corrupt("policies", format!("{id} cannot be read: {fault}")))?;
    Ok(Gathered { id: id.to_owned(), source, text: text.to_owned(), policy })
}

fn inline(policies: &[(String, String)], source: &'static str, kind: Kind) -> Result<Vec<Gathered>, Stop> {
    policies.iter().map(|(name, text)| stored(name, source, text, kind)).collect()
}

fn managed<V: View>(rows: &Rows<V>, arns: &[String], into: &mut Vec<Gathered>) -> Result<(), Stop> {
    for arn in arns {
        into.push(by_arn(rows, arn)?);
    }
    Ok(())
}

fn boundary<V: View>(rows: &Rows<V>, arn: Option<&str>) -> Result<Option<Gathered>, Stop> {
    arn.map(|arn| by_arn(rows, arn)).transpose()
}

fn by_arn<V: View>(rows: &Rows<V>, arn: &str) -> Result<Gathered, Stop> {
    match rows.find_managed(arn)? {
        Some(Managed::Own(row)) => {
            let text = PolicyRow::text(&row).unwrap_or_default();
            stored(&row.name, "user-managed", text, Kind::Managed)
        }
        Some(Managed::Aws(known)) => stored(known.name, "aws-managed", known.document, Kind::Managed),
        None => Err(fault::failed(format!("{arn} is attached but missing")).into()),
    }
}

/// Each once, as the policies spell it where they do.
pub(super) fn context_keys(policies: &[Gathered]) -> Vec<String> {
    let mut keys = BTreeMap::new();
    for gathered in policies {
        for statement in gathered.policy.statements() {
            for condition in &statement.conditions {
                keys.insert(condition.key.to_lowercase(), condition.key.clone());
            }
        }
        for key in gathered.policy.condition_keys() {
            keys.entry(key.to_owned()).or_insert_with(|| key.to_owned());
        }
    }
    keys.into_values().collect()
}
