//! CompleteMultipartUpload: the parts stay where they are; one commit makes them an object.
//!
//! Completing again what is completed answers the same, as long as the object still stands.

use api::s3::{
    CompleteMultipartUpload, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use bytes::Bytes;
use catalog::table::{
    ChecksumRow, Content, ObjectRow, PartRow, PartTable, ReclaimRow, UploadRow, VersionRow, VersionState,
    space,
};
use catalog::{Decision, Fault, View};
use digest::ChecksumValue;
use model::limits::PART_NUMBER_MAX;
use model::{ChecksumType, ETag, ObjectKey, Ordinal, PartNumber, UploadId};
use rules::multipart::{self, Listed, Refusal, Stored};
use rules::versioning;

use super::upload::{find, no_such_upload, parse_upload_id};
use crate::attributes;
use crate::checksums::{self, checksum_members, set_checksum};
use crate::deed::Deed;
use crate::hall::{Hall, object_group};
use crate::handle::Handle;
use crate::marks;
use crate::object::put::WriteConditions;
use crate::{fault, refuse, state};

/// Completions that find the parts changed under them start over, this often.
const TRIES_MAX: usize = 8;

/// What the parts make, computed before the commit.
#[derive(Clone)]
struct Made {
    /// When the parts were last changed; the commit refuses if they changed since.
    seen: Ordinal,
    object: ObjectRow,
    unlisted: bool,
}

/// What the commit answers.
struct Completed {
    etag: ETag,
    checksum: Option<ChecksumRow>,
    version_id: Option<String>,
}

enum Stopped {
    Changed,
    Refused(S3Error),
}

impl Handle<CompleteMultipartUpload> for Hall {
    async fn handle(
        &self,
        request: Authorized<CompleteMultipartUpload>,
        _body: Body,
    ) -> Result<(CompleteMultipartUploadOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let id = parse_upload_id(input.upload_id.as_deref())?;
        let conditions =
            WriteConditions { if_match: input.if_match.clone(), if_none_match: input.if_none_match.clone() };
        refuse::if_write_conditions_are_odd(
            conditions.if_match.as_deref(),
            conditions.if_none_match.as_deref(),
        )?;
        let listed = read_list(input)?;
        for _ in 0..TRIES_MAX {
            let Some(made) = self.make(bucket, &key, id, input, &listed)? else {
                let completed = self.completed_before(bucket, &key, id, &listed)?;
                return Ok((output(input, completed), None));
            };
            match self.name_upload(bucket, &key, id, made, conditions.clone()).await? {
                Ok(completed) => return Ok((output(input, completed), None)),
                Err(Stopped::Changed) => {}
                Err(Stopped::Refused(error)) => return Err(error),
            }
        }
        Err(S3Error::with_message(
            ErrorCode::OperationAborted,
            "Parts of this upload are being written while it is completed. Try again.",
        ))
    }
}

impl Hall {
    /// `None` when there is no such upload (any more).
    fn make(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: UploadId,
        input: &CompleteMultipartUploadInput,
        listed: &[(Listed, &CompletedPart)],
    ) -> Result<Option<Made>, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let Some(upload) = find(&view, &bucket.row, key, id).map_err(fault::catalog)? else {
            return Ok(None);
        };
        let plain: Vec<Listed> = listed.iter().map(|(listed, _)| listed.clone()).collect();
        multipart::check_order(&plain).map_err(|refusal| refused(refusal, id))?;
        let mut rows = Vec::with_capacity(listed.len());
        for (part, _) in listed {
            let row = view.get(&space::part(bucket.row.id, key, id, part.number)).map_err(fault::catalog)?;
            rows.push(row.map(PartRow::decode).transpose().map_err(fault::row).map_err(fault::catalog)?);
        }
        let stored: Vec<Option<Stored>> = rows
            .iter()
            .map(|row| row.as_ref().map(|row| Stored { md5: row.md5, size_bytes: row.size_bytes }))
            .collect();
        let size_bytes = multipart::check_parts(&plain, &stored).map_err(|refusal| {
            let error = refused(refusal, id);
            match refusal {
                Refusal::Part(number) => error.element("ETag", sent_etag(listed, number)),
                _ => error,
            }
        })?;
        let rows: Vec<PartRow> = rows.into_iter().flatten().collect();
        check_part_checksums(&upload, listed, &rows, id)?;
        check_object_size(input.mpu_object_size, size_bytes)?;
        let checksum = whole_checksum(&upload, &rows)?;
        check_whole_checksum(input, &upload, checksum.as_ref(), rows.len())?;
        let mut table = PartTable::default();
        for (part, row) in plain.iter().zip(&rows) {
            table.push(part.number, row.size_bytes);
        }
        let md5 = digest::md5_of_md5s(rows.iter().map(|row| &row.md5));
        let etag = ETag { md5, parts: u16::try_from(rows.len()).ok() };
        let unlisted = has_unlisted(&view, bucket, key, id, &table).map_err(fault::catalog)?;
        let content = Content::Parts { key: key.clone(), upload: id, table };
        let object = ObjectRow {
            size_bytes,
            etag,
            class: upload.class,
            checksum,
            attributes: upload.attributes,
            marks: upload.marks,
            annotations: 0,
            content,
        };
        Ok(Some(Made { seen: upload.parts_changed, object, unlisted }))
    }

    async fn name_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: UploadId,
        made: Made,
        conditions: WriteConditions,
    ) -> Result<Result<Completed, Stopped>, S3Error> {
        let (bucket, key) = (bucket.clone(), key.clone());
        let salt = self.random().u128();
        let group = object_group(bucket.row.id, &key);
        let named = self.catalog().commit(group, move |view, ordinal| {
            let Some(bucket) = state::bucket(view, &bucket)? else {
                return Ok(Decision::Refuse(Stopped::Refused(ErrorCode::NoSuchBucket.into())));
            };
            let Some(upload) = find(view, &bucket, &key, id)? else {
                // Aborted or completed by another: the next try tells which.
                return Ok(Decision::Refuse(Stopped::Changed));
            };
            if upload.parts_changed != made.seen {
                return Ok(Decision::Refuse(Stopped::Changed));
            }
            let head = state::head(view, &bucket, &key)?;
            if let Err(refusal) = conditions.check(head.as_ref(), &key) {
                return Ok(Decision::Refuse(Stopped::Refused(refusal)));
            }
            let choice = versioning::choose_put(bucket.versioning);
            let mut object = made.object.clone();
            object.marks.hold = marks::settled_hold(object.marks.hold, &bucket, ordinal.timestamp());
            let row = VersionRow {
                null: choice.null,
                salt,
                owner: upload.owner,
                // AWS "GetObject": a multipart object was created when its upload was initiated.
                modified: upload.initiated,
                state: VersionState::Object(Box::new(object)),
            };
            let mut deed = Deed::new(view, &bucket, &key, ordinal);
            deed.add_version(head.as_ref(), choice, &row)?;
            deed.delete(space::upload(bucket.id, &key, id));
            if let (true, Content::Parts { table, .. }) = (made.unlisted, &made.object.content) {
                let listed = table.clone();
                deed.reclaim_row(&ReclaimRow::Unlisted {
                    bucket: bucket.id,
                    key: key.clone(),
                    upload: id,
                    listed,
                });
            }
            let completed = Completed {
                etag: made.object.etag,
                checksum: made.object.checksum.clone(),
                version_id: state::made_version_id(&row, ordinal),
            };
            Ok(Decision::Write(deed.into_writes(), completed))
        });
        named.await.map_err(fault::catalog)
    }

    /// A completion that was already done, or `NoSuchUpload`.
    fn completed_before(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: UploadId,
        listed: &[(Listed, &CompletedPart)],
    ) -> Result<Completed, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let missing = || no_such_upload(&id.to_string());
        let head = state::head(&view, &bucket.row, key).map_err(fault::catalog)?.ok_or_else(missing)?;
        let row = state::version_at(&view, &bucket.row, key, head.ordinal).map_err(fault::catalog)?;
        let row = row.ok_or_else(missing)?;
        let version_id = state::made_version_id(&row, head.ordinal);
        let object = row.object().ok_or_else(missing)?;
        // With other parts it is another completion, and saying yes to it would promise bytes that are not there.
        let digests = listed.iter().filter_map(|(part, _)| part.etag.as_ref()).map(|etag| &etag.md5);
        let same_bytes = digest::md5_of_md5s(digests) == object.etag.md5;
        match &object.content {
            Content::Parts { upload, table, .. }
                if *upload == id
                    && same_bytes
                    && table
                        .iter()
                        .map(|(number, ..)| number)
                        .eq(listed.iter().map(|(part, _)| part.number)) =>
            {
                Ok(Completed { etag: object.etag, checksum: object.checksum.clone(), version_id })
            }
            _ => Err(missing()),
        }
    }
}

