//! Authentication: from what a request claims to who makes it.

use std::sync::{Arc, OnceLock};

use api::{Arrival, ErrorCode, S3Error};
use catalog::Catalog;
use model::{AccountId, Region, Timestamp};
use oidc::Verifier;
use seal::Sealer;
use sigv4::post_policy::{self, Form, LengthRange, SignedForm};
use sigv4::{Claim, Options, PayloadMode, Refusal, RequestView, Scope, Secret, SignedClaim, V2};

use crate::authz::ParsedPolicies;
use crate::caller::{Caller, Identity, Proof, Situation};
use crate::credential::Credential;
use crate::keys::Keys;
use crate::throttle::{self, Throttle, Vouched};
use crate::uses::Uses;

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
    verifier: OnceLock<Verifier>,
    keys: Keys,
    policies: ParsedPolicies,
    throttle: Throttle,
    uses: Uses,
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
        let (keys, policies, uses) = (Keys::default(), ParsedPolicies::default(), Uses::default());
        let throttle = Throttle::default();
        let verifier = OnceLock::new();
        let inner = Inner {
            catalog,
            root,
            root_account,
            regions,
            v2,
            sealer,
            verifier,
            keys,
            policies,
            throttle,
            uses,
        };
        Self(Arc::new(inner))
    }

    /// Tokens of identity providers are proven by this one from now on; without it none is. The first counts.
    pub fn prove_tokens_by(&self, verifier: Verifier) {
        let _ = self.0.verifier.set(verifier);
    }

    pub(crate) fn verifier(&self) -> Option<&Verifier> {
        self.0.verifier.get()
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// The account that administers this site.
    pub fn root_account(&self) -> AccountId {
        self.0.root_account
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(crate) fn root_credentials(&self) -> &Credentials {
        &self.0.root
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn parsed_policies(&self) -> &ParsedPolicies {
        &self.0.policies
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.0.uses
    }

    /// Before a byte of the body is read, but where the arrival knows the body's hash. `host_bucket` is the bucket that
    /// the Host header names, if it names one.
    pub fn authenticate(
        &self,
        view: &RequestView<'_>,
        host_bucket: Option<&str>,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<Authenticated, S3Error> {
        let situation = Situation::of_head(view, arrival, now);
        let services = [arrival.service.scope()];
        let options = Options { host_bucket, services: &services, ..self.options() };
        let claim = match sigv4::read_claim(view, &options).map_err(unread)? {
            Claim::Anonymous => {
                let payload = sigv4::anonymous_payload(view).map_err(unread)?;
                let caller = Caller::new(None, situation).audited(arrival.audited);
                return Ok(Authenticated { caller, payload });
            }
            Claim::Signed(claim) => match arrival.body_sha256 {
                Some(sha256) => Box::new(claim.bind_body(sha256)),
                None => claim,
            },
        };
        let throttle = &self.0.throttle;
        throttle
            .check(arrival, claim.access_key(), now, || self.is_vouched(claim.access_key(), arrival, now))?;
        let proven = self.prove_claim(&claim, view, arrival, now);
        let (identity, payload) =
            proven.map_err(|error| throttle.refused(arrival, claim.access_key(), now, error))?;
        let caller = Caller::new(Some(identity), situation.signed_by(&claim)).audited(arrival.audited);
        Ok(Authenticated { caller, payload })
    }

    /// Did the key verify from there lately?
    fn is_vouched(&self, access_key: &str, arrival: &Arrival, now: Timestamp) -> bool {
        self.0.keys.vouched(access_key).is_some_and(|vouched| vouched.holds(arrival, now))
    }

    fn prove_claim(
        &self,
        claim: &SignedClaim,
        view: &RequestView<'_>,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<(Arc<Identity>, PayloadMode), S3Error> {
        claim.check_time(now).map_err(refused)?;
        let credential = self.credential(claim.access_key(), claim.session_token(), now)?;
        self.check_region(claim.region(), |region| claim.covers_region(region))?;
        let derive = |secret: &Secret| sigv4::Key::derive(claim, secret);
        let verify = |key: &sigv4::Key| sigv4::verify_with_key(claim, view, key, now);
        let (identity, vouched, verified) =
            self.prove_by(&credential, (claim.access_key(), claim.region()), claim.scope(), derive, verify)?;
        vouched.note(arrival, now);
        self.uses().note(&identity, arrival.service.scope(), now);
        Ok((identity, verified.payload))
    }

    /// By the key that is kept for the scope, or by one that is derived, and kept once it proved the signature.
    fn prove_by<T>(
        &self,
        credential: &Credential,
        (access_key, region): (&str, Option<&str>),
        scope: &Scope,
        derive: impl FnOnce(&Secret) -> sigv4::Key,
        verify: impl FnOnce(&sigv4::Key) -> Result<T, Refusal>,
    ) -> Result<(Arc<Identity>, Vouched, T), S3Error> {
        let (origin, scope) = (&credential.origin, scope.as_str());
        if let Some((key, identity, vouched)) = self.0.keys.find(access_key, origin, scope) {
            return Ok((identity, vouched, verify(&key).map_err(refused)?));
        }
        let (secret, identity) = self.open(credential, access_key, region)?;
        let (key, identity) = (derive(&secret), Arc::new(identity));
        let proven = verify(&key).map_err(refused)?;
        let vouched = self.0.keys.keep(access_key, origin, scope, key, identity.clone());
        Ok((identity, vouched, proven))
    }

    /// A POST form: its signature covers the policy, and the policy covers the form.
    pub fn authenticate_form(
        &self,
        form: &Form<'_>,
        view: &RequestView<'_>,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<(Caller, Option<LengthRange>), S3Error> {
        let situation = Situation::of_head(view, arrival, now);
        let Some(claim) = post_policy::read_form(form.fields, &self.options()).map_err(unread)? else {
            return Ok((Caller::new(None, situation).audited(arrival.audited), None));
        };
        let throttle = &self.0.throttle;
        throttle
            .check(arrival, claim.access_key(), now, || self.is_vouched(claim.access_key(), arrival, now))?;
        let proven = self.prove_form(&claim, form, arrival, now);
        let (identity, length) =
            proven.map_err(|error| throttle.refused(arrival, claim.access_key(), now, error))?;
        let situation = situation.proven(Proof::Form, claim.scheme(), None);
        Ok((Caller::new(Some(identity), situation).audited(arrival.audited), length))
    }

    fn prove_form(
        &self,
        claim: &SignedForm,
        form: &Form<'_>,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<(Arc<Identity>, Option<LengthRange>), S3Error> {
        let credential = self.credential(claim.access_key(), claim.session_token(), now)?;
        self.check_region(claim.region(), |region| claim.region() == Some(region))?;
        let derive = |secret: &Secret| claim.derive_key(secret);
        let verify = |key: &sigv4::Key| post_policy::verify_form_with_key(claim, form, key, now);
        let (identity, vouched, length) =
            self.prove_by(&credential, (claim.access_key(), claim.region()), claim.scope(), derive, verify)?;
        vouched.note(arrival, now);
        self.uses().note(&identity, arrival.service.scope(), now);
        Ok((identity, length))
    }

    fn options<'a>(&self) -> Options<'a> {
        Options { v2: self.0.v2, ..Options::default() }
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

/// A claim that cannot be read is nobody's.
fn unread(refusal: Refusal) -> S3Error {
    let error = refused(refusal);
    throttle::counted(error.code);
    error
}

/// A refusal in S3's words.
pub(crate) fn refused(refusal: Refusal) -> S3Error {
    let code = ErrorCode::parse(refusal.code()).unwrap_or(ErrorCode::AccessDenied);
    let mut error = S3Error::with_message(code, refusal.message());
    error.elements = refusal.elements();
    error
}
