//! One need, judged by everything that has a say: identity, bucket policy, ACLs, public access blocks.

use api::{ErrorCode, S3Error};
use catalog::table::{AccountAccessRow, TagsRow, space};
use model::{AccountId, Acl, Permission, PublicAccessBlock};
use policy::{Allowed, Asked, Attached, Decision, Denied, Keys, Policies, Policy, Request};
use rules::copy_source::CopySource;

use super::denial::refusal;
use super::needs::{Along, Need, On};
use super::objects::{ObjectFacts, Objects};
use super::parsed::Kept;
use super::role::Role;
use super::through::Entrance;
use super::{Auth, Bucket};
use crate::caller::{Caller, Identity, Named};
use crate::fault::internal;

/// The reason of what needs no policy.
pub(super) const ROOT: &str = "allowed to the account's root";

/// Where one request is judged.
pub(super) struct Bench<'a> {
    pub auth: &'a Auth,
    pub caller: &'a Caller,
    pub bucket: Option<&'a Bucket>,
    pub new_bucket: Option<&'a str>,
    pub source: Option<&'a (CopySource, Bucket)>,
    pub role: Option<&'a Role>,
    /// Keys that the input sets.
    pub facts: Keys,
    pub objects: &'a dyn Objects,
}

/// What an ACL decides, and for whom.
enum AclOf<'a> {
    Nothing,
    Bucket(&'a Acl, Permission),
    Object(Acl, Permission),
    /// No ACL at all, and as good as one: the caller began the upload.
    Own,
}

