//! PutObject: admit, land, commit.

use api::s3::{PutObject, PutObjectInput, PutObjectOutput};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::Decision;
use catalog::table::{Attributes, ChecksumRow, Content, Marks, ObjectRow, VersionRow, VersionState};
use model::{AccountId, ChecksumAlgorithm, ETag, Hold, ObjectKey, StorageClass, Timestamp};
use rules::{precondition, versioning};

use crate::attributes::{self, attributes_of};
use crate::checksums::{self, Claims, checksum_members, set_checksum};
use crate::deed::Deed;
use crate::grants::{Owned, acl_headers};
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::marks::{self, hold_of};
use crate::object::annotation::Annotated;
use crate::owner::ChunkOwner;
use crate::refuse::{self, refuse_unbuilt};
use crate::{fault, state};

/// An object about to be named.
pub(crate) struct NewObject {
    pub(crate) owner: AccountId,
    pub(crate) size_bytes: u64,
    pub(crate) etag: ETag,
    pub(crate) class: StorageClass,
    pub(crate) checksum: Option<ChecksumRow>,
    pub(crate) attributes: Attributes,
    pub(crate) marks: Marks,
    pub(crate) content: Content,
    /// When it was created, if that is not now.
    pub(crate) modified: Option<Timestamp>,
    pub(crate) annotated: Annotated,
}

/// The conditions under which it may be.
#[derive(Clone, Default)]
pub(crate) struct WriteConditions {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
}

/// What became of it.
pub(crate) struct Named {
    pub(crate) version_id: Option<String>,
    pub(crate) modified: Timestamp,
}

impl Handle<PutObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObject>,
        body: Body,
    ) -> Result<(PutObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let claims = admit(input, &body)?;
        let attributes = attributes_of!(input);
        attributes::check(&attributes)?;
        let hold = hold_of!(input, &bucket.row, self.clock().now())?;
        if hold != Hold::default() && claims.algorithm().is_none() && input.content_md5.is_none() {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
            ));
        }
        let Owned { owner, acl } =
            self.settle_upload(bucket, request.caller(), &input.key, &acl_headers!(input))?;
        let marks = Marks { tags: marks::tags_of_header(input.tagging.as_deref())?, hold, acl };
        let class = attributes::storage_class(input.storage_class.as_deref())?;
        let conditions =
            WriteConditions { if_match: input.if_match.clone(), if_none_match: input.if_none_match.clone() };
        self.check_conditions(bucket, &key, &conditions)?;

        let algorithm = claims.algorithm().unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let recorded = || ChunkOwner::Object { bucket: bucket.row.id, key: key.clone() }.recorded();
        let landed = self.land(class, recorded, body, &[algorithm]).await?;
        if let Err(error) = claims.check(&landed.sums, &landed.trailers) {
            self.discard(landed.content);
            return Err(error);
        }
        let checksum = landed.sums.checksum(algorithm);
        let new = NewObject {
            owner,
            size_bytes: landed.sums.length,
            etag: ETag::whole(landed.sums.md5),
            class,
            checksum: checksum.map(checksums::full_object_row),
            attributes,
            marks,
            content: landed.content,
            modified: None,
            annotated: Annotated::none(self.random().u128()),
        };
        let mut output = PutObjectOutput { e_tag: Some(new.etag.quoted()), ..Default::default() };
        if let Some(value) = checksum {
            set_checksum!(output, algorithm, value.to_base64());
            output.checksum_type = Some("FULL_OBJECT".to_owned());
        }
        output.version_id = self.name_object(bucket, &key, new, conditions).await?.version_id;
        Ok((output, None))
    }
}

fn admit(input: &PutObjectInput, body: &Body) -> Result<Claims, S3Error> {
    refuse_unbuilt!(input)?;
    refuse::if_present(&[("x-amz-write-offset-bytes", input.write_offset_bytes.is_some())])?;
    refuse::if_write_conditions_are_odd(input.if_match.as_deref(), input.if_none_match.as_deref())?;
    Claims::read(
        &checksum_members!(input),
        input.checksum_algorithm.as_deref(),
        body.source.announced(),
        input.content_md5.as_deref(),
    )
}

