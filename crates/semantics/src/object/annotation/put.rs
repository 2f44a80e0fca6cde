//! PutObjectAnnotation: admit, land, commit. The version is counted up in the same commit.

use api::s3::{PutObjectAnnotation, PutObjectAnnotationOutput};
use api::{Body, ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use auth::{Authorized, Bucket};
use bytes::Bytes;
use catalog::table::{AnnotationRow, BucketRow, space};
use catalog::{Decision, Fault, View};
use model::limits::ANNOTATION_BYTES_MAX;
use model::{ChecksumAlgorithm, ETag, Ordinal, Timestamp};
use rules::annotation::{self, Choice, Standing, Utf8};
use stripe::Redundancy;

use super::{Aim, INLINE_BYTES_MAX, decode, object};
use crate::checksums::{self, Claims, checksum_members, set_checksum};
use crate::deed::Deed;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::owner::ChunkOwner;
use crate::{fault, marks, state};

/// A payload on its way in: refused at the first byte too many, or that is no text.
struct Text {
    source: Box<dyn ByteSource>,
    check: Utf8,
    length: u64,
}

impl Handle<PutObjectAnnotation> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectAnnotation>,
        body: Body,
    ) -> Result<(PutObjectAnnotationOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let aim = Aim::read(
            &input.key,
            input.version_id.as_deref(),
            input.annotation_name.as_deref(),
            input.object_if_match.as_deref(),
        )?;
        body.length.map_or(Ok(()), check_size)?;
        let claims = Claims::read(
            &checksum_members!(input),
            input.checksum_algorithm.as_deref(),
            body.source.announced(),
            input.content_md5.as_deref(),
        )?;
        let salt = self.admit(bucket, &aim)?;
        let algorithm = claims.algorithm().unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let owner =
            || ChunkOwner::Annotation { bucket: bucket.row.id, salt, name: aim.name.clone() }.recorded();
        let text = Text { source: body.source, check: Utf8::default(), length: 0 };
        let body = Body { length: body.length, source: Box::new(text) };
        let landed = self.land_around(INLINE_BYTES_MAX, Redundancy::Full, owner, body, &[algorithm]).await?;
        if let Err(error) =
            claims.check(&landed.sums, &landed.trailers).and_then(|()| check_size(landed.sums.length))
        {
            self.discard(landed.content);
            return Err(error);
        }
        let checksum = landed.sums.checksum(algorithm);
        let row = AnnotationRow {
            size_bytes: landed.sums.length,
            md5: landed.sums.md5,
            modified: Timestamp::default(),
            checksum: checksum.map(checksums::full_object_row),
            content: landed.content,
        };
        let mut output = PutObjectAnnotationOutput {
            key: Some(input.key.clone()),
            annotation_name: input.annotation_name.clone(),
            e_tag: Some(ETag::whole(row.md5).quoted()),
            ..Default::default()
        };
        if let Some(value) = checksum {
            set_checksum!(output, algorithm, value.to_base64());
            output.checksum_type = Some("FULL_OBJECT".to_owned());
        }
        output.object_version_id = self.name_annotation(bucket, aim, salt, row).await?;
        Ok((output, None))
    }
}

fn check_size(length: u64) -> Result<(), S3Error> {
    match length {
        0 => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "The annotation payload must be between 1 byte and 1 MiB",
        )),
        1..=ANNOTATION_BYTES_MAX => Ok(()),
        _ => Err(S3Error::from(ErrorCode::EntityTooLarge)
            .element("ProposedSize", length.to_string())
            .element("MaxSizeAllowed", ANNOTATION_BYTES_MAX.to_string())),
    }
}

#[async_trait]
impl ByteSource for Text {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        let Some(bytes) = self.source.next().await? else {
            let whole = self.check.is_whole();
            return if whole { Ok(None) } else { Err(ErrorCode::UnsupportedMediaType.into()) };
        };
        self.length += bytes.len() as u64;
        if self.length > ANNOTATION_BYTES_MAX {
            check_size(self.length)?;
        }
        if !self.check.push(&bytes) {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        Ok(Some(bytes))
    }

