//! Who asks for what, with the condition keys that are true of it.

mod asked;
mod caller;
mod keys;

use model::AccountId;

pub use asked::Asked;
pub use caller::{Account, Caller, FederatedUser, RoleSession, User};
pub use keys::Keys;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    caller: Caller,
    action: String,
    resource: String,
    owner: Option<AccountId>,
    keys: Keys,
}

impl Request {
    /// `action` as in `s3:GetObject`; `resource` is an ARN, or `*` for an action on none; `owner` is the account of
    /// the resource, none for the caller's own. The keys that follow from caller and owner are set here, so that no
    /// one can forget them, or say others.
    pub fn new(
        caller: Caller,
        action: impl Into<String>,
        resource: impl Into<String>,
        owner: Option<AccountId>,
        mut keys: Keys,
    ) -> Self {
        caller.describe(&mut keys);
        let of_resource = owner.or(caller.account().map(|account| account.id));
        for name in ["aws:resourceaccount", "s3:resourceaccount"] {
            keys.settle(name, || of_resource.map(|account| account.to_string()));
        }
        Self { caller, action: action.into(), resource: resource.into(), owner, keys }
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub fn action(&self) -> &str {
        &self.action
    }

    pub fn resource(&self) -> &str {
        &self.resource
    }

    pub fn owner(&self) -> Option<AccountId> {
        self.owner
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Does the caller belong to the account that owns the resource?
    pub fn is_within_account(&self) -> bool {
        let caller = self.caller.account().map(|account| account.id);
        self.owner.is_none_or(|owner| caller == Some(owner))
    }
}