impl Hall {
    /// Asks the conditions against what stands now, so that a write that must fail fails before its bytes come.
    pub(crate) fn check_conditions(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        conditions: &WriteConditions,
    ) -> Result<(), S3Error> {
        if conditions.if_match.is_none() && conditions.if_none_match.is_none() {
            return Ok(());
        }
        let snapshot = self.catalog().snapshot().map_err(fault::catalog)?;
        let head = state::head(&snapshot, &bucket.row, key).map_err(fault::catalog)?;
        conditions.check(head.as_ref(), key)
    }

    /// The commit of every new object: put, copied or completed. Bytes of an object that is refused are freed.
    pub(crate) async fn name_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        new: NewObject,
        conditions: WriteConditions,
    ) -> Result<Named, S3Error> {
        let (content, texts, asked) = (new.content.clone(), new.annotated.contents(), new.marks.hold);
        let group = object_group(bucket.row.id, key);
        let (bucket, key) = (bucket.clone(), key.clone());
        let mut annotated = new.annotated.clone();
        let (created, mut row) = (new.modified, new.into_row());
        let named = self
            .catalog()
            .commit(group, move |view, ordinal| {
                let Some(bucket) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into()));
                };
                let head = state::head(view, &bucket, &key)?;
                if let Err(refusal) = conditions.check(head.as_ref(), &key) {
                    return Ok(Decision::Refuse(refusal));
                }
                let choice = versioning::choose_put(bucket.versioning);
                row.null = choice.null;
                row.modified = created.unwrap_or_else(|| ordinal.timestamp());
                if let VersionState::Object(object) = &mut row.state {
                    object.marks.hold = marks::settled_hold(asked, &bucket, ordinal.timestamp());
                }
                let mut deed = Deed::new(view, &bucket, &key, ordinal);
                deed.add_version(head.as_ref(), choice, &row)?;
                annotated.put(&mut deed);
                let named =
                    Named { version_id: state::made_version_id(&row, ordinal), modified: row.modified };
                Ok(Decision::Write(deed.into_writes(), named))
            })
            .await;
        match named {
            Ok(Ok(named)) => Ok(named),
            Ok(Err(refusal)) => {
                texts.into_iter().chain([content]).for_each(|content| self.discard(content));
                Err(refusal)
            }
            Err(fault) => {
                // Bytes whose naming is unknown stay: the sweep asks the reopened catalog.
                if !fault.outcome_unknown() {
                    texts.into_iter().chain([content]).for_each(|content| self.discard(content));
                }
                Err(fault::catalog(fault))
            }
        }
    }
}

impl NewObject {
    /// Whether it is a null version and when it was made are settled by the commit.
    fn into_row(self) -> VersionRow {
        VersionRow {
            null: true,
            salt: self.annotated.salt,
            owner: self.owner,
            modified: Timestamp::default(),
            state: VersionState::Object(Box::new(ObjectRow {
                size_bytes: self.size_bytes,
                etag: self.etag,
                class: self.class,
                checksum: self.checksum,
                attributes: self.attributes,
                marks: self.marks,
                annotations: self.annotated.count(),
                content: self.content,
            })),
        }
    }
}

impl WriteConditions {
    pub(crate) fn check(&self, head: Option<&state::Head>, key: &ObjectKey) -> Result<(), S3Error> {
        let standing = head.and_then(|head| head.current.as_ref()).map(|current| current.etag);
        let choice =
            precondition::choose_write(self.if_match.as_deref(), self.if_none_match.as_deref(), standing);
        refusal_of(choice, key)
    }
}

/// A write's precondition as S3's answer.
pub(crate) fn refusal_of(choice: precondition::WriteChoice, key: &ObjectKey) -> Result<(), S3Error> {
    match choice {
        precondition::WriteChoice::Proceed => Ok(()),
        precondition::WriteChoice::Failed(condition) => {
            Err(S3Error::from(ErrorCode::PreconditionFailed).element("Condition", condition))
        }
        precondition::WriteChoice::NoSuchKey => {
            Err(S3Error::from(ErrorCode::NoSuchKey).element("Key", key.as_str()))
        }
    }
}
