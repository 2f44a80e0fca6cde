//! DeleteObjects: up to 1,000 deletes in one request, each decided and answered for itself.

use api::s3::{DeleteObjects, DeleteObjectsOutput, DeletedObject, Error, ObjectIdentifier};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::BucketRow;
use model::limits::DELETE_OBJECTS_MAX;
use rules::precondition::DeleteConditions;
use tokio::task::JoinSet;

use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::delete::{Deleted, Doomed};
use crate::{attributes, marks, people, state};

impl Handle<DeleteObjects> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteObjects>,
        _body: Body,
    ) -> Result<(DeleteObjectsOutput, Option<Body>), S3Error> {
        let delete = request.input().delete.as_ref().ok_or(ErrorCode::MalformedXML)?;
        if delete.objects.is_empty() || delete.objects.len() > DELETE_OBJECTS_MAX {
            return Err(ErrorCode::MalformedXML.into());
        }
        if delete.objects.iter().any(|object| object.key.as_deref().unwrap_or_default().is_empty()) {
            return Err(ErrorCode::MalformedXML.into());
        }
        let (input, standing) = (request.input(), &request.bucket()?.row);
        let names = |object: &ObjectIdentifier| object.version_id.as_deref().is_some_and(|id| !id.is_empty());
        if standing.access.mfa_delete == Some(true) && delete.objects.iter().any(names) {
            marks::require_code(request.visitor())?;
        }
        let bypass = marks::read_bypass(standing, input.bypass_governance_retention)?;
        let mut outcomes: Vec<Option<Result<Deleted, S3Error>>> = vec![None; delete.objects.len()];
        // All at once: they share the catalog's group commits.
        let mut tasks = JoinSet::new();
        for (at, object) in delete.objects.iter().enumerate() {
            if let Some(refusal) = request.refused(at) {
                outcomes[at] = Some(Err(refusal.clone()));
                continue;
            }
            match read(standing, object, bypass) {
                Err(error) => outcomes[at] = Some(Err(error)),
                Ok(doomed) => {
                    let (hall, bucket) = (self.clone(), request.bucket()?.clone());
                    let caller = people::writer(request.caller(), &bucket);
                    tasks.spawn(async move { (at, hall.delete_one(&bucket, caller, doomed).await) });
                }
            }
        }
        while let Some(done) = tasks.join_next().await {
            let (at, outcome) = done.map_err(|_| S3Error::from(ErrorCode::InternalError))?;
            outcomes[at] = Some(outcome);
        }
        let mut output = DeleteObjectsOutput::default();
        let quiet = delete.quiet.unwrap_or(false);
        for (object, outcome) in delete.objects.iter().zip(outcomes.into_iter().flatten()) {
            match outcome {
                Ok(deleted) if !quiet => output.deleted.push(told(object, deleted)),
                Ok(_) => {}
                Err(error) => output.errors.push(Error {
                    key: object.key.clone(),
                    version_id: object.version_id.clone(),
                    code: Some(error.code.name().to_owned()),
                    message: Some(error.message.into_owned()),
                }),
            }
        }
        Ok((output, None))
    }
}

fn read(bucket: &BucketRow, object: &ObjectIdentifier, bypass: bool) -> Result<Doomed, S3Error> {
    // An empty VersionId element names no version.
    let version_id = object.version_id.as_deref().filter(|id| !id.is_empty());
    let version = match version_id {
        None => None,
        Some(id) => {
            Some(state::parse_version_id(bucket, id).map_err(|_| S3Error::from(ErrorCode::NoSuchVersion))?)
        }
    };
    Ok(Doomed {
        key: attributes::object_key(object.key.as_deref().unwrap_or_default())?,
        version,
        conditions: DeleteConditions {
            if_match: object.e_tag.clone(),
            size_bytes: object.size.and_then(|size| u64::try_from(size).ok()),
            modified: object.last_modified_time,
        },
        bypass,
    })
}

fn told(object: &ObjectIdentifier, deleted: Deleted) -> DeletedObject {
    DeletedObject {
        key: object.key.clone(),
        version_id: object.version_id.clone().filter(|id| !id.is_empty()),
        delete_marker: deleted.marker.then_some(true),
        delete_marker_version_id: deleted.version_id.filter(|_| deleted.marker),
    }
}
