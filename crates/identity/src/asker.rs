//! Who asks, as far as answers depend on it: operations without a name are about the caller.

use api::S3Error;
use auth::Identity;
use model::AccountId;

use crate::refuse;

#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) account: AccountId,
    pub(crate) who: Who,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Root,
    /// By name.
    User(String),
    /// A session, which is no user.
    Session,
}

impl Asker {
    pub(crate) fn of(identity: &Identity) -> Self {
        let who = match &identity.subject {
            policy::Caller::Root(_) => Who::Root,
            policy::Caller::User(user) => Who::User(user.name.clone()),
            _ => Who::Session,
        };
        Self { account: identity.account, who }
    }

    /// Whom an operation is about: the user who is named, or the caller. None is the root.
    pub(crate) fn subject(&self, named: Option<&str>) -> Result<Option<String>, S3Error> {
        match (named, &self.who) {
            (Some(name), _) => Ok(Some(name.to_owned())),
            (None, Who::Root) => Ok(None),
            (None, Who::User(name)) => Ok(Some(name.clone())),
            (None, Who::Session) => {
                Err(refuse::invalid("Must specify userName when calling with non-User credentials"))
            }
        }
    }
}
