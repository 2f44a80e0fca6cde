//! Roles to be assumed: judged by their trust policy, always, and by the caller's own policies.
//!
//! Source: AWS "AssumeRole", "Passing session tags in AWS STS", "Monitor and control actions taken with assumed roles".

use api::{ErrorCode, S3Error};
use catalog::table::{RoleRow, space};
use model::{AccountId, arn};
use policy::{Attached, Kind, Policy};

use super::Auth;
use super::judge::Bench;
use crate::caller::Caller;
use crate::fault::internal;

/// Who wants to be the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumer<'a> {
    /// Whoever signed the request.
    Caller,
    /// Whoever this token of an identity provider is about.
    Token(&'a str),
}

/// A role as it was when the request was authorized.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    pub account: AccountId,
    pub row: RoleRow,
    trust: Policy,
}

impl Role {
    pub fn arn(&self) -> String {
        arn::role(self.account, &self.row.path, &self.row.name)
    }
}

impl Assumer<'_> {
    const fn action(self) -> &'static str {
        match self {
            Self::Caller => "sts:AssumeRole",
            Self::Token(_) => "sts:AssumeRoleWithWebIdentity",
        }
    }
}

impl Auth {
    /// Finds the role, if the caller is one who could assume any.
    pub(super) fn role_for(&self, caller: &Caller, arn: &str, assumer: Assumer<'_>) -> Result<Role, S3Error> {
        match assumer {
            Assumer::Caller => {
                let identity = caller.identity().ok_or(ErrorCode::MissingAuthenticationToken)?;
                if identity.is_root() {
                    let message = "Roles may not be assumed by root accounts.";
                    return Err(S3Error::with_message(ErrorCode::AccessDenied, message));
                }
            }
            // Without the proof of this very token nobody is let in, whoever forgot to ask for it.
            Assumer::Token(token) if caller.web_identity().is_some_and(|shown| shown.is_of(token)) => {}
            Assumer::Token(_) => return Err(ErrorCode::InvalidIdentityToken.into()),
        }
        if account_of_role(arn).is_none() {
            return Err(S3Error::with_message(ErrorCode::ValidationError, format!("{arn} is invalid")));
        }
        let role = self.find_role(arn)?.filter(|role| {
            // A provider vouches in its own account alone.
            caller.web_identity().is_none_or(|shown| shown.account == role.account)
        });
        // That there is none is told in the words in which others are kept out.
        role.ok_or_else(|| refusal(caller, assumer.action(), arn))
    }

    fn find_role(&self, arn: &str) -> Result<Option<Role>, S3Error> {
        let Some((account, name)) = account_and_name(arn) else { return Ok(None) };
        let row = self.catalog().get(&space::role(account, name)).map_err(internal)?;
        let Some(row) = row else { return Ok(None) };
        let row = RoleRow::decode(row).map_err(internal)?;
        let trust = Policy::parse(&row.trust, Kind::Trust).map_err(internal)?;
        Ok(Some(Role { account, row, trust }).filter(|role| role.arn() == arn))
    }
}

impl Bench<'_> {
    /// All that it takes to be the role, besides what the input asks for. A session that hands on tags or a source
    /// identity needs the leave to do so each time.
    pub(super) fn judge_assumer(&self, assumer: Assumer<'_>) -> Result<(), S3Error> {
        self.judge_role(assumer.action())?;
        let session = self.caller.identity().and_then(|identity| identity.session.as_deref());
        let shown = self.caller.web_identity();
        if session.is_some_and(|session| session.inherited_tags().next().is_some())
            || shown.is_some_and(|shown| !shown.tags.is_empty())
        {
            self.judge_role("sts:TagSession")?;
        }
        if session.is_some_and(|session| session.source_identity().is_some())
            || shown.is_some_and(|shown| shown.source_identity.is_some())
        {
            self.judge_role("sts:SetSourceIdentity")?;
        }
        Ok(())
    }

    pub(super) fn judge_role(&self, action: &'static str) -> Result<(), S3Error> {
        let role = self.role.ok_or_else(|| super::judge::unbound(action))?;
        let tags = role.row.tags.iter().flat_map(|(name, value)| {
            ["aws:ResourceTag", "iam:ResourceTag"].map(|key| (format!("{key}/{name}"), value.clone()))
        });
        let tags: Vec<_> = tags.collect();
        let request = self.request(action, role.arn(), Some(role.account), Some(&role.trust), &[], &tags);
        let trust = Attached { name: "trust policy", policy: &role.trust };
        self.decide_by(&request, Some(trust), false, |decision| {
            self.note(&request, &decision);
            if decision.is_allowed() { Ok(()) } else { Err(refusal(self.caller, action, &role.arn())) }
        })
    }
}

/// STS tells nobody why, nor whether there is such a role.
fn refusal(caller: &Caller, action: &str, arn: &str) -> S3Error {
    let message = match super::denial::arn(&caller.subject()) {
        Some(who) => format!("User: {who} is not authorized to perform: {action} on resource: {arn}"),
        None => format!("Not authorized to perform {action}"),
    };
    S3Error::with_message(ErrorCode::AccessDenied, message)
}

/// Whose a role is, if such a role can be at all.
pub(crate) fn account_of_role(arn: &str) -> Option<AccountId> {
    account_and_name(arn).map(|(account, _)| account)
}

fn account_and_name(arn: &str) -> Option<(AccountId, &str)> {
    let named = arn::Entity::parse(arn).filter(|named| named.kind == "role")?;
    Some((named.account?, named.name))
}
