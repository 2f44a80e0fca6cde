//! Authorization: the one door between a request and its handler.
//!
//! Each operation says what it acts on and which actions it needs (`Guarded`); `Auth::authorize` finds the bucket,
//! judges every need by the policies and ACLs in force, and alone makes the `Authorized<Op>` that handlers take.

mod access_points;
mod denial;
mod iam;
mod judge;
mod needs;
mod objects;
mod parsed;
mod role;
mod s3;
mod s3control;
mod sessions;
mod sts;
mod through;

use std::fmt;
use std::sync::Arc;

use api::{ErrorCode, Operation, S3Error};
use catalog::table::{AccessPointRow, BucketRow, space};
use model::{AccountId, BucketName, Timestamp};
use rules::copy_source::{self, CopySource};
use rules::percent;

use crate::authn::Auth;
use crate::caller::{Caller, Identity, WebIdentity};
use crate::fault::internal;

pub use access_points::access_point_of_label;
use judge::{Bench, ROOT};
pub use needs::{Facts, Need, Needs, On};
pub use objects::{NoObjects, ObjectFacts, Objects};
pub(crate) use parsed::ParsedPolicies;
pub(crate) use role::account_of_role;
pub use role::{Assumer, Role};

/// What an operation acts on, read from its input.
pub enum Target<'a> {
    /// The account itself (ListBuckets), or what IAM knows.
    Service,
    /// An account that the request names; it must be the caller's own.
    Account {
        id: Option<&'a str>,
    },
    /// A bucket that does not exist yet.
    NewBucket {
        name: &'a str,
    },
    Bucket {
        name: &'a str,
        expected_owner: Option<&'a str>,
    },
    /// A role that somebody wants to be. Its trust policy is judged whatever the operation's needs are.
    Role {
        arn: &'a str,
        assumer: Assumer<'a>,
    },
}

/// An operation that says what it acts on and what it needs. Without this there is no `Authorized<Op>`, hence no
/// handler.
pub trait Guarded: Operation {
    fn target(input: &Self::Input) -> Target<'_>;

    /// The `x-amz-copy-source` of an operation that also reads, and its expected owner.
    fn source(_input: &Self::Input) -> Option<(&str, Option<&str>)> {
        None
    }

    /// Whether an access point may stand for the bucket.
    const THROUGH_ACCESS_POINTS: bool = false;

    /// The actions, each on what. An operation that needs none lets everybody in, the anonymous too.
    fn needs(input: &Self::Input, needs: &mut Needs<'_>);

    /// The condition keys that the input sets.
    fn facts(_input: &Self::Input, _facts: &mut Facts) {}

    /// The serial number of a device and the one-time code that it showed.
    fn code(_input: &Self::Input) -> Option<(&str, &str)> {
        None
    }

    /// Operations on many keys: what each of them needs by itself. One that is refused does not stop the others.
    fn each(_input: &Self::Input) -> Vec<Vec<Need>> {
        Vec::new()
    }
}

/// A bucket as it was when the request was authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: BucketName,
    pub row: BucketRow,
    /// The access point by which the request names it.
    pub via: Option<Arc<AccessPointRow>>,
}

/// Proof that the caller may do this. Only `Auth::authorize` makes it.
pub struct Authorized<O: Guarded> {
    input: O::Input,
    caller: Caller,
    bucket: Option<Bucket>,
    source: Option<(CopySource, Bucket)>,
    role: Option<Role>,
    /// The key that the operation reads; `None` where nothing can keep the caller from knowing whether it is there.
    reads: Option<Read>,
    /// Of operations on many keys; empty when all are allowed.
    refused: Vec<Option<S3Error>>,
}

impl<O: Guarded> Authorized<O> {
    pub fn input(&self) -> &O::Input {
        &self.input
    }

    /// `None` for an anonymous caller whom a policy or an ACL let in.
    pub fn caller(&self) -> Option<&Identity> {
        self.caller.identity()
    }

    /// Who it is, for what nobody anonymous can do.
    pub fn identity(&self) -> Result<&Identity, S3Error> {
        self.caller().ok_or_else(|| ErrorCode::AccessDenied.into())
    }

    /// The caller with its situation.
    pub fn visitor(&self) -> &Caller {
        &self.caller
    }

    /// The bucket that the operation acts on. Operations on a bucket always have one.
    pub fn bucket(&self) -> Result<&Bucket, S3Error> {
        self.bucket.as_ref().ok_or_else(|| internal(Unguarded(O::NAME)))
    }

    /// What a copy reads, in a bucket that the caller may read.
    pub fn source(&self) -> Result<&(CopySource, Bucket), S3Error> {
        self.source.as_ref().ok_or_else(|| internal(Unguarded(O::NAME)))
    }

    /// The role that the caller may be.
    pub fn role(&self) -> Result<&Role, S3Error> {
        self.role.as_ref().ok_or_else(|| internal(Unguarded(O::NAME)))
    }

