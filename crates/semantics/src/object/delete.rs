//! DeleteObject: removes a version, or puts a delete marker on top.

use api::s3::{DeleteObject, DeleteObjectOutput};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::table::{BucketRow, VersionRow, VersionState};
use catalog::{Decision, Fault, View, Write};
use model::{AccountId, ObjectKey, Ordinal, VersionId};
use rules::object_lock::{self, Choice};
use rules::precondition::{self, DeleteConditions, Standing};
use rules::versioning::{self, DeleteChoice};

use crate::deed::Deed;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::object::put::refusal_of;
use crate::{attributes, fault, marks, people, state};

/// What a delete did, as headers and DeleteResult show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// A delete marker was made, or the version that went was one.
    pub(crate) marker: bool,
    /// The version that went, or the delete marker that was made.
    pub(crate) version_id: Option<String>,
}

/// What to delete and under which conditions.
#[derive(Clone)]
pub(crate) struct Doomed {
    pub(crate) key: ObjectKey,
    pub(crate) version: Option<VersionId>,
    pub(crate) conditions: DeleteConditions,
    /// The caller may and wants to bypass governance mode.
    pub(crate) bypass: bool,
}

impl Handle<DeleteObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteObject>,
        _body: Body,
    ) -> Result<(DeleteObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        if input.version_id.is_some() && input.if_match.is_some() {
            return Err(S3Error::not_implemented("If-Match"));
        }
        if input.version_id.is_some() && bucket.row.access.mfa_delete == Some(true) {
            marks::require_code(request.visitor())?;
        }
        let bypass = marks::read_bypass(&bucket.row, input.bypass_governance_retention)?;
        let version = input.version_id.as_deref().map(|id| state::parse_version_id(&bucket.row, id));
        let doomed = Doomed {
            key: attributes::object_key(&input.key)?,
            version: version.transpose()?,
            conditions: DeleteConditions {
                if_match: input.if_match.clone(),
                size_bytes: input.if_match_size.and_then(|size| u64::try_from(size).ok()),
                modified: input.if_match_last_modified_time,
            },
            bypass,
        };
        let deleted = self.delete_one(bucket, people::writer(request.caller(), bucket), doomed).await?;
        let output = DeleteObjectOutput {
            delete_marker: deleted.marker.then_some(true),
            version_id: deleted.version_id,
            ..Default::default()
        };
        Ok((output, None))
    }
}

impl Hall {
    pub(crate) async fn delete_one(
        &self,
        bucket: &Bucket,
        caller: AccountId,
        doomed: Doomed,
    ) -> Result<Deleted, S3Error> {
        let bucket = bucket.clone();
        let salt = self.random().u128();
        let group = object_group(bucket.row.id, &doomed.key);
        self.catalog()
            .commit_freeing(group, move |view, ordinal| {
                let Some(bucket) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into()));
                };
                match doomed.version {
                    Some(version) => delete_version(view, &bucket, &doomed, version, ordinal),
                    None => {
                        let marker = VersionRow {
                            null: true,
                            salt,
                            owner: caller,
                            modified: ordinal.timestamp(),
                            state: VersionState::DeleteMarker,
                        };
                        delete_current(view, &bucket, &doomed, marker, ordinal)
                    }
                }
            })
            .await
            .map_err(fault::catalog)?
    }
}

type Outcome = Result<Decision<Deleted, S3Error>, Fault>;

fn delete_current(
    view: &dyn View,
    bucket: &BucketRow,
    doomed: &Doomed,
    mut marker: VersionRow,
    ordinal: Ordinal,
) -> Outcome {
    let head = state::head(view, bucket, &doomed.key)?;
    if !doomed.conditions.is_empty() {
        let current = head.as_ref().and_then(|head| head.current.as_ref());
        let standing = current.map(|current| (state::standing(current), current.size_bytes));
        if let Err(refusal) =
            refusal_of(precondition::choose_delete(&doomed.conditions, standing), &doomed.key)
        {
            return Ok(Decision::Refuse(refusal));
        }
    }
    let mut deed = Deed::new(view, bucket, &doomed.key, ordinal);
    let deleted = match (versioning::choose_delete(bucket.versioning), head) {
        (DeleteChoice::Remove, None) => Deleted::default(),
        (DeleteChoice::Remove, Some(head)) => {
            let row = stored(view, bucket, &doomed.key, head.ordinal)?;
            deed.remove_version(Some(&head), head.ordinal, &row)?;
            Deleted::default()
        }
        (DeleteChoice::Mark(choice), head) => {
            marker.null = choice.null;
            deed.add_version(head.as_ref(), choice, &marker)?;
            Deleted { marker: true, version_id: Some(marker.version_id(ordinal).to_string()) }
        }
    };
    Ok(Decision::Write(deed.into_writes(), deleted))
}

fn delete_version(
    view: &dyn View,
    bucket: &BucketRow,
    doomed: &Doomed,
    version: VersionId,
    ordinal: Ordinal,
) -> Outcome {
    let found = state::version_by_id(view, bucket, &doomed.key, version)?;
    let standing = found.as_ref().and_then(|found| {
        let object = found.row.object()?;
        Some((Standing { etag: object.etag, modified: found.row.modified }, object.size_bytes))
    });
    if !doomed.conditions.is_empty()
        && let Err(refusal) =
            refusal_of(precondition::choose_delete(&doomed.conditions, standing), &doomed.key)
    {
        return Ok(Decision::Refuse(refusal));
    }
    let version_id = Some(version.to_string());
    // Deleting what is not there succeeds, as on S3.
    let Some(found) = found else {
        return Ok(Decision::Write(Vec::<Write>::new(), Deleted { marker: false, version_id }));
    };
    let hold = found.row.object().map(|object| object.marks.hold).unwrap_or_default();
    if object_lock::choose_remove(hold, doomed.bypass, ordinal.timestamp()) == Choice::Refuse {
        return Ok(Decision::Refuse(marks::locked()));
    }
    let head = state::head(view, bucket, &doomed.key)?;
    let marker = found.row.state == VersionState::DeleteMarker;
    let mut deed = Deed::new(view, bucket, &doomed.key, ordinal);
    deed.remove_version(head.as_ref(), found.ordinal, &found.row)?;
    Ok(Decision::Write(deed.into_writes(), Deleted { marker, version_id }))
}

fn stored(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    ordinal: Ordinal,
) -> Result<VersionRow, Fault> {
    state::version_at(view, bucket, key, ordinal)?
        .ok_or_else(|| Fault::corrupt("versions", "the version that its summary names is missing"))
}
