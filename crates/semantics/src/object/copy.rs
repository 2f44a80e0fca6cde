//! CopyObject: reads a version, lands its bytes again and names them under the destination.

use api::s3::{CopyObject, CopyObjectInput, CopyObjectOutput, CopyObjectResult};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::table::{Attributes, Content, Marks, ObjectRow, VersionState};
use model::limits::PUT_BYTES_MAX;
use model::{ChecksumAlgorithm, ETag, ObjectKey, StorageClass};
use rules::copy_source::CopySource;
use rules::precondition::{self, Conditions, ReadChoice, Standing};
use rules::tagging::Tags;

use crate::attributes::{self, attributes_of};
use crate::checksums::{self, set_checksum};
use crate::grants::{Owned, acl_headers};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::marks::{self, hold_of};
use crate::object::annotation;
use crate::object::put::{NewObject, WriteConditions};
use crate::owner::ChunkOwner;
use crate::pins::Pin;
use crate::refuse::{self, refuse_unbuilt};
use crate::{fault, state};

/// The version that a copy reads.
pub(crate) struct Source {
    pub(crate) object: Box<ObjectRow>,
    pub(crate) version_id: Option<String>,
    /// Its annotations hang on it.
    pub(crate) salt: u128,
    pub(crate) pin: Pin,
}

/// The four copy-source conditions of an input.
macro_rules! source_conditions {
    ($input:expr) => {
        rules::precondition::Conditions {
            if_match: $input.copy_source_if_match.clone(),
            if_none_match: $input.copy_source_if_none_match.clone(),
            if_modified_since: $input.copy_source_if_modified_since,
            if_unmodified_since: $input.copy_source_if_unmodified_since,
        }
    };
}

pub(crate) use source_conditions;

impl Handle<CopyObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<CopyObject>,
        _body: Body,
    ) -> Result<(CopyObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let (named, from) = request.source()?;
        let key = attributes::object_key(&input.key)?;
        admit(input)?;
        let replaces = replaces_metadata(input.metadata_directive.as_deref())?;
        let excludes = annotation::excludes(input.annotation_directive.as_deref())?;
        check_self_copy(input, named, bucket, replaces)?;
        let conditions = source_conditions!(input);
        let source = self.copy_source(named, from, &conditions)?;
        if source.object.size_bytes > PUT_BYTES_MAX {
            return Err(too_large());
        }
        let attributes = copied_attributes(input, &source.object, replaces);
        // ACLs are not copied either: the copy has its own.
        let Owned { owner, acl } =
            self.settle_upload(bucket, request.caller(), &input.key, &acl_headers!(input))?;
        let marks = Marks {
            tags: copied_tags(input, &source.object)?,
            // Object lock is never copied.
            hold: hold_of!(input, &bucket.row, self.clock().now())?,
            acl,
        };
        attributes::check(&attributes)?;
        let class = attributes::storage_class(input.storage_class.as_deref())?;
        let write =
            WriteConditions { if_match: input.if_match.clone(), if_none_match: input.if_none_match.clone() };
        self.check_conditions(bucket, &key, &write)?;
        let algorithm = copy_algorithm(input.checksum_algorithm.as_deref(), &source.object)?;

        let version_id = source.version_id.clone();
        let copied = if source.object.annotations == 0 || excludes {
            self.no_annotations()
        } else {
            let origin = (from.row.id, source.salt);
            self.copy_annotations(origin, bucket.row.id, &source.pin).await?
        };
        let (content, etag, checksum, size_bytes) =
            self.copy_bytes(source, from, bucket, &key, class, algorithm).await?;
        let mut result = CopyObjectResult { e_tag: Some(etag.quoted()), ..Default::default() };
        if let Some(value) = checksum {
            set_checksum!(result, algorithm, value.to_base64());
            result.checksum_type = Some("FULL_OBJECT".to_owned());
        }
        let new = NewObject {
            owner,
            size_bytes,
            etag,
            class,
            checksum: checksum.map(checksums::full_object_row),
            attributes,
            marks,
            content,
            modified: None,
            annotated: copied.taken(),
        };
        let done = self.name_object(bucket, &key, new, write).await?;
        result.last_modified = Some(done.modified);
        let output = CopyObjectOutput {
            copy_object_result: Some(result),
            copy_source_version_id: version_id,
            version_id: done.version_id,
            ..Default::default()
        };
        Ok((output, None))
    }
}