impl Bench<'_> {
    /// In a bucket whose requesters pay, others than the owner's account must say that they do.
    ///
    /// Source: AWS "Using Requester Pays buckets".
    pub fn check_payer(&self) -> Result<(), S3Error> {
        let mut buckets = self.bucket.into_iter().chain(self.source.map(|(_, bucket)| bucket));
        let pays = |bucket: &Bucket| {
            !bucket.row.access.requester_pays
                || self.caller.account() == Some(bucket.row.owner)
                || (self.caller.account().is_some() && self.caller.situation().pays)
        };
        if buckets.all(pays) {
            return Ok(());
        }
        self.note_all("the requester must pay and does not say that it does");
        Err(ErrorCode::AccessDenied.into())
    }

    pub fn judge(&self, need: &Need) -> Result<(), S3Error> {
        match &need.on {
            On::Role => self.judge_role(need.action),
            On::Service => self.judge_own(need.action, "*"),
            On::Arn(arn) => self.judge_own(need.action, arn),
            On::Bucket => match (self.bucket, self.new_bucket) {
                (Some(bucket), _) => {
                    let acl = bucket_acl(bucket, bucket_permission(need.action));
                    self.judge_in(bucket, need.action, bucket_arn(bucket), None, acl)?;
                    self.check_belongs(bucket, need.action)
                }
                (None, Some(name)) => self.judge_own(need.action, &format!("arn:aws:s3:::{name}")),
                (None, None) => Err(unbound(need.action)),
            },
            On::Key(key) => {
                let bucket = self.bucket.ok_or_else(|| unbound(need.action))?;
                let acl = bucket_acl(bucket, key_permission(need.action));
                self.judge_in(bucket, need.action, object_arn(bucket, key), None, acl)
            }
            On::Object { key, version_id } => {
                let bucket = self.bucket.ok_or_else(|| unbound(need.action))?;
                self.judge_object(bucket, need.action, key, version_id.as_deref())
            }
            On::Upload { key, upload_id } => {
                let bucket = self.bucket.ok_or_else(|| unbound(need.action))?;
                let began = match self.caller.identity() {
                    Some(identity) => self.objects.began(bucket, key, upload_id, identity)?,
                    None => false,
                };
                let acl = if began { AclOf::Own } else { AclOf::Nothing };
                self.judge_in(bucket, need.action, object_arn(bucket, key), None, acl)
            }
            On::Source => {
                let (source, bucket) = self.source.ok_or_else(|| unbound(need.action))?;
                self.judge_object(bucket, need.action, &source.key, source.version_id.as_deref())
            }
            On::Along { what, to } => {
                let (source, bucket) = self.source.ok_or_else(|| unbound(need.action))?;
                let (key, version_id) = (&source.key, source.version_id.as_deref());
                let there = self.objects.facts(bucket, key, version_id)?.is_some_and(|facts| match what {
                    Along::Tags => !facts.tags.is_empty(),
                    Along::Annotations => facts.annotated,
                });
                match to {
                    _ if !there => Ok(()),
                    None => self.judge_object(bucket, need.action, key, version_id),
                    Some(to) => self.judge(&Need { action: need.action, on: On::key(to) }),
                }
            }
        }
    }

    /// A bucket's policy is its own account's affair, whatever it allows to others.
    ///
    /// Source: AWS "PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy".
    fn check_belongs(&self, bucket: &Bucket, action: &str) -> Result<(), S3Error> {
        let own = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].contains(&action);
        if !own || self.caller.account() == Some(bucket.row.owner) {
            return Ok(());
        }
        self.note_all("only the bucket's own account deals with its policy");
        Err(ErrorCode::MethodNotAllowed.into())
    }

    /// What belongs to the caller's own account: only its own policies have a say.
    fn judge_own(&self, action: &'static str, resource: &str) -> Result<(), S3Error> {
        if self.caller.account().is_none() {
            self.note_all("anonymous callers have no account");
            return Err(ErrorCode::AccessDenied.into());
        }
        let request = self.request(action, resource.to_owned(), None, None, &[], &[]);
        self.settle(&request, None, false)
    }

    fn judge_object(
        &self,
        bucket: &Bucket,
        action: &'static str,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<(), S3Error> {
        let facts =
            if self.needs_facts(bucket)? { self.objects.facts(bucket, key, version_id)? } else { None };
        let acl = match (&facts, object_permission(action)) {
            (Some(ObjectFacts { acl: Some(acl), .. }), Some(wanted)) if !bucket.row.access.is_enforced() => {
                AclOf::Object(acl.clone(), wanted)
            }
            _ => AclOf::Nothing,
        };
        let known = facts.is_some();
        let judged = self.judge_in(bucket, action, object_arn(bucket, key), facts, acl);
        match judged {
            Err(refusal) if !known && refusal.code == ErrorCode::AccessDenied => {
                let absent = self.objects.facts(bucket, key, version_id)?.is_none();
                let told = absent && self.judge_listing(bucket, key).is_ok();
                Err(if told { no_such(key, version_id) } else { refusal })
            }
            judged => judged,
        }
    }

    /// That a key is absent may be known by whoever may list it.
    pub(super) fn judge_listing(&self, bucket: &Bucket, key: &str) -> Result<(), S3Error> {
        let mut facts = Keys::default();
        facts.set("s3:prefix", key);
        let bench = Self { facts, ..*self };
        let acl = bucket_acl(bucket, Some(Permission::Read));
        bench.judge_in(bucket, "s3:ListBucket", bucket_arn(bucket), None, acl)
    }

    /// An object is looked at only where its owner, ACL or tags can matter.
    fn needs_facts(&self, bucket: &Bucket) -> Result<bool, S3Error> {
        if !bucket.row.access.is_enforced() {
            return Ok(true);
        }
        let ask = |asked: &Asked| asked.has_below("s3:existingobjecttag/");
        if self.caller.identity().is_some_and(|identity| ask(&identity.asked)) {
            return Ok(true);
        }
        let of_point = self.entrance(bucket)?.and_then(|entrance| entrance.kept);
        let mut policies = self.bucket_policy(bucket)?.into_iter().chain(of_point);
        Ok(policies.any(|kept| ask(kept.policy.asked())))
    }

    fn judge_in(
        &self,
        bucket: &Bucket,
        action: &'static str,
        resource: String,
        facts: Option<ObjectFacts>,
        acl: AclOf<'_>,
    ) -> Result<(), S3Error> {
        let (kept, entrance) = (self.bucket_policy(bucket)?, self.entrance(bucket)?);
        let block = self.block_where_it_counts(bucket, entrance.as_ref(), kept.as_ref(), &acl)?;
        let granted = self.is_granted(&acl, block.ignore_public_acls);
        let tags = facts.as_ref().map(|facts| facts.tags.as_slice()).unwrap_or_default();
        let mut more = self.bucket_tags(bucket)?;
        let vouched = match &entrance {
            Some(entrance) => {
                let began = matches!(acl, AclOf::Own);
                self.judge_entrance(entrance, action, &resource, began, tags, &mut more)?
            }
            None => None,
        };
        let policy = kept.as_ref().map(|kept| &*kept.policy);
        let mut request = self.request(action, resource, Some(bucket.row.owner), policy, tags, &more);
        let mut owner = bucket.row.owner;
        let mut decides = kept.as_ref();
        let others = facts.as_ref().map(|facts| facts.owner).filter(|_| !bucket.row.access.is_enforced());
        if let Some(other) = others.filter(|other| *other != owner) {
            // Somebody else's object in this bucket: the bucket's policy may forbid, but only the object's owner and its
            // ACL allow.
            self.decide(&request, decides, false, |decision| match decision {
                Decision::Denied(Denied::Explicitly(_)) => self.settled(&request, &decision),
                _ => Ok(()),
            })?;
            request = self.request(action, request.resource().to_owned(), Some(other), None, tags, &more);
            (owner, decides) = (other, None);
        }
        self.decide(&request, decides, granted, |decision| match decision {
            // Its own policies allowed it, under the name by which the request came.
            Decision::Denied(Denied::Implicitly(_)) if vouched == Some(owner) => Ok(()),
            decision => self.settled(&request, &decision),
        })
    }

    /// The public access blocks of the access point, the bucket and its account, where they can matter. A public policy
    /// that must not be lets in nobody from elsewhere.
    fn block_where_it_counts(
        &self,
        bucket: &Bucket,
        entrance: Option<&Entrance>,
        kept: Option<&Kept>,
        acl: &AclOf<'_>,
    ) -> Result<PublicAccessBlock, S3Error> {
        let caller = self.caller.account();
        let within = caller == Some(bucket.row.owner)
            && entrance.is_none_or(|entrance| caller == Some(entrance.row.account));
        let of_point = entrance.and_then(|entrance| entrance.kept.as_ref());
        let public = !within && kept.into_iter().chain(of_point).any(|kept| kept.public);
        let by_acl = matches!(acl, AclOf::Bucket(..) | AclOf::Object(..));
        if !public && !by_acl {
            return Ok(PublicAccessBlock::default());
        }
        let block = self.public_access_block(bucket)?;
        if public && block.restrict_public_buckets {
            self.note_all("a policy is public and a public access block restricts that");
            return Err(ErrorCode::AccessDenied.into());
        }
        Ok(block)
    }

    /// `policy` is the resource's: the request tells what it and the caller's own ask for, and no other decides it.
    pub(super) fn request(
        &self,
        action: &'static str,
        resource: String,
        owner: Option<AccountId>,
        policy: Option<&Policy>,
        tags: &[(String, String)],
        more: &[(String, String)],
    ) -> Request {
        let own = self.caller.identity().map(|identity| identity.asked.clone()).unwrap_or_default();
        let of_resource = policy.map(|policy| policy.asked().clone()).unwrap_or_default();
        let mut keys = Keys::asked_by(own, of_resource);
        keys.extend(&self.facts);
        for (name, value) in more {
            keys.set(name, value.as_str());
        }
        if let Some(identity) = self.caller.identity() {
            keys.extend(&identity.standing.keys);
            if let Some(region) = &identity.signed_region {
                keys.tell("aws:requestedregion", || Some(region.as_str()));
            }
        }
        self.caller.describe(&mut keys);
        for (name, value) in tags {
            keys.set(&format!("s3:ExistingObjectTag/{name}"), value.as_str());
        }
        Request::new(self.caller.subject(), action, resource, owner, keys)
    }

    fn settle(&self, request: &Request, bucket: Option<&Kept>, acl_allows: bool) -> Result<(), S3Error> {
        self.decide(request, bucket, acl_allows, |decision| self.settled(request, &decision))
    }

    pub(super) fn settled(&self, request: &Request, decision: &Decision<'_>) -> Result<(), S3Error> {
        self.note(request, decision);
        match decision {
            Decision::Allowed(_) => Ok(()),
            Decision::Denied(denied) => Err(refusal(request, *denied)),
        }
    }

    pub(super) fn note(&self, request: &Request, decision: &Decision<'_>) {
        if let Some(trail) = self.caller.trail() {
            trail.note(request.action(), request.resource(), decision.is_allowed(), self.reason(decision));
        }
    }

    fn reason(&self, decision: &Decision<'_>) -> String {
        match decision {
            Decision::Allowed(Allowed { identity: None, resource: None }) => {
                let root = self.caller.identity().is_some_and(Identity::is_root);
                let by = if root { ROOT } else { "allowed by an ACL" };
                by.to_owned()
            }
            decision => decision.to_string(),
        }
    }

    /// Of a refusal that no policy's statement explains.
    pub(super) fn note_all(&self, reason: &str) {
        if let Some(trail) = self.caller.trail() {
            trail.note_all(false, reason);
        }
    }

    pub(super) fn decide<T>(
        &self,
        request: &Request,
        bucket: Option<&Kept>,
        acl_allows: bool,
        then: impl FnOnce(Decision<'_>) -> T,
    ) -> T {
        let resource = bucket.map(|kept| Attached { name: "bucket policy", policy: &kept.policy });
        self.decide_by(request, resource, acl_allows, then)
    }

    /// By the resource's policy, whatever the resource is.
    pub(super) fn decide_by<T>(
        &self,
        request: &Request,
        resource: Option<Attached<'_>>,
        acl_allows: bool,
        then: impl FnOnce(Decision<'_>) -> T,
    ) -> T {
        let standing = self.caller.identity().map(|identity| &identity.standing);
        let identity = attached(standing.map(|standing| &standing.identity));
        let session = attached(standing.map(|standing| &standing.session));
        let policies = Policies {
            identity: &identity,
            resource,
            acl_allows,
            boundary: standing.and_then(|standing| standing.boundary.as_ref()).map(Named::attached),
            session: &session,
            control: &[],
        };
        then(policy::evaluate(request, &policies))
    }

    /// As condition keys, where the bucket lets its tags decide.
    ///
    /// Source: AWS "Using tags for attribute-based access control (ABAC)".
    pub(super) fn bucket_tags(&self, bucket: &Bucket) -> Result<Vec<(String, String)>, S3Error> {
        if !bucket.row.access.abac {
            return Ok(Vec::new());
        }
        let row = self.auth.catalog().get(&space::bucket_tags(bucket.row.id)).map_err(internal)?;
        let row = row.map(TagsRow::decode).transpose().map_err(internal)?;
        let tags = row.into_iter().flat_map(|row| row.tags);
        let keys = tags.flat_map(|(name, value)| {
            ["aws:ResourceTag", "s3:BucketTag"].map(|key| (format!("{key}/{name}"), value.clone()))
        });
        Ok(keys.collect())
    }

    pub(super) fn bucket_policy(&self, bucket: &Bucket) -> Result<Option<Kept>, S3Error> {
        self.auth.parsed_policies().of_bucket(self.auth.catalog(), bucket)
    }

    /// The bucket's, its account's, and that of the access point by which the request comes, together.
    pub(super) fn public_access_block(&self, bucket: &Bucket) -> Result<PublicAccessBlock, S3Error> {
        let row = self.auth.catalog().get(&space::account_access(bucket.row.owner)).map_err(internal)?;
        let account = row.map(AccountAccessRow::decode).transpose().map_err(internal)?.unwrap_or_default();
        let own = bucket.row.access.public_access_block.unwrap_or_default();
        let via = bucket.via.as_ref().map(|point| point.public_access_block).unwrap_or_default();
        Ok(own.or(account.public_access_block.unwrap_or_default()).or(via))
    }

    fn is_granted(&self, acl: &AclOf<'_>, ignore_public: bool) -> bool {
        let (acl, wanted) = match acl {
            AclOf::Nothing => return false,
            AclOf::Own => return true,
            AclOf::Bucket(acl, wanted) => (*acl, *wanted),
            AclOf::Object(acl, wanted) => (acl, *wanted),
        };
        let caller = self.caller.identity().map(|identity| &identity.canonical_id);
        rules::acl::grants(acl, caller, wanted, ignore_public)
    }
}

fn attached(named: Option<&Vec<Named>>) -> Vec<Attached<'_>> {
    named.into_iter().flatten().map(Named::attached).collect()
}

