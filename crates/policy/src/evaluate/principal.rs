//! Whom a policy's principals name, and how closely.

use crate::document::{AwsName, Principals};
use crate::request::Caller;

/// How closely a caller is named, from far to near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// By the account, which then decides by policies of its own.
    Account,
    /// By what a session came from: its role, its user, its identity provider.
    Origin,
    /// In person, or as one of everyone.
    Caller,
}

/// As [`reach`], for a statement that allows: somebody with a token of a provider must be named by that provider, for
/// `*` means who has an identity here, or is anonymous, and not whoever has an account elsewhere.
pub(crate) fn allowed_reach(principals: &Principals, caller: &Caller) -> Option<Reach> {
    if let Caller::WebIdentity { provider } = caller {
        let named = matches!(principals, Principals::Named { federated, .. } if federated.contains(provider));
        return named.then_some(Reach::Caller);
    }
    reach(principals, caller)
}

/// The closest of the names that mean the caller.
pub(crate) fn reach(principals: &Principals, caller: &Caller) -> Option<Reach> {
    let Principals::Named { aws, canonical, federated, service } = principals else {
        return Some(Reach::Caller);
    };
    let aws = aws.iter().filter_map(|name| aws_reach(name, caller));
    let own_canonical = caller.account().and_then(|account| account.canonical.as_ref());
    let by_account = match own_canonical {
        Some(own) if canonical.contains(own) => Some(of_account(caller)),
        _ => None,
    };
    let by_provider = match caller {
        Caller::WebIdentity { provider } if federated.contains(provider) => Some(Reach::Caller),
        Caller::RoleSession(session) => {
            session.provider.as_ref().filter(|own| federated.contains(own)).map(|_| Reach::Origin)
        }
        _ => None,
    };
    let by_service = match caller {
        Caller::Service { name } if service.contains(name) => Some(Reach::Caller),
        _ => None,
    };
    aws.chain(by_account).chain(by_provider).chain(by_service).max()
}

fn aws_reach(name: &AwsName, caller: &Caller) -> Option<Reach> {
    match name {
        AwsName::Everyone => Some(Reach::Caller),
        AwsName::Account { id, .. } => {
            let own = caller.account().is_some_and(|account| account.id == *id);
            own.then(|| of_account(caller))
        }
        AwsName::Arn(arn) => match caller {
            Caller::User(user) if user.arn == *arn => Some(Reach::Caller),
            Caller::RoleSession(session) if session.session_arn == *arn => Some(Reach::Caller),
            Caller::RoleSession(session) if session.role_arn == *arn => Some(Reach::Origin),
            Caller::FederatedUser(session) if session.arn == *arn => Some(Reach::Caller),
            Caller::FederatedUser(session) if session.user_arn.as_ref() == Some(arn) => Some(Reach::Origin),
            _ => None,
        },
        AwsName::UniqueId(id) => match caller {
            Caller::User(user) if user.id == *id => Some(Reach::Caller),
            Caller::RoleSession(session) if session.role_id == *id => Some(Reach::Origin),
            _ => None,
        },
    }
}

/// The account's name is its root's own name too.
fn of_account(caller: &Caller) -> Reach {
    if matches!(caller, Caller::Root(_)) { Reach::Caller } else { Reach::Account }
}

/// Does `NotPrincipal` except the caller? Only when every name of the caller stands there: the session, its role, the
/// account.
pub(crate) fn is_excepted(principals: &Principals, caller: &Caller) -> bool {
    let Principals::Named { aws, canonical, federated, service } = principals else { return true };
    let lists = |wanted: Reach| aws.iter().any(|name| aws_reach(name, caller) == Some(wanted));
    if aws.contains(&AwsName::Everyone) {
        return true;
    }
    let own_canonical = caller.account().and_then(|account| account.canonical.as_ref());
    let account = lists(Reach::Account) || own_canonical.is_some_and(|own| canonical.contains(own));
    match caller {
        Caller::Anonymous => false,
        Caller::WebIdentity { provider } => federated.contains(provider),
        Caller::Service { name } => service.contains(name),
        Caller::Root(_) => lists(Reach::Caller) || account,
        Caller::User(_) => lists(Reach::Caller) && account,
        Caller::RoleSession(_) => lists(Reach::Caller) && lists(Reach::Origin) && account,
        Caller::FederatedUser(session) => {
            lists(Reach::Caller) && (lists(Reach::Origin) || session.user_arn.is_none()) && account
        }
    }
}
