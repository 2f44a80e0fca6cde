//! `userIdentity`: who asked.
//!
//! Source: AWS "CloudTrail userIdentity element".

use auth::Identity;
use policy::{Caller, RoleSession};
use serde::Serialize;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    #[serde(rename = "type")]
    kind: &'static str,
    principal_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    account_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<SessionContext>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_issuer: Option<SessionIssuer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_id_federation_data: Option<WebIdFederation>,
    attributes: Attributes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionIssuer {
    #[serde(rename = "type")]
    kind: &'static str,
    principal_id: String,
    arn: String,
    account_id: String,
    user_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebIdFederation {
    federated_provider: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    creation_date: String,
    mfa_authenticated: String,
}

/// Somebody whom the door did not let in, by what was claimed.
pub fn unknown(claimed_key: Option<&str>) -> UserIdentity {
    UserIdentity { kind: "Unknown", access_key_id: claimed_key.map(str::to_owned), ..UserIdentity::default() }
}

pub fn anonymous() -> UserIdentity {
    UserIdentity { kind: "AWSAccount", account_id: "anonymous".to_owned(), ..UserIdentity::default() }
}

pub fn known(identity: &Identity) -> UserIdentity {
    let account_id = identity.account.to_string();
    let arn = identity.subject.principal_arn();
    let mut told = UserIdentity {
        account_id: account_id.clone(),
        access_key_id: Some(identity.access_key.clone()),
        session_context: session(identity),
        arn,
        ..UserIdentity::default()
    };
    match &identity.subject {
        Caller::Root(_) => (told.kind, told.principal_id) = ("Root", account_id),
        Caller::User(user) => {
            (told.kind, told.principal_id) = ("IAMUser", user.id.clone());
            told.user_name = Some(user.name.clone());
        }
        Caller::RoleSession(session) => {
            told.kind = "AssumedRole";
            told.principal_id = format!("{}:{}", session.role_id, session.session_name);
            told.arn = Some(session.session_arn.clone());
        }
        Caller::FederatedUser(user) => {
            told.kind = "FederatedUser";
            told.principal_id = format!("{account_id}:{}", user.name);
        }
        Caller::Anonymous => return anonymous(),
        Caller::WebIdentity { provider } => {
            (told.kind, told.principal_id) = ("WebIdentityUser", provider.clone());
        }
        Caller::Service { name } => (told.kind, told.principal_id) = ("AWSService", name.clone()),
    }
    told
}

/// Of temporary credentials: since when, by whom, on whose word.
fn session(identity: &Identity) -> Option<SessionContext> {
    let key = |name| identity.standing.keys.get(name).first().cloned();
    let created = key("aws:TokenIssueTime");
    let (issuer, provider) = match &identity.subject {
        Caller::RoleSession(session) => (Some(role(session)), session.provider.clone()),
        Caller::FederatedUser(user) => {
            let arn = user.user_arn.clone();
            let issuer = arn.map(|arn| SessionIssuer {
                kind: "IAMUser",
                principal_id: String::new(),
                account_id: identity.account.to_string(),
                user_name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
                arn,
            });
            (issuer, None)
        }
        _ => (None, None),
    };
    if created.is_none() && issuer.is_none() {
        return None;
    }
    Some(SessionContext {
        session_issuer: issuer,
        web_id_federation_data: provider.map(|federated_provider| WebIdFederation { federated_provider }),
        attributes: Attributes {
            creation_date: created.unwrap_or_default().replace(".000Z", "Z"),
            mfa_authenticated: key("aws:MultiFactorAuthPresent").unwrap_or_else(|| "false".to_owned()),
        },
    })
}

fn role(session: &RoleSession) -> SessionIssuer {
    SessionIssuer {
        kind: "Role",
        principal_id: session.role_id.clone(),
        arn: session.role_arn.clone(),
        account_id: session.account.id.to_string(),
        user_name: session.role_arn.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}