fn no_such(key: &str, version_id: Option<&str>) -> S3Error {
    match version_id {
        None => S3Error::from(ErrorCode::NoSuchKey).element("Key", key),
        Some(id) => S3Error::from(ErrorCode::NoSuchVersion).element("Key", key).element("VersionId", id),
    }
}

fn bucket_acl(bucket: &Bucket, wanted: Option<Permission>) -> AclOf<'_> {
    match (&bucket.row.access.acl, wanted) {
        (Some(acl), Some(wanted)) if !bucket.row.access.is_enforced() => AclOf::Bucket(acl, wanted),
        _ => AclOf::Nothing,
    }
}

/// Source: AWS "Access control list (ACL) overview", Mapping of ACL permissions and access policy permissions.
fn bucket_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:ListBucket" | "s3:ListBucketVersions" | "s3:ListBucketMultipartUploads" => Some(Permission::Read),
        "s3:GetBucketAcl" => Some(Permission::ReadAcp),
        "s3:PutBucketAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

/// Who may write into the bucket may say with a new object what belongs to it.
fn key_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:PutObject"
        | "s3:PutObjectAcl"
        | "s3:PutObjectTagging"
        | "s3:PutObjectAnnotation"
        | "s3:DeleteObject" => Some(Permission::Write),
        _ => None,
    }
}

fn object_permission(action: &str) -> Option<Permission> {
    match action {
        "s3:GetObject" | "s3:GetObjectVersion" | "s3:GetObjectTorrent" | "s3:GetObjectVersionTorrent" => {
            Some(Permission::Read)
        }
        "s3:GetObjectAcl" | "s3:GetObjectVersionAcl" => Some(Permission::ReadAcp),
        "s3:PutObjectAcl" | "s3:PutObjectVersionAcl" => Some(Permission::WriteAcp),
        _ => None,
    }
}

fn bucket_arn(bucket: &Bucket) -> String {
    format!("arn:aws:s3:::{}", bucket.name)
}

fn object_arn(bucket: &Bucket, key: &str) -> String {
    format!("arn:aws:s3:::{}/{key}", bucket.name)
}

pub(super) fn unbound(action: &str) -> S3Error {
    internal(format!("{action} was to be judged on a bucket that the operation does not name"))
}
