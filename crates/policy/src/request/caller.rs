//! Who asks, and the condition keys that follow from it.
//!
//! Source: AWS "AWS global condition context keys", "IAM policy elements: Variables and tags" (its table of
//! principals).

use model::{AccountId, CanonicalId, arn};

use super::Keys;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// How `CanonicalUser` names it.
    pub canonical: Option<CanonicalId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub account: Account,
    /// `arn:aws:iam::111122223333:user/path/name`.
    pub arn: String,
    /// The unique id, `AIDA…`.
    pub id: String,
    pub name: String,
    pub tags: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSession {
    pub account: Account,
    /// `arn:aws:iam::111122223333:role/path/name`.
    pub role_arn: String,
    /// `arn:aws:sts::111122223333:assumed-role/name/session`.
    pub session_arn: String,
    /// The role's unique id, `AROA…`.
    pub role_id: String,
    pub session_name: String,
    /// The role's and the session's; the session's win.
    pub tags: Vec<(String, String)>,
    /// The identity provider that vouched for it, when one did.
    pub provider: Option<String>,
}

/// A session of GetFederationToken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederatedUser {
    pub account: Account,
    /// `arn:aws:sts::111122223333:federated-user/name`.
    pub arn: String,
    pub name: String,
    /// The user who federated; none when it was the account's root.
    pub user_arn: Option<String>,
    pub tags: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    Root(Account),
    User(User),
    RoleSession(RoleSession),
    FederatedUser(FederatedUser),
    /// Somebody with a token of an identity provider, who has no AWS identity yet (AssumeRoleWithWebIdentity).
    WebIdentity {
        provider: String,
    },
    /// `logging.s3.amazonaws.com`.
    Service {
        name: String,
    },
}

impl Caller {
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Root(account) => Some(account),
            Self::User(user) => Some(&user.account),
            Self::RoleSession(session) => Some(&session.account),
            Self::FederatedUser(session) => Some(&session.account),
            Self::Anonymous | Self::WebIdentity { .. } | Self::Service { .. } => None,
        }
    }

    /// The ARN of `aws:PrincipalArn`: for a role session its role's.
    pub fn principal_arn(&self) -> Option<String> {
        match self {
            Self::Root(account) => Some(arn::root(account.id)),
            Self::User(user) => Some(user.arn.clone()),
            Self::RoleSession(session) => Some(session.role_arn.clone()),
            Self::FederatedUser(session) => Some(session.arn.clone()),
            Self::Anonymous | Self::WebIdentity { .. } | Self::Service { .. } => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous | Self::WebIdentity { .. } => "Anonymous",
            Self::Root(_) => "Account",
            Self::User(_) => "User",
            Self::RoleSession(_) => "AssumedRole",
            Self::FederatedUser(_) => "FederatedUser",
            Self::Service { .. } => "Service",
        }
    }

    fn unique_id(&self) -> Option<String> {
        match self {
            Self::Root(account) => Some(account.id.to_string()),
            Self::User(user) => Some(user.id.clone()),
            Self::RoleSession(session) => Some(format!("{}:{}", session.role_id, session.session_name)),
            Self::FederatedUser(session) => Some(format!("{}:{}", session.account.id, session.name)),
            Self::Anonymous | Self::WebIdentity { .. } | Self::Service { .. } => None,
        }
    }

    fn tags(&self) -> &[(String, String)] {
        match self {
            Self::User(user) => &user.tags,
            Self::RoleSession(session) => &session.tags,
            Self::FederatedUser(session) => &session.tags,
            _ => &[],
        }
    }

    /// Sets what follows from the caller and removes what somebody else said of it.
    pub(super) fn describe(&self, keys: &mut Keys) {
        keys.remove_all("aws:principaltag/");
        let account = self.account().map(|account| account.id);
        let service = if let Self::Service { name } = self { Some(name) } else { None };
        keys.settle("aws:principaltype", || Some(self.kind().to_owned()));
        keys.settle("aws:principalarn", || self.principal_arn());
        keys.settle("aws:principalaccount", || account.map(|id| id.to_string()));
        keys.settle("aws:userid", || self.unique_id());
        keys.settle("aws:username", || match self {
            Self::User(user) => Some(user.name.clone()),
            _ => None,
        });
        keys.settle("aws:federatedprovider", || match self {
            Self::RoleSession(session) => session.provider.clone(),
            Self::WebIdentity { provider } => Some(provider.clone()),
            _ => None,
        });
        keys.settle("aws:principalisawsservice", || {
            (account.is_some() || service.is_some()).then(|| service.is_some().to_string())
        });
        keys.settle("aws:principalservicename", || service.cloned());
        if !keys.wants_below("aws:principaltag/") {
            return;
        }
        for (tag, value) in self.tags() {
            keys.set(&format!("aws:PrincipalTag/{tag}"), value.as_str());
        }
    }
}
