//! Beginning a session: only from an operation that was authorized to.

use api::{ErrorCode, S3Error, sts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{AccountId, Timestamp};
use seal::Sealer;
use sigv4::Secret;
use world::Random;

use super::{Session, SessionOf, packed, same_key, token};
use crate::authz::{Authorized, Guarded};
use crate::caller::Identity;
use crate::fault::internal;

const ID_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What whoever begins a session says of it.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub duration_s: i64,
    pub source_identity: Option<String>,
    pub tags: Vec<(String, String)>,
    pub transitive: Vec<String>,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
}

/// Temporary credentials, shown once.
#[derive(Clone, Debug)]
pub struct Temporary {
    pub access_key: String,
    pub secret: Secret,
    pub token: String,
    pub session: Session,
}

impl Session {
    /// The caller's own, of GetSessionToken.
    pub fn personal(
        request: &Authorized<sts::GetSessionToken>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, S3Error> {
        let identity = permanent(request.identity()?)?;
        let of = match &identity.subject {
            policy::Caller::User(user) => SessionOf::User { name: user.name.clone(), id: user.id.clone() },
            _ => SessionOf::Root,
        };
        Self { mfa: request.mfa(), ..Self::new(identity.account, of, limits, now) }.checked()
    }

    /// Of GetFederationToken: somebody whom the caller vouches for.
    pub fn federated(
        request: &Authorized<sts::GetFederationToken>,
        name: &str,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, S3Error> {
        let identity = permanent(request.identity()?)?;
        let by = match &identity.subject {
            policy::Caller::User(user) => Some((user.name.clone(), user.id.clone())),
            _ => None,
        };
        let of = SessionOf::Federated { name: name.to_owned(), by };
        Self::new(identity.account, of, limits, now).checked()
    }

    /// Of the role that the request was authorized to be. What the calling session hands on comes along unasked.
    pub fn of_role<O: Guarded>(
        request: &Authorized<O>,
        session_name: &str,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, S3Error> {
        let role = request.role()?;
        let of = SessionOf::Role {
            name: role.row.name.clone(),
            id: role.row.id.clone(),
            session_name: session_name.to_owned(),
        };
        // A code that was given counts for assuming the role, not for what its session does, as on AWS.
        let mut session = Self::new(role.account, of, limits, now);
        if let Some(calling) = request.caller().and_then(|identity| identity.session.as_deref()) {
            session.inherit(calling)?;
        }
        if let Some(shown) = request.web_identity() {
            session.provider = Some(shown.provider.clone());
            session.claims = shown.claims.clone();
            session.tags = shown.tags.clone();
            session.transitive = shown.transitive.clone();
            session.source_identity = shown.source_identity.clone();
        }
        session.checked()
    }

    fn inherit(&mut self, calling: &Self) -> Result<(), S3Error> {
        for (key, value) in calling.inherited_tags() {
            if self.tags.iter().any(|(own, _)| same_key(own, key)) {
                let message = "One of the specified transitive tag keys can't be set because it conflicts with a \
                               transitive tag key from the calling session.";
                return Err(S3Error::with_message(ErrorCode::InvalidParameterValue, message));
            }
            self.tags.push((key.clone(), value.clone()));
            self.transitive.push(key.clone());
        }
        match (&calling.source_identity, &self.source_identity) {
            (Some(set), Some(asked)) if set != asked => {
                // Once set it cannot be changed.
                Err(ErrorCode::AccessDenied.into())
            }
            (Some(set), _) => {
                self.source_identity = Some(set.clone());
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    fn new(account: AccountId, of: SessionOf, limits: Limits, now: Timestamp) -> Self {
        // Seconds are all that answers and conditions show.
        let issued = now.truncated_to_seconds();
        Self {
            account,
            of,
            issued,
            expires: issued.plus_millis(limits.duration_s.saturating_mul(1000)),
            mfa: None,
            source_identity: limits.source_identity,
            tags: limits.tags,
            transitive: limits.transitive,
            policy: limits.policy,
            policy_arns: limits.policy_arns,
            provider: None,
            claims: Vec::new(),
        }
    }

    fn checked(self) -> Result<Self, S3Error> {
        packed::check(&self)?;
        Ok(self)
    }
}

/// Whoever has temporary credentials already gets no further ones of these kinds.
fn permanent(identity: &Identity) -> Result<&Identity, S3Error> {
    if identity.session.is_some() { Err(ErrorCode::AccessDenied.into()) } else { Ok(identity) }
}

impl Session {
    /// Draws its credentials.
    pub fn issue(self, sealer: &Sealer, random: &dyn Random) -> Result<Temporary, S3Error> {
        let mut bytes = [0; 16 + 30];
        random.fill(&mut bytes);
        let (id, secret) = bytes.split_at(16);
        let id = id.iter().map(|byte| char::from(ID_ALPHABET[usize::from(byte & 31)]));
        let access_key: String = "ASIA".chars().chain(id).collect();
        let secret = Secret::new(STANDARD.encode(secret));
        let token = token::seal(sealer, random, &access_key, &secret, &self).map_err(internal)?;
        Ok(Temporary { access_key, secret, token, session: self })
    }
}