fn read_list(input: &CompleteMultipartUploadInput) -> Result<Vec<(Listed, &CompletedPart)>, S3Error> {
    let parts = input.multipart_upload.as_ref().map(|upload| upload.parts.as_slice()).unwrap_or_default();
    if parts.is_empty() {
        return Err(match input.multipart_upload {
            Some(_) => ErrorCode::MalformedXML.into(),
            None => S3Error::with_message(ErrorCode::InvalidRequest, "You must specify at least one part"),
        });
    }
    if parts.len() > PART_NUMBER_MAX as usize {
        return Err(ErrorCode::MalformedXML.into());
    }
    let mut listed = Vec::with_capacity(parts.len());
    for part in parts {
        let number = part.part_number.ok_or(ErrorCode::MalformedXML)?;
        let number = PartNumber::new(i64::from(number)).ok_or_else(|| {
            let message = match number {
                ..1 => "PartNumber must be >= 1",
                _ => "Part number must be an integer between 1 and 10000, inclusive",
            };
            S3Error::invalid_argument("PartNumber", &number.to_string(), message)
        })?;
        let etag = part.e_tag.as_deref().ok_or(ErrorCode::MalformedXML)?;
        listed.push((Listed { number, etag: ETag::parse(etag) }, part));
    }
    Ok(listed)
}

