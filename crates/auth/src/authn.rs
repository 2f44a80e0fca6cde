//! Authentication: from what a request claims to who makes it.

use std::sync::Arc;

use api::{Arrival, ErrorCode, S3Error};
use catalog::Catalog;
use catalog::table::{AccessKeyRow, AccountRow, space};
use model::{AccountId, Region, Timestamp};
use seal::Sealer;
use sigv4::post_policy::{self, Form, LengthRange};
use sigv4::{Claim, Options, PayloadMode, Refusal, RequestView, Secret, V2};

use crate::caller::{Caller, Identity};
use crate::fault::internal;
use crate::keys::Keys;
use crate::secrets::open_secret;

/// An access key and its secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub access_key: String,
    pub secret: Secret,
}

/// Who may come in, and what they may do. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    root: Credentials,
    root_account: AccountId,
    /// The regions that a signature may be for; empty: any.
    regions: Vec<Region>,
    v2: V2,
    sealer: Sealer,
    keys: Keys,
}

/// A caller, and how its payload is to be proven.
#[derive(Debug)]
pub struct Authenticated {
    pub caller: Caller,
    pub payload: PayloadMode,
}

impl Auth {
    /// `root` are the credentials of `root_account`'s root user, which stand outside of the catalog.
    pub fn new(
        catalog: Catalog,
        root: Credentials,
        root_account: AccountId,
        regions: Vec<Region>,
        v2: V2,
        sealer: Sealer,
    ) -> Self {
        let keys = Keys::default();
        Self(Arc::new(Inner { catalog, root, root_account, regions, v2, sealer, keys }))
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// The account that administers this site.
    pub fn root_account(&self) -> AccountId {
        self.0.root_account
    }

    /// Before a byte of the body is read, but where the arrival knows the body's hash. `host_bucket` is the bucket that the Host header names, if it names one.
    pub fn authenticate(
        &self,
        view: &RequestView<'_>,
        host_bucket: Option<&str>,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<Authenticated, S3Error> {
        let services = [arrival.service.scope()];
        let options = Options { host_bucket, services: &services, ..self.options() };
        let claim = match sigv4::read_claim(view, &options).map_err(refused)? {
            Claim::Anonymous => {
                let payload = sigv4::anonymous_payload(view).map_err(refused)?;
                return Ok(Authenticated { caller: Caller::Anonymous, payload });
            }
            Claim::Signed(claim) => match arrival.body_sha256 {
                Some(sha256) => Box::new(claim.bind_body(sha256)),
                None => claim,
            },
        };
        claim.check_time(now).map_err(refused)?;
        self.refuse_token(claim.session_token())?;
        let (account, secret) = self.secret_of(claim.access_key())?;
        self.check_region(claim.region(), |region| claim.covers_region(region))?;
        let (key, identity) = self.0.keys.get(claim.access_key(), &secret, claim.scope().as_str(), || {
            let identity = self.identity(account, claim.access_key(), claim.region())?;
            Ok((sigv4::Key::derive(&claim, &secret), identity))
        })?;
        let verified = sigv4::verify_with_key(&claim, view, &key, now).map_err(refused)?;
        Ok(Authenticated { caller: Caller::Root(identity), payload: verified.payload })
    }

    /// A POST form: its signature covers the policy, and the policy covers the form.
    pub fn authenticate_form(
        &self,
        form: &Form<'_>,
        now: Timestamp,
    ) -> Result<(Caller, Option<LengthRange>), S3Error> {
        let Some(claim) = post_policy::read_form(form.fields, &self.options()).map_err(refused)? else {
            return Ok((Caller::Anonymous, None));
        };
        self.refuse_token(claim.session_token())?;
        let (account, secret) = self.secret_of(claim.access_key())?;
        self.check_region(claim.region(), |region| claim.region() == Some(region))?;
        let length = post_policy::verify_form(&claim, form, &secret, now).map_err(refused)?;
        let identity = self.identity(account, claim.access_key(), claim.region())?;
        Ok((Caller::Root(Arc::new(identity)), length))
    }

    fn options<'a>(&self) -> Options<'a> {
        Options { v2: self.0.v2, ..Options::default() }
    }

    /// Temporary credentials come with the token service; until then no token is one of ours.
    fn refuse_token(&self, token: Option<&str>) -> Result<(), S3Error> {
        match token {
            None => Ok(()),
            Some(_) => Err(ErrorCode::InvalidToken.into()),
        }
    }

    fn secret_of(&self, access_key: &str) -> Result<(AccountId, Secret), S3Error> {
        if access_key == self.0.root.access_key {
            return Ok((self.0.root_account, self.0.root.secret.clone()));
        }
        let row = self.0.catalog.get(&space::access_key(access_key)).map_err(internal)?;
        let unknown = || S3Error::from(ErrorCode::InvalidAccessKeyId).element("AWSAccessKeyId", access_key);
        let row = AccessKeyRow::decode(row.ok_or_else(unknown)?).map_err(internal)?;
        // Only a root user's key acts as its account.
        if !row.active || row.user.is_some() {
            return Err(unknown());
        }
        let secret = open_secret(&self.0.sealer, access_key, row.secret).map_err(internal)?;
        Ok((row.account, secret))
    }

    fn identity(&self, id: AccountId, access_key: &str, region: Option<&str>) -> Result<Identity, S3Error> {
        let row = self.0.catalog.get(&space::account(id)).map_err(internal)?;
        let row = row.ok_or(ErrorCode::InvalidAccessKeyId)?;
        let row = AccountRow::decode(row).map_err(internal)?;
        Ok(Identity {
            account: id,
            canonical_id: row.canonical_id,
            name: row.name,
            access_key: access_key.to_owned(),
            signed_region: region.and_then(Region::parse),
        })
    }

    fn check_region(&self, signed: Option<&str>, covers: impl Fn(&str) -> bool) -> Result<(), S3Error> {
        let regions = &self.0.regions;
        let Some(own) = regions.first() else { return Ok(()) };
        // SigV2 names no region, and clients sign for us-east-1 while they look for a bucket's region.
        if regions.iter().any(|region| covers(region.as_str())) || signed.is_none_or(|r| r == Region::CLASSIC)
        {
            return Ok(());
        }
        let message = format!(
            "The authorization header is malformed; the region '{}' is wrong; expecting '{own}'",
            signed.unwrap_or_default()
        );
        Err(S3Error::with_message(ErrorCode::AuthorizationHeaderMalformed, message)
            .element("Region", own.as_str()))
    }
}

/// A refusal in S3's words.
pub(crate) fn refused(refusal: Refusal) -> S3Error {
    let code = ErrorCode::parse(refusal.code()).unwrap_or(ErrorCode::AccessDenied);
    let mut error = S3Error::with_message(code, refusal.message());
    error.elements = refusal.elements();
    error
}
