//! What a session may: who it is to policies, whose policies it has, which of its own limit it.
//!
//! Source: AWS "Session policies", "AWS global condition context keys", "Available keys for AWS web identity federation".

use std::sync::Arc;

use api::S3Error;
use catalog::table::{PolicyRow, RoleRow, UserRow, space};
use catalog::{Fault, View};
use model::arn;
use policy::{Account, FederatedUser, Keys, Kind, Policy, RoleSession, User};

use super::{Session, SessionOf, same_key};
use crate::aws_managed::aws_managed;
use crate::caller::{Identity, Named, Standing};
use crate::fault::internal;
use crate::standing::{managed, of_role, of_user, user_subject};

/// Allows nothing: it stands for a session policy that is gone.
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"*","Resource":"*"}]}"#;

impl Session {
    /// `root` is the account's; `None` when the user or role is no more.
    pub(crate) fn stand(
        &self,
        view: &dyn View,
        root: &Identity,
    ) -> Result<Option<(policy::Caller, Standing)>, S3Error> {
        let account = || Account { id: root.account, canonical: Some(root.canonical_id.clone()) };
        let (subject, standing) = match &self.of {
            SessionOf::Root => (root.subject.clone(), Standing::default()),
            SessionOf::User { name, id } => {
                let Some(row) = self.user(view, name, id)? else { return Ok(None) };
                let standing = of_user(view, self.account, &row).map_err(internal)?;
                (policy::Caller::User(user_subject(account(), row)), standing)
            }
            SessionOf::Role { name, id, session_name } => {
                let row = view.get(&space::role(self.account, name)).map_err(internal)?;
                let row = row.map(RoleRow::decode).transpose().map_err(internal)?;
                let Some(row) = row.filter(|row| row.id == *id) else { return Ok(None) };
                let standing = of_role(view, self.account, &row).map_err(internal)?;
                (policy::Caller::RoleSession(self.role_session(account(), row, session_name)), standing)
            }
            SessionOf::Federated { name, by } => {
                let (user, standing) = match by {
                    None => (None, Standing::default()),
                    Some((user, id)) => {
                        let Some(row) = self.user(view, user, id)? else { return Ok(None) };
                        let standing = of_user(view, self.account, &row).map_err(internal)?;
                        (Some(user_subject(account(), row)), standing)
                    }
                };
                (policy::Caller::FederatedUser(self.federated_user(account(), user, name)), standing)
            }
        };
        let session = self.policies(view).map_err(internal)?;
        Ok(Some((subject, Standing { session, keys: self.keys(), mfa: self.mfa, ..standing })))
    }

    fn user(&self, view: &dyn View, name: &str, id: &str) -> Result<Option<UserRow>, S3Error> {
        let row = view.get(&space::user(self.account, name)).map_err(internal)?;
        let row = row.map(UserRow::decode).transpose().map_err(internal)?;
        Ok(row.filter(|row| row.id == id))
    }

    fn role_session(&self, account: Account, role: RoleRow, session_name: &str) -> RoleSession {
        RoleSession {
            role_arn: arn::role(account.id, &role.path, &role.name),
            session_arn: arn::session(account.id, &role.name, session_name),
            account,
            role_id: role.id,
            session_name: session_name.to_owned(),
            tags: self.tags_over(role.tags),
            provider: self.provider.clone(),
        }
    }

    fn federated_user(&self, account: Account, user: Option<User>, name: &str) -> FederatedUser {
        let (user_arn, tags) = user.map_or((None, Vec::new()), |user| (Some(user.arn), user.tags));
        FederatedUser {
            arn: arn::federated_user(account.id, name),
            account,
            name: name.to_owned(),
            user_arn,
            tags: self.tags_over(tags),
        }
    }

    /// Of one key the session's tag counts.
    fn tags_over(&self, mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
        tags.retain(|(key, _)| !self.tags.iter().any(|(own, _)| same_key(own, key)));
        tags.extend(self.tags.iter().cloned());
        tags
    }

    fn policies(&self, view: &dyn View) -> Result<Vec<Named>, Fault> {
        let mut policies = Vec::new();
        if let Some(text) = &self.policy {
            policies.push(named("session policy", text, Kind::Session)?);
        }
        for arn in &self.policy_arns {
            let gone = aws_managed(arn).is_none() && !self.has_policy(view, arn)?;
            let found =
                if gone { named(arn, NOTHING, Kind::Session) } else { managed(view, self.account, arn) };
            policies.push(found?);
        }
        Ok(policies)
    }

    fn has_policy(&self, view: &dyn View, arn: &str) -> Result<bool, Fault> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let Some(row) = view.get(&space::policy(self.account, name))? else { return Ok(false) };
        let row = PolicyRow::decode(row).map_err(|error| Fault::corrupt("row", error.to_string()))?;
        Ok(arn::policy(self.account, &row.path, &row.name) == arn)
    }

    /// The condition keys that follow from the session.
    fn keys(&self) -> Keys {
        let mut keys = Keys::default();
        keys.set("aws:TokenIssueTime", self.issued.to_iso8601());
        keys.set("aws:MultiFactorAuthPresent", self.mfa.is_some().to_string());
        if let Some(identity) = &self.source_identity {
            keys.set("aws:SourceIdentity", identity.as_str());
        }
        set_claims(&self.claims, &mut keys);
        keys
    }
}

/// One value is a value, several are a set.
pub(crate) fn set_claims(claims: &[(String, Vec<String>)], keys: &mut Keys) {
    for (name, values) in claims {
        match values.as_slice() {
            [value] => keys.set(name, value.as_str()),
            values => keys.set_many(name, values.to_vec()),
        }
    }
}

fn named(name: &str, text: &str, kind: Kind) -> Result<Named, Fault> {
    let policy = Policy::parse(text, kind)
        .map_err(|fault| Fault::corrupt("session policy", format!("{name} cannot be read: {fault}")))?;
    Ok(Named { name: name.to_owned(), policy: Arc::new(policy) })
}