fn refused(refusal: Refusal, id: UploadId) -> S3Error {
    match refusal {
        Refusal::Empty => ErrorCode::MalformedXML.into(),
        Refusal::Order => S3Error::from(ErrorCode::InvalidPartOrder).element("UploadId", id.to_string()),
        Refusal::Part(number) => S3Error::from(ErrorCode::InvalidPart)
            .element("UploadId", id.to_string())
            .element("PartNumber", number.get().to_string()),
        Refusal::TooSmall { number, size_bytes, etag } => S3Error::from(ErrorCode::EntityTooSmall)
            .element("ProposedSize", size_bytes.to_string())
            .element("MinSizeAllowed", model::limits::PART_BYTES_MIN.to_string())
            .element("PartNumber", number.get().to_string())
            .element("ETag", etag.to_string()),
        Refusal::TooLarge { size_bytes } => S3Error::from(ErrorCode::EntityTooLarge)
            .element("ProposedSize", size_bytes.to_string())
            .element("MaxSizeAllowed", model::limits::OBJECT_BYTES_MAX.to_string()),
    }
}

/// As the client wrote it, but for the quotes.
fn sent_etag(listed: &[(Listed, &CompletedPart)], number: PartNumber) -> String {
    let sent = listed.iter().find(|(part, _)| part.number == number);
    let etag = sent.and_then(|(_, part)| part.e_tag.as_deref()).unwrap_or_default();
    etag.trim_matches('"').to_owned()
}

/// A checksum that the client lists for a part must be the one that the part has; where the object's is made of
/// them, none may be missing.
fn check_part_checksums(
    upload: &UploadRow,
    listed: &[(Listed, &CompletedPart)],
    rows: &[PartRow],
    id: UploadId,
) -> Result<(), S3Error> {
    for ((part, sent), row) in listed.iter().zip(rows) {
        let number = part.number.get();
        let mut missing = true;
        for (algorithm, text) in checksum_members!(sent) {
            let Some(text) = text else { continue };
            missing = false;
            if checksums::parse_value(algorithm, text).is_err() {
                let message = "Invalid Base64 or multiple checksums present in request";
                return Err(S3Error::invalid_argument("Checksum", text, message));
            }
            let stored = row.checksum.as_ref().and_then(checksums::value);
            match upload.checksum {
                Some((expected, _)) if expected != algorithm => {
                    let name = algorithm.name().to_lowercase();
                    let message =
                        format!("The {name} you specified for part {number} did not match what we received.");
                    return Err(S3Error::with_message(ErrorCode::BadDigest, message));
                }
                _ if stored
                    .is_some_and(|stored| stored.algorithm() == algorithm && stored.to_base64() != text) =>
                {
                    return Err(S3Error::from(ErrorCode::InvalidPart)
                        .element("UploadId", id.to_string())
                        .element("PartNumber", number.to_string())
                        .element("ETag", sent_etag(listed, part.number)));
                }
                _ => {}
            }
        }
        if let (true, Some((algorithm, ChecksumType::Composite))) = (missing, upload.checksum) {
            let name = algorithm.name().to_lowercase();
            let message = format!(
                "The upload was created using a {name} checksum. The complete request must include the checksum for each part. It was missing for part {number} in the request."
            );
            return Err(S3Error::with_message(ErrorCode::InvalidRequest, message));
        }
    }
    Ok(())
}