impl Hall {
    pub(crate) fn copy_source(
        &self,
        named: &CopySource,
        bucket: &Bucket,
        conditions: &Conditions,
    ) -> Result<Source, S3Error> {
        let key = attributes::object_key(&named.key)?;
        let pin = self.pins().pin(self.catalog().last_ordinal());
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let version =
            state::resolve(&view, &bucket.row, &key, named.version_id.as_deref()).map_err(|error| {
                // A copy cannot name a delete marker at all, where a read may at least ask.
                if error.code == ErrorCode::MethodNotAllowed { marker_as_source() } else { error }
            })?;
        let version_id = state::shown_version_id(&bucket.row, &version.row, version.ordinal);
        let (modified, salt) = (version.row.modified, version.row.salt);
        let VersionState::Object(object) = version.row.state else {
            return Err(ErrorCode::NoSuchKey.into());
        };
        let standing = Standing { etag: object.etag, modified };
        if let ReadChoice::Failed(condition) =
            precondition::choose_copy_source(conditions, standing, self.clock().now())
        {
            return Err(S3Error::from(ErrorCode::PreconditionFailed).element("Condition", condition));
        }
        Ok(Source { object, version_id, salt, pin })
    }

    async fn copy_bytes(
        &self,
        source: Source,
        from: &Bucket,
        bucket: &Bucket,
        key: &ObjectKey,
        class: StorageClass,
        algorithm: ChecksumAlgorithm,
    ) -> Result<(Content, ETag, Option<digest::ChecksumValue>, u64), S3Error> {
        let span = 0..source.object.size_bytes;
        let body = self.body_of(from.row.id, &source.object.content, span, source.pin)?;
        let owner = || ChunkOwner::Object { bucket: bucket.row.id, key: key.clone() }.recorded();
        let landed = self.land(class, owner, body, &[algorithm]).await?;
        let checksum = landed.sums.checksum(algorithm);
        Ok((landed.content, ETag::whole(landed.sums.md5), checksum, landed.sums.length))
    }
}

fn admit(input: &CopyObjectInput) -> Result<(), S3Error> {
    refuse_unbuilt!(input)?;
    refuse::if_present(&[(
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        input.copy_source_sse_customer_algorithm.is_some(),
    )])?;
    refuse::if_write_conditions_are_odd(input.if_match.as_deref(), input.if_none_match.as_deref())
}

fn replaces_metadata(directive: Option<&str>) -> Result<bool, S3Error> {
    match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => {
            Err(S3Error::invalid_argument("x-amz-metadata-directive", other, "Unknown metadata directive."))
        }
    }
}

/// A copy onto itself must change something (AWS "CopyObject": copying an object onto itself).
fn check_self_copy(
    input: &CopyObjectInput,
    source: &CopySource,
    bucket: &Bucket,
    replaces: bool,
) -> Result<(), S3Error> {
    let same =
        source.bucket == bucket.name.as_str() && source.key == input.key && source.version_id.is_none();
    let changes = replaces || input.storage_class.is_some() || input.website_redirect_location.is_some();
    if same && !changes {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    Ok(())
}

fn copied_attributes(input: &CopyObjectInput, source: &ObjectRow, replaces: bool) -> Attributes {
    if replaces {
        return attributes_of!(input);
    }
    // A redirect is never copied: it must be given again.
    Attributes { website_redirect: input.website_redirect_location.clone(), ..source.attributes.clone() }
}

fn copied_tags(input: &CopyObjectInput, source: &ObjectRow) -> Result<Tags, S3Error> {
    match input.tagging_directive.as_deref() {
        None | Some("COPY") => Ok(source.marks.tags.clone()),
        Some("REPLACE") => marks::tags_of_header(input.tagging.as_deref()),
        Some(other) => {
            Err(S3Error::invalid_argument("x-amz-tagging-directive", other, "Unknown tagging directive."))
        }
    }
}

/// The algorithm that was asked for, else the source's, else the default.
fn copy_algorithm(asked: Option<&str>, source: &ObjectRow) -> Result<ChecksumAlgorithm, S3Error> {
    match (asked, &source.checksum) {
        (Some(name), _) => checksums::parse_algorithm(name),
        (None, Some(checksum)) => Ok(checksum.algorithm),
        (None, None) => Ok(ChecksumAlgorithm::Crc64Nvme),
    }
}

fn marker_as_source() -> S3Error {
    S3Error::with_message(
        ErrorCode::InvalidRequest,
        "The source of a copy request may not specifically refer to a delete marker by version id.",
    )
}

fn too_large() -> S3Error {
    let message = format!(
        "The specified copy source is larger than the maximum allowable size for a copy source: {PUT_BYTES_MAX}"
    );
    S3Error::with_message(ErrorCode::InvalidRequest, message)
}