    fn announced(&self) -> Option<&str> {
        self.source.announced()
    }

    fn trailers(&self) -> &[(String, String)] {
        self.source.trailers()
    }
}

impl Hall {
    /// The salt of the version that will be annotated, unless that must fail already.
    fn admit(&self, bucket: &Bucket, aim: &Aim) -> Result<u128, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let mut version = aim.version(&view, &bucket.row)?;
        let salt = version.row.salt;
        let standing =
            view.get(&space::annotation(bucket.row.id, salt, &aim.name)).map_err(fault::catalog)?;
        let object = object(&mut version)?;
        let standing =
            Standing { hold: object.marks.hold, count: object.annotations, exists: standing.is_some() };
        refused(annotation::choose_put(standing, self.clock().now())).map_or(Ok(salt), Err)
    }

    /// Names its bytes; those that had the name before are left to the reclaimer.
    async fn name_annotation(
        &self,
        bucket: &Bucket,
        aim: Aim,
        salt: u128,
        row: AnnotationRow,
    ) -> Result<Option<String>, S3Error> {
        let (bucket, content) = (bucket.clone(), row.content.clone());
        let group = object_group(bucket.row.id, &aim.key);
        let named = self
            .catalog()
            .commit(group, move |view, ordinal| match state::bucket(view, &bucket)? {
                Some(standing) => decide(view, &standing, &aim, salt, row.clone(), ordinal),
                None => Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into())),
            })
            .await;
        let unnamed = match &named {
            Ok(named) => named.is_err(),
            Err(fault) => !fault.outcome_unknown(),
        };
        if unnamed {
            self.discard(content);
        }
        named.map_err(fault::catalog)?
    }
}

type Outcome = Result<Decision<Option<String>, S3Error>, Fault>;

fn decide(
    view: &dyn View,
    bucket: &BucketRow,
    aim: &Aim,
    salt: u128,
    row: AnnotationRow,
    ordinal: Ordinal,
) -> Outcome {
    let mut version = match aim.version(view, bucket) {
        Ok(version) => version,
        Err(refusal) => return Ok(Decision::Refuse(refusal)),
    };
    // What landed says beside its bytes which version it belongs to.
    if version.row.salt != salt {
        return Ok(Decision::Refuse(ErrorCode::OperationAborted.into()));
    }
    let key = space::annotation(bucket.id, salt, &aim.name);
    let old = view.get(&key)?.map(decode).transpose()?;
    let object = match object(&mut version) {
        Ok(object) => object,
        Err(refusal) => return Ok(Decision::Refuse(refusal)),
    };
    let standing = Standing { hold: object.marks.hold, count: object.annotations, exists: old.is_some() };
    let choice = annotation::choose_put(standing, ordinal.timestamp());
    if let Some(refusal) = refused(choice) {
        return Ok(Decision::Refuse(refusal));
    }
    let mut deed = Deed::new(view, bucket, &aim.key, ordinal);
    if let Some(old) = old {
        deed.reclaim(&old.content);
    } else {
        object.annotations += 1;
        deed.put(space::version(bucket.id, &aim.key, version.ordinal), version.row.encode());
    }
    deed.put(key, AnnotationRow { modified: ordinal.timestamp(), ..row }.encode());
    let shown = state::shown_version_id(bucket, &version.row, version.ordinal);
    Ok(Decision::Write(deed.into_writes(), shown))
}

fn refused(choice: Choice) -> Option<S3Error> {
    match choice {
        Choice::Locked => Some(marks::locked()),
        Choice::TooMany => Some(ErrorCode::AnnotationLimitExceeded.into()),
        Choice::Create | Choice::Replace | Choice::Remove | Choice::Nothing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_one_byte_to_a_mebibyte() {
        let code = |length| check_size(length).map_err(|error| error.code);
        assert_eq!(code(0), Err(ErrorCode::InvalidRequest));
        assert_eq!((code(1), code(1 << 20)), (Ok(()), Ok(())));
        assert_eq!(code((1 << 20) + 1), Err(ErrorCode::EntityTooLarge));
    }
}
