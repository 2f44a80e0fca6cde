//! RenameObject: an object under another key of its bucket, in one commit.
//!
//! AWS has it in directory buckets, which know no versions; so here it is for buckets that never had any. What the
//! object is stays: metadata, tags, times, ETag. Parts of an upload stay where they are; other bytes land again, because
//! what is recorded beside them says which key they belong to.

use api::s3::{RenameObject, RenameObjectInput, RenameObjectOutput};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use bytes::Bytes;
use catalog::table::{BucketRow, Content, VersionRow, VersionState};
use catalog::{Decision, Fault, View};
use model::{ObjectKey, Ordinal, Timestamp, Versioning};
use rules::copy_source;
use rules::precondition::{self, Conditions, ReadChoice};
use rules::versioning;

use crate::deed::Deed;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::object::put::WriteConditions;
use crate::owner::ChunkOwner;
use crate::state::Version;
use crate::{attributes, fault, state};

/// What a rename asks of both of its keys.
#[derive(Clone)]
struct Asked {
    source: ObjectKey,
    target: ObjectKey,
    of_source: Conditions,
    of_target: WriteConditions,
    target_dates: Conditions,
}

impl Handle<RenameObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<RenameObject>,
        _body: Body,
    ) -> Result<(RenameObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let asked = read(input, bucket)?;
        if bucket.row.versioning != Versioning::Unversioned {
            return Err(with_versions());
        }
        let pin = self.pins().pin(self.catalog().last_ordinal());
        let found = {
            let view = self.catalog().snapshot().map_err(fault::catalog)?;
            asked.check(&view, &bucket.row, self.clock().now()).map_err(fault::catalog)??
        };
        let Version { ordinal: seen, row } = found;
        let mut content = None;
        if let Some(object) = row.object()
            && matches!(object.content, Content::Stored(_))
        {
            let body = self.body_of(bucket.row.id, &object.content, 0..object.size_bytes, pin)?;
            let owner = || ChunkOwner::Object { bucket: bucket.row.id, key: asked.target.clone() }.recorded();
            content = Some(self.land(object.class, owner, body, &[]).await?.content);
        }
        self.rename(bucket, asked, seen, content).await?;
        Ok((RenameObjectOutput {}, None))
    }
}

fn read(input: &RenameObjectInput, bucket: &Bucket) -> Result<Asked, S3Error> {
    let header = input.rename_source.as_deref().unwrap_or_default();
    let named = copy_source::parse_rename(header, bucket.name.as_str());
    let invalid = |message| S3Error::invalid_argument("x-amz-rename-source", header, message);
    let named = named.ok_or_else(|| invalid("The source must be an object of the same bucket"))?;
    let asked = Asked {
        source: attributes::object_key(&named)?,
        target: attributes::object_key(&input.key)?,
        of_source: Conditions {
            if_match: input.source_if_match.clone(),
            if_none_match: input.source_if_none_match.clone(),
            if_modified_since: input.source_if_modified_since,
            if_unmodified_since: input.source_if_unmodified_since,
        },
        of_target: WriteConditions {
            if_match: input.destination_if_match.clone(),
            if_none_match: input.destination_if_none_match.clone(),
        },
        target_dates: Conditions {
            if_modified_since: input.destination_if_modified_since,
            if_unmodified_since: input.destination_if_unmodified_since,
            ..Conditions::default()
        },
    };
    if asked.source == asked.target {
        return Err(invalid("The source and the destination are the same"));
    }
    if [&asked.source, &asked.target].iter().any(|key| key.as_str().ends_with('/')) {
        return Err(invalid("A key that ends with the delimiter cannot be renamed"));
    }
    Ok(asked)
}

fn with_versions() -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, "RenameObject is not for buckets with versions")
}

impl Asked {
    /// The version that the source is, if all conditions hold.
    fn check(
        &self,
        view: &dyn View,
        bucket: &BucketRow,
        now: Timestamp,
    ) -> Result<Result<Version, S3Error>, Fault> {
        let target = state::head(view, bucket, &self.target)?;
        let version = match state::resolve(view, bucket, &self.source, None) {
            Ok(version) => version,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let standing = version
            .row
            .object()
            .map(|object| precondition::Standing { etag: object.etag, modified: version.row.modified });
        let held = self
            .of_target
            .check(target.as_ref(), &self.target)
            .and_then(|()| {
                hold(
                    &self.target_dates,
                    target.and_then(|head| head.current).map(|c| state::standing(&c)),
                    now,
                )
            })
            .and_then(|()| hold(&self.of_source, standing, now));
        Ok(held.map(|()| version))
    }
}

/// Each condition that does not hold is 412: nothing is read that a cache could have.
fn hold(
    conditions: &Conditions,
    standing: Option<precondition::Standing>,
    now: Timestamp,
) -> Result<(), S3Error> {
    match standing.map(|standing| precondition::choose_copy_source(conditions, standing, now)) {
        None | Some(ReadChoice::Proceed) => Ok(()),
        Some(_) => Err(ErrorCode::PreconditionFailed.into()),
    }
}

impl Hall {
    /// The commit; `content` is what landed again, if anything had to.
    async fn rename(
        &self,
        bucket: &Bucket,
        asked: Asked,
        seen: Ordinal,
        content: Option<Content>,
    ) -> Result<(), S3Error> {
        let landed = content.clone();
        let group = object_group(bucket.row.id, &asked.target);
        let bucket = bucket.clone();
        let done = self.catalog().commit(group, move |view, ordinal| {
            let Some(row) = state::bucket(view, &bucket)? else {
                return Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into()));
            };
            if row.versioning != Versioning::Unversioned {
                return Ok(Decision::Refuse(with_versions()));
            }
            let version = match asked.check(view, &row, ordinal.timestamp())? {
                Ok(version) if version.ordinal == seen => version,
                Ok(_) => return Ok(Decision::Refuse(ErrorCode::ConditionalRequestConflict.into())),
                Err(refusal) => return Ok(Decision::Refuse(refusal)),
            };
            let (taken, left) = part(version.row, content.clone());
            let target = state::head(view, &row, &asked.target)?;
            let source = state::head(view, &row, &asked.source)?;
            let mut deed = Deed::new(view, &row, &asked.target, ordinal);
            deed.add_version(target.as_ref(), versioning::choose_put(row.versioning), &taken)?;
            let mut deed = deed.turn_to(&asked.source);
            deed.remove_version(source.as_ref(), seen, &left)?;
            Ok(Decision::Write(deed.into_writes(), ()))
        });
        let outcome = done.await;
        let keeps = match &outcome {
            Ok(Ok(())) => true,
            Ok(Err(_)) => false,
            Err(fault) => fault.outcome_unknown(),
        };
        if let (false, Some(landed)) = (keeps, landed) {
            self.discard(landed);
        }
        outcome.map_err(fault::catalog)?
    }
}

/// The version under its new key, and what is left to remove under the old one: bytes that moved along are not.
fn part(row: VersionRow, content: Option<Content>) -> (VersionRow, VersionRow) {
    let (mut taken, mut left) = (row.clone(), row);
    if let (VersionState::Object(taken), VersionState::Object(left)) = (&mut taken.state, &mut left.state) {
        // Annotations hang on the salt, which moves along.
        left.annotations = 0;
        match content {
            Some(landed) => taken.content = landed,
            None => left.content = Content::Inline(Bytes::new()),
        }
    }
    (taken, left)
}