    /// Whom the token is about with which the caller came.
    pub fn web_identity(&self) -> Option<&WebIdentity> {
        self.caller.web_identity()
    }

    /// When the caller gave a one-time code: with this request, or before its session began.
    pub fn mfa(&self) -> Option<Timestamp> {
        self.caller.mfa()
    }

    /// Why the part of an operation on many keys may not be done, if so.
    pub fn refused(&self, at: usize) -> Option<&S3Error> {
        self.refused.get(at)?.as_ref()
    }
}

struct Unguarded(&'static str);

impl fmt::Display for Unguarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was authorized without what its handler asks for", self.0)
    }
}

impl Auth {
    /// Refuses or lets in. The bucket's existence is settled here too: `NoSuchBucket` comes before anything that
    /// depends on its content. `objects` answers for the few decisions that depend on an object itself.
    pub fn authorize<O: Guarded>(
        &self,
        caller: &Caller,
        input: O::Input,
        objects: &dyn Objects,
    ) -> Result<Authorized<O>, S3Error> {
        sessions::check::<O>(caller)?;
        let mut role = None;
        let bucket = match O::target(&input) {
            Target::Service => None,
            Target::Account { id } => {
                check_account(caller, id)?;
                None
            }
            Target::Role { arn, assumer } => {
                role = Some(self.role_for(caller, arn, assumer)?);
                None
            }
            Target::NewBucket { name } => {
                legal_name(name)?;
                None
            }
            Target::Bucket { name, expected_owner } => {
                let bucket = self.bucket_for(caller, name, expected_owner)?;
                if bucket.via.is_some() && !O::THROUGH_ACCESS_POINTS {
                    return Err(ErrorCode::MethodNotAllowed.into());
                }
                Some(bucket)
            }
        };
        let source =
            O::source(&input).map(|(header, owner)| self.source_for(caller, header, owner)).transpose()?;
        if let (Some(trail), Some(bucket)) = (caller.trail(), &bucket) {
            trail.owner_is(bucket.row.owner);
        }
        let mut authorized = Authorized {
            input,
            caller: caller.clone(),
            bucket,
            source,
            role,
            reads: None,
            refused: Vec::new(),
        };
        let buckets = authorized.bucket.iter().chain(authorized.source.as_ref().map(|(_, bucket)| bucket));
        let unlimited = caller.identity().is_some_and(Identity::is_root)
            && authorized.role.is_none()
            && buckets.into_iter().all(|bucket| is_unlimited(caller, bucket));
        if !unlimited {
            self.judge_all(&mut authorized, objects)?;
        } else if let Some(trail) = caller.trail() {
            trail.note_all(true, ROOT);
        }
        Ok(authorized)
    }

    fn judge_all<O: Guarded>(
        &self,
        authorized: &mut Authorized<O>,
        objects: &dyn Objects,
    ) -> Result<(), S3Error> {
        let (caller, input) = (authorized.caller.clone(), &authorized.input);
        let mut needs = Needs::new(self.catalog(), &caller);
        O::needs(input, &mut needs);
        let mut facts = Facts { keys: policy::Keys::default(), now: caller.situation().now };
        O::facts(input, &mut facts);
        if let Some(failure) = needs.failure {
            return Err(failure);
        }
        // What the input sets wins: a boundary that is put takes the old one's place.
        let mut keys = needs.keys;
        keys.extend(&facts.keys);
        let name = match O::target(input) {
            Target::NewBucket { name } => Some(name.to_owned()),
            Target::Service | Target::Account { .. } | Target::Bucket { .. } | Target::Role { .. } => None,
        };
        let bench = Bench {
            auth: self,
            caller: &caller,
            bucket: authorized.bucket.as_ref(),
            new_bucket: name.as_deref(),
            source: authorized.source.as_ref(),
            role: authorized.role.as_ref(),
            facts: keys,
            objects,
        };
        bench.check_payer()?;
        if let Target::Role { assumer, .. } = O::target(input) {
            bench.judge_assumer(assumer)?;
        }
        for need in &needs.list {
            bench.judge(need)?;
        }
        let reads = needs.list.iter().find_map(|need| match &need.on {
            On::Object { key, .. } => Some(Read::Key(key.clone())),
            On::Source => Some(Read::Source),
            _ => None,
        });
        let judged = |needs: Vec<Need>| needs.iter().try_for_each(|need| bench.judge(need)).err();
        let refused: Vec<Option<S3Error>> = O::each(input).into_iter().map(judged).collect();
        // Somebody unknown who may do nothing of it is told so, and not key by key.
        if let (None, Some(refusal)) = (caller.account(), all_refused(&refused)) {
            return Err(refusal);
        }
        authorized.reads = reads;
        if refused.iter().any(Option::is_some) {
            authorized.refused = refused;
        }
        Ok(())
    }

