//! What a caller showed besides a signature: a one-time code, or a token of an identity provider. Only `auth` makes
//! these, after it checked them.

use model::AccountId;
use policy::Keys;
use subtle::ConstantTimeEq as _;

use crate::session::set_claims;

/// A token that its provider signed, for an account that trusts the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    pub(crate) token: String,
    pub(crate) account: AccountId,
    /// The provider's ARN.
    pub(crate) provider: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
    /// What it says, as condition keys: `issuer:sub`, …
    pub(crate) claims: Vec<(String, Vec<String>)>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) transitive: Vec<String>,
    pub(crate) source_identity: Option<String>,
}

impl WebIdentity {
    pub(crate) fn is_of(&self, token: &str) -> bool {
        self.token.as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// What the token asks for the session, as condition keys: as AssumeRole's input would.
    pub(crate) fn describe(&self, keys: &mut Keys) {
        for (name, value) in &self.tags {
            keys.set(&format!("aws:RequestTag/{name}"), value.as_str());
        }
        keys.set_many("aws:TagKeys", self.tags.iter().map(|(name, _)| name.clone()).collect());
        keys.set_many("sts:TransitiveTagKeys", self.transitive.clone());
        if let Some(identity) = &self.source_identity {
            keys.set("sts:SourceIdentity", identity.as_str());
        }
        set_claims(&self.claims, keys);
    }

    pub fn provider(&self) -> &str {
        &self.provider
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn audience(&self) -> &str {
        &self.audience
    }
}