fn check_object_size(claimed: Option<i64>, size_bytes: u64) -> Result<(), S3Error> {
    let message = match claimed {
        None => return Ok(()),
        Some(claimed) if u64::try_from(claimed) == Ok(size_bytes) => return Ok(()),
        Some(claimed @ ..0) => {
            format!("Value for x-amz-mp-object-size header is less than zero: '{claimed}'")
        }
        Some(claimed) => format!(
            "The provided 'x-amz-mp-object-size' header value {claimed} does not match what was computed: {size_bytes}"
        ),
    };
    Err(S3Error::with_message(ErrorCode::InvalidRequest, message))
}

/// The object's checksum from those of its parts.
fn whole_checksum(upload: &UploadRow, rows: &[PartRow]) -> Result<Option<ChecksumRow>, S3Error> {
    let values: Vec<(ChecksumValue, u64)> = rows
        .iter()
        .filter_map(|row| Some((checksums::value(row.checksum.as_ref()?)?, row.size_bytes)))
        .collect();
    if values.len() != rows.len() {
        return Ok(None);
    }
    let default = (model::ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject);
    let (algorithm, kind) = upload.checksum.unwrap_or(default);
    let value = match kind {
        ChecksumType::FullObject => digest::combine(algorithm, values),
        ChecksumType::Composite => {
            digest::composite(algorithm, values.iter().map(|(value, _)| value)).map(|whole| whole.value)
        }
    };
    Ok(value.map(|value| ChecksumRow { algorithm, kind, value: Bytes::copy_from_slice(value.as_bytes()) }))
}

fn check_whole_checksum(
    input: &CompleteMultipartUploadInput,
    upload: &UploadRow,
    checksum: Option<&ChecksumRow>,
    parts: usize,
) -> Result<(), S3Error> {
    let parts = u16::try_from(parts).ok();
    let invalid = |message: String| Err(S3Error::with_message(ErrorCode::InvalidRequest, message));
    if let Some(asked) = input.checksum_type.as_deref() {
        let Some(asked) = ChecksumType::parse(asked) else {
            return invalid("Value for x-amz-checksum-type header is invalid.".to_owned());
        };
        let kind = upload.checksum.map(|(_, kind)| kind);
        if kind != Some(asked) {
            let name = kind.map_or("null", ChecksumType::name);
            return invalid(format!(
                "The upload was created using the {name} checksum mode. The complete request must use the same checksum mode."
            ));
        }
    }
    if checksum_members!(input).iter().filter(|(_, text)| text.is_some()).count() > 1 {
        return invalid(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.".to_owned(),
        );
    }
    for (algorithm, text) in checksum_members!(input) {
        let Some(text) = text else { continue };
        let own = checksum.filter(|checksum| checksum.algorithm == algorithm);
        // A composite checksum may be sent with or without its number of parts.
        let holds =
            own.is_some_and(|own| checksums::text(own, parts) == text || checksums::text(own, None) == text);
        if !holds {
            let message = format!("The {algorithm} you specified did not match the calculated checksum.");
            return Err(S3Error::with_message(ErrorCode::BadDigest, message));
        }
    }
    Ok(())
}

fn has_unlisted(
    view: &dyn View,
    bucket: &Bucket,
    key: &ObjectKey,
    id: UploadId,
    table: &PartTable,
) -> Result<bool, Fault> {
    // Walks from gap to gap of the listed numbers, so an upload without leftovers costs one look per run.
    let prefix = space::parts(bucket.row.id, key, id);
    let mut start = prefix.clone();
    let end = space::end_of(&prefix);
    for (number, ..) in table.iter() {
        let listed = space::part(bucket.row.id, key, id, number);
        if start < listed && view.first_at_or_after(&start, &listed)?.is_some() {
            return Ok(true);
        }
        start = space::end_of(&listed);
    }
    Ok(view.first_at_or_after(&start, &end)?.is_some())
}

fn output(input: &CompleteMultipartUploadInput, completed: Completed) -> CompleteMultipartUploadOutput {
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        e_tag: Some(completed.etag.quoted()),
        version_id: completed.version_id,
        ..Default::default()
    };
    if let Some(checksum) = &completed.checksum {
        set_checksum!(output, checksum.algorithm, checksums::text(checksum, completed.etag.parts));
        output.checksum_type = Some(checksum.kind.name().to_owned());
    }
    output
}
