//! What stands behind an access key: an account's root, a user, a session; and how its secret is found.

use std::sync::Arc;

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use catalog::View;
use catalog::table::{AccessKeyRow, AccountRow, KeptSecret, UserRow, space};
use model::{AccountId, Region, Timestamp};
use policy::{Account, Asked};
use sigv4::Secret;

use crate::authn::Auth;
use crate::caller::{Identity, Standing};
use crate::fault::internal;
use crate::keys::Origin;
use crate::secrets::open_secret;
use crate::session::{Session, open_token};
use crate::standing;

/// An access key that exists and may be used.
pub(crate) struct Credential {
    account: AccountId,
    holder: Holder,
    pub origin: Origin,
}

enum Holder {
    /// The site's own root credentials, which stand outside of the catalog.
    Site,
    Root(KeptSecret),
    User {
        name: String,
        secret: KeptSecret,
    },
    Session(Arc<Session>, Secret),
}

impl Auth {
    /// `token`: the session token that came with the key.
    pub(crate) fn credential(
        &self,
        access_key: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Credential, S3Error> {
        if let Some(token) = token {
            return self.temporary(access_key, token, now);
        }
        let root = self.root_credentials();
        if access_key == root.access_key {
            let secret = Bytes::copy_from_slice(root.secret.expose().as_bytes());
            let origin = Origin { secret, stamp: None };
            return Ok(Credential { account: self.root_account(), holder: Holder::Site, origin });
        }
        let row = self.catalog().get(&space::access_key(access_key)).map_err(internal)?;
        let row = AccessKeyRow::decode(row.ok_or_else(|| unknown(access_key))?).map_err(internal)?;
        if !row.active {
            return Err(unknown(access_key));
        }
        let secret = match &row.secret {
            KeptSecret::Plain(text) => Bytes::copy_from_slice(text.as_bytes()),
            KeptSecret::Sealed(sealed) => sealed.clone(),
        };
        let (stamp, holder) = match row.user {
            None => (None, Holder::Root(row.secret)),
            Some(name) => (self.stamp(row.account)?, Holder::User { name, secret: row.secret }),
        };
        Ok(Credential { account: row.account, holder, origin: Origin { secret, stamp } })
    }

    /// The token says it all; that its holder and account still exist is asked of the catalog, here and in `open`.
    fn temporary(&self, access_key: &str, token: &str, now: Timestamp) -> Result<Credential, S3Error> {
        let refused = |code| S3Error::from(code).element("Token-0", token);
        let (session, secret) =
            open_token(self.sealer(), access_key, token).ok_or_else(|| refused(ErrorCode::InvalidToken))?;
        if session.expires() <= now {
            return Err(refused(ErrorCode::ExpiredToken));
        }
        let account = self.account(session.account(), access_key)?.id;
        let origin = Origin { secret: Bytes::copy_from_slice(token.as_bytes()), stamp: self.stamp(account)? };
        Ok(Credential { account, holder: Holder::Session(Arc::new(session), secret), origin })
    }

    /// The secret and whose it is. Slow: asked once for each change of either.
    pub(crate) fn open(
        &self,
        credential: &Credential,
        access_key: &str,
        region: Option<&str>,
    ) -> Result<(Secret, Identity), S3Error> {
        let open = |kept: &KeptSecret| open_secret(self.sealer(), access_key, kept.clone()).map_err(internal);
        let region = region.and_then(Region::parse);
        let account = self.account(credential.account, access_key)?;
        let root = Identity::root(account.id, account.canonical_id, account.name, access_key, region);
        match &credential.holder {
            Holder::Site => Ok((self.root_credentials().secret.clone(), root)),
            Holder::Root(kept) => Ok((open(kept)?, root)),
            Holder::User { name, secret } => {
                let (subject, standing) = self.user(&root, name, access_key)?;
                let asked = Asked::by(standing.policies());
                Ok((open(secret)?, Identity { subject, standing, asked, ..root }))
            }
            Holder::Session(session, secret) => {
                let view = self.catalog().snapshot().map_err(internal)?;
                let (subject, standing) = session.stand(&view, &root)?.ok_or_else(|| unknown(access_key))?;
                let session = Some(session.clone());
                let asked = Asked::by(standing.policies());
                Ok((secret.clone(), Identity { subject, standing, asked, session, ..root }))
            }
        }
    }

    /// What changes with everything that IAM knows of the account; empty while that is nothing.
    fn stamp(&self, account: AccountId) -> Result<Option<Bytes>, S3Error> {
        let row = self.catalog().get(&space::identity_stamp(account)).map_err(internal)?;
        Ok(Some(row.unwrap_or_default()))
    }

    fn account(&self, id: AccountId, access_key: &str) -> Result<AccountRow, S3Error> {
        let row = self.catalog().get(&space::account(id)).map_err(internal)?;
        AccountRow::decode(row.ok_or_else(|| unknown(access_key))?).map_err(internal)
    }

    fn user(
        &self,
        root: &Identity,
        name: &str,
        access_key: &str,
    ) -> Result<(policy::Caller, Standing), S3Error> {
        let view = self.catalog().snapshot().map_err(internal)?;
        let row = view.get(&space::user(root.account, name)).map_err(internal)?;
        let row = UserRow::decode(row.ok_or_else(|| unknown(access_key))?).map_err(internal)?;
        let standing = standing::of_user(&view, root.account, &row).map_err(internal)?;
        let account = Account { id: root.account, canonical: Some(root.canonical_id.clone()) };
        let subject = policy::Caller::User(standing::user_subject(account, row));
        Ok((subject, standing))
    }
}

/// Also for one that is inactive, as AWS.
fn unknown(access_key: &str) -> S3Error {
    S3Error::from(ErrorCode::InvalidAccessKeyId).element("AWSAccessKeyId", access_key)
}
