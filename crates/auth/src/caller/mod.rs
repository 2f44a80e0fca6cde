//! Who makes a request, by which policies, in what situation.

mod shown;
mod situation;
mod trail;

use std::sync::Arc;

use model::{AccountId, CanonicalId, Region, Timestamp};
use policy::{Account, Asked, Attached, Keys, Policy};

pub use shown::WebIdentity;
pub use situation::{Proof, Situation};
pub use trail::{Kept, Trail, Verdict};

use crate::session::Session;

/// Whoever makes one request: somebody known, or anybody; and how the request came.
#[derive(Clone, Debug)]
pub struct Caller {
    identity: Option<Arc<Identity>>,
    situation: Arc<Situation>,
    trail: Option<Arc<Trail>>,
    /// Instead of an identity.
    token: Option<Arc<WebIdentity>>,
    /// When a one-time code came with this request.
    code: Option<Timestamp>,
}

/// Somebody with an access key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub account: AccountId,
    pub canonical_id: CanonicalId,
    /// The account's name: what S3 shows as `DisplayName`.
    pub name: String,
    pub access_key: String,
    /// The region that the request was signed for.
    pub signed_region: Option<Region>,
    /// Root, user or session, as policies see it.
    pub subject: policy::Caller,
    /// Nothing for a root, which needs no policy.
    pub standing: Standing,
    /// The condition keys that its policies ask for.
    pub(crate) asked: Asked,
    /// Of temporary credentials.
    pub session: Option<Arc<Session>>,
}

/// The policies that an identity brings along, parsed, and what else is true of it.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Inline and managed, of a user and its groups or of a role.
    pub identity: Vec<Named>,
    pub boundary: Option<Named>,
    /// Of a session, given when it began.
    pub session: Vec<Named>,
    /// Condition keys that follow from the session: `aws:TokenIssueTime`, `aws:MultiFactorAuthPresent`, …
    pub keys: Keys,
    /// When a session's holder gave a one-time code; its age is a condition key.
    pub mfa: Option<Timestamp>,
}

/// A policy under the name by which reasons call it.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub policy: Arc<Policy>,
}

impl Named {
    pub fn attached(&self) -> Attached<'_> {
        Attached { name: &self.name, policy: &self.policy }
    }
}

impl Standing {
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Policy> {
        let named = self.identity.iter().chain(&self.boundary).chain(&self.session);
        named.map(|named| &*named.policy)
    }
}

impl Identity {
    /// The root user of an account.
    pub fn root(
        account: AccountId,
        canonical_id: CanonicalId,
        name: impl Into<String>,
        access_key: impl Into<String>,
        signed_region: Option<Region>,
    ) -> Self {
        Self {
            account,
            subject: policy::Caller::Root(Account { id: account, canonical: Some(canonical_id.clone()) }),
            canonical_id,
            name: name.into(),
            access_key: access_key.into(),
            signed_region,
            standing: Standing::default(),
            asked: Asked::default(),
            session: None,
        }
    }

    /// Whether this is an account's root user itself, whom only a resource's policy can deny anything.
    pub fn is_root(&self) -> bool {
        matches!(self.subject, policy::Caller::Root(_))
    }
}

impl Caller {
    pub fn new(identity: Option<Arc<Identity>>, situation: Situation) -> Self {
        Self { identity, situation: Arc::new(situation), trail: None, token: None, code: None }
    }

    /// Keeps the reasons of what is decided about it from now on.
    pub fn audited(self, audited: bool) -> Self {
        Self { trail: audited.then(Arc::default), ..self }
    }

    /// `None` when nobody audits.
    pub fn trail(&self) -> Option<&Trail> {
        self.trail.as_deref()
    }

    /// `None` for the anonymous.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// The same request by whom its token is about, whoever signed it.
    pub(crate) fn with_token(&self, token: WebIdentity) -> Self {
        Self { identity: None, token: Some(Arc::new(token)), ..self.clone() }
    }

    pub(crate) fn with_code(&self, at: Timestamp) -> Self {
        Self { code: Some(at), ..self.clone() }
    }

    /// Somebody with a token of an identity provider.
    pub fn web_identity(&self) -> Option<&WebIdentity> {
        self.token.as_deref()
    }

    /// Whether this very request showed a one-time code.
    pub fn shows_code(&self) -> bool {
        self.code.is_some()
    }

    /// When the caller gave a one-time code: with this request, or before its session began.
    pub fn mfa(&self) -> Option<Timestamp> {
        self.code.or_else(|| self.identity()?.standing.mfa)
    }

    pub fn account(&self) -> Option<AccountId> {
        self.identity().map(|identity| identity.account)
    }

    pub fn situation(&self) -> &Situation {
        &self.situation
    }

    /// The root user of this account?
    pub(crate) fn is_root_of(&self, account: AccountId) -> bool {
        self.identity().is_some_and(|identity| identity.account == account && identity.is_root())
    }

    /// As policies see it.
    pub(crate) fn subject(&self) -> policy::Caller {
        match (self.identity(), self.web_identity()) {
            (Some(identity), _) => identity.subject.clone(),
            (None, Some(shown)) => policy::Caller::WebIdentity { provider: shown.provider.clone() },
            (None, None) => policy::Caller::Anonymous,
        }
    }

    /// The condition keys that follow from what the caller showed, and from how the request came.
    pub(crate) fn describe(&self, keys: &mut Keys) {
        if let Some(shown) = self.web_identity() {
            shown.describe(keys);
        }
        let now = self.situation.now;
        if let Some(given) = self.mfa() {
            keys.set("aws:MultiFactorAuthPresent", "true");
            let age = (now.millis() - given.millis()).max(0) / 1000;
            keys.set("aws:MultiFactorAuthAge", age.to_string());
        }
        self.situation.describe(keys);
    }
}