    /// What a refused read shall say. That a key is absent is told only to who may list the bucket
    /// (AWS "GetObject", Permissions).
    pub fn veil(&self, about: &Veil, error: S3Error) -> S3Error {
        let absent = matches!(error.code, ErrorCode::NoSuchKey | ErrorCode::NoSuchVersion);
        let Some((caller, bucket, key)) = about.0.as_deref().filter(|_| absent) else { return error };
        let bench = Bench {
            auth: self,
            caller,
            bucket: Some(bucket),
            new_bucket: None,
            source: None,
            role: None,
            facts: policy::Keys::default(),
            objects: &NoObjects,
        };
        bench.judge_listing(bucket, key).err().unwrap_or(error)
    }

    fn source_for(
        &self,
        caller: &Caller,
        header: &str,
        expected_owner: Option<&str>,
    ) -> Result<(CopySource, Bucket), S3Error> {
        let source = copy_source::parse(header).ok_or_else(|| malformed_source(header))?;
        if BucketName::parse(&source.bucket).is_err() && !access_points::is_alias(&source.bucket) {
            return Err(about_source(header, "Invalid copy source bucket name"));
        }
        let bucket = self.bucket_for(caller, &source.bucket, expected_owner)?;
        Ok((source, bucket))
    }

    fn bucket_for(
        &self,
        caller: &Caller,
        name: &str,
        expected_owner: Option<&str>,
    ) -> Result<Bucket, S3Error> {
        let bucket = match self.bucket_named(name)? {
            Some(bucket) => bucket,
            None => self.bucket_behind(name)?.ok_or_else(|| no_such_bucket(name))?,
        };
        let row = &bucket.row;
        if expected_owner.is_some_and(|expected| AccountId::parse(expected).is_none()) {
            return Err(ErrorCode::InvalidBucketOwnerAWSAccountID.into());
        }
        if expected_owner.is_some_and(|expected| expected != row.owner.to_string()) {
            if let Some(trail) = caller.trail() {
                trail.note_all(false, "the bucket has another owner than the request expects");
            }
            return Err(ErrorCode::AccessDenied.into());
        }
        Ok(bucket)
    }

    fn bucket_named(&self, name: &str) -> Result<Option<Bucket>, S3Error> {
        if access_points::is_alias(name) {
            return Ok(None);
        }
        let name = legal_name(name)?;
        let Some(row) = self.catalog().get(&space::bucket(&name)).map_err(internal)? else { return Ok(None) };
        Ok(Some(Bucket { name, row: BucketRow::decode(row).map_err(internal)?, via: None }))
    }
}

fn check_account(caller: &Caller, id: Option<&str>) -> Result<(), S3Error> {
    let named = id.and_then(AccountId::parse).ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidRequest, "Invalid account id in the x-amz-account-id header")
    })?;
    if caller.account() == Some(named) {
        return Ok(());
    }
    if let Some(trail) = caller.trail() {
        trail.note_all(false, "the request names another account than the caller's");
    }
    Err(ErrorCode::AccessDenied.into())
}

/// What an operation reads first.
enum Read {
    Key(String),
    Source,
}

/// A key whose absence must be hidden, and from whom.
pub struct Veil(Option<Box<(Caller, Bucket, String)>>);

impl<O: Guarded> Authorized<O> {
    /// Taken before the handler consumes the request.
    pub fn veil(&self) -> Veil {
        let read = match (&self.reads, &self.bucket, &self.source) {
            (Some(Read::Key(key)), Some(bucket), _) => Some((bucket, key)),
            (Some(Read::Source), _, Some((source, bucket))) => Some((bucket, &source.key)),
            _ => None,
        };
        Veil(read.map(|(bucket, key)| Box::new((self.caller.clone(), bucket.clone(), key.clone()))))
    }
}

/// Nothing can keep a root from what is its account's, unless a policy or an ACL might.
fn is_unlimited(caller: &Caller, bucket: &Bucket) -> bool {
    let access = &bucket.row.access;
    caller.is_root_of(bucket.row.owner)
        && access.policy.is_none()
        && access.is_enforced()
        && bucket.via.is_none()
}

fn all_refused(refused: &[Option<S3Error>]) -> Option<S3Error> {
    let all = refused.iter().all(Option::is_some);
    refused.first().filter(|_| all).cloned().flatten()
}

fn legal_name(name: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(name)
        .map_err(|_| S3Error::from(ErrorCode::InvalidBucketName).element("BucketName", name))
}

fn no_such_bucket(name: &str) -> S3Error {
    S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", name)
}

fn malformed_source(header: &str) -> S3Error {
    let path = header.split_once('?').map_or(header, |(path, _)| path);
    match percent::decode_path(path) {
        None => about_source(header, "Invalid copy source encoding"),
        Some(_) => {
            about_source(header, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        }
    }
}

fn about_source(header: &str, message: &'static str) -> S3Error {
    S3Error::invalid_argument("x-amz-copy-source", header, message)
}
