//! DeleteObjectAnnotation. What is not there is deleted already.

use api::s3::{DeleteObjectAnnotation, DeleteObjectAnnotationOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{BucketRow, space};
use catalog::{Decision, Fault, View};
use model::Ordinal;
use rules::annotation::{self, Choice, Standing};

use super::{Aim, decode, object};
use crate::deed::Deed;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::{fault, marks, state};

impl Handle<DeleteObjectAnnotation> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteObjectAnnotation>,
        _body: Body,
    ) -> Result<(DeleteObjectAnnotationOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?.clone());
        let aim = Aim::read(
            &input.key,
            input.version_id.as_deref(),
            input.annotation_name.as_deref(),
            input.object_if_match.as_deref(),
        )?;
        let group = object_group(bucket.row.id, &aim.key);
        let object_version_id = self
            .catalog()
            .commit_freeing(group, move |view, ordinal| match state::bucket(view, &bucket)? {
                Some(standing) => decide(view, &standing, &aim, ordinal),
                None => Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into())),
            })
            .await
            .map_err(fault::catalog)??;
        Ok((DeleteObjectAnnotationOutput { object_version_id, ..Default::default() }, None))
    }
}

type Outcome = Result<Decision<Option<String>, S3Error>, Fault>;

fn decide(view: &dyn View, bucket: &BucketRow, aim: &Aim, ordinal: Ordinal) -> Outcome {
    let mut version = match aim.version(view, bucket) {
        Ok(version) => version,
        Err(refusal) => return Ok(Decision::Refuse(refusal)),
    };
    let shown = state::shown_version_id(bucket, &version.row, version.ordinal);
    let key = space::annotation(bucket.id, version.row.salt, &aim.name);
    let old = view.get(&key)?.map(decode).transpose()?;
    let object = match object(&mut version) {
        Ok(object) => object,
        Err(refusal) => return Ok(Decision::Refuse(refusal)),
    };
    let standing = Standing { hold: object.marks.hold, count: object.annotations, exists: old.is_some() };
    if annotation::choose_delete(standing, ordinal.timestamp()) == Choice::Locked {
        return Ok(Decision::Refuse(marks::locked()));
    }
    let mut deed = Deed::new(view, bucket, &aim.key, ordinal);
    if let Some(old) = old {
        let left = object.annotations.checked_sub(1);
        object.annotations =
            left.ok_or_else(|| Fault::corrupt("annotations", "more than their version counts"))?;
        deed.reclaim(&old.content);
        deed.delete(key);
        deed.put(space::version(bucket.id, &aim.key, version.ordinal), version.row.encode());
    }
    Ok(Decision::Write(deed.into_writes(), shown))
}
