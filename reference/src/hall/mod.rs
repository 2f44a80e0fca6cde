//! The handlers as a subject, whatever house they are in: operations in, answers out.

mod answers;
mod front;
mod inputs;
mod marks;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::differential::Subject;
use crate::marks::Marks;
use crate::operation::{
    Attributes, Complete, Copy, CopyPart, Delete, DeleteMany, ListUploads, ListVersions, PutObject, Read,
    Source,
};
use crate::{Answer, Names, Operation, Outcome, Refusal, UploadName, VersionName};
use api::{ErrorCode, S3Error, s3};
use auth::{Caller, Guarded, Identity, Situation};
use bytes::Bytes;
use catalog::table::AccountRow;
use model::{AccountId, CanonicalId, Ordinal, Region, StorageClass, Timestamp, UploadId, VersionId};
use semantics::{Hall, Handle};
use world::{Clock as _, ManualClock};

pub use front::{BEGINNING, Front};

/// The region of every bucket and caller.
pub const REGION: &str = "eu-west-1";

/// Where the handlers are at home.
pub trait House {
    fn front(&self) -> &Front;
    fn clock(&self) -> &ManualClock;
    /// To its end; `None` where it has none.
    fn run<T>(&self, work: impl Future<Output = T>) -> Option<T>;
    /// Stops and opens again what is on the disks.
    fn restart(&mut self);

    fn make_account(&self, number: u64) {
        let made = self.run(self.front().make_account(number));
        made.expect("it ends").expect("nobody refuses an account");
    }

    /// One operation through the same door as every request; the answer with all of its body.
    fn call<O: Guarded>(
        &self,
        caller: &Caller,
        input: O::Input,
        body: Bytes,
    ) -> Result<(O::Output, Bytes), S3Error>
    where
        Hall: Handle<O>,
    {
        let called = self.run(self.front().call::<O>(caller, input, body));
        called.unwrap_or_else(|| Err(ErrorCode::InternalError.into()))
    }

    fn now(&self) -> Timestamp {
        self.clock().now()
    }

    fn wait(&self, seconds: i64) {
        self.clock().set(self.now().plus_millis(seconds * 1000));
    }
}

pub fn region() -> Region {
    Region::parse(REGION).expect("a legal region")
}

pub fn account(number: u64) -> AccountId {
    AccountId::new(number).expect("a legal account")
}

/// The root of an account.
pub fn caller(number: u64) -> Caller {
    let (name, key) = (format!("account {number}"), format!("key{number}"));
    let root = Identity::root(account(number), CanonicalId::from_bytes([7; 32]), name, key, Some(region()));
    Caller::new(Some(Arc::new(root)), Situation::default())
}

/// The row of an account.
pub fn account_row(number: u64, created: Timestamp) -> AccountRow {
    let id = account(number);
    AccountRow {
        id,
        name: format!("account {id}"),
        email: None,
        canonical_id: CanonicalId::from_bytes([7; 32]),
        created,
        access_keys: Vec::new(),
    }
}

/// The inputs of GetObject and HeadObject have the same members.
macro_rules! read {
    ($subject:expr, $asked:expr, $input:ident) => {{
        let conditions = inputs::read_conditions(&$asked.conditions);
        s3::$input {
            bucket: $subject.bucket(&$asked.bucket),
            key: $asked.key.clone(),
            version_id: $subject.version_id($asked.version),
            range: $asked.range.clone(),
            part_number: $asked.part_number,
            if_match: conditions.if_match,
            if_none_match: conditions.if_none_match,
            if_modified_since: conditions.if_modified_since,
            if_unmodified_since: conditions.if_unmodified_since,
            ..Default::default()
        }
    }};
}

pub struct HallSubject<H> {
    house: Rc<RefCell<H>>,
    caller: Caller,
    /// Ends each bucket's name, since buckets of all accounts share one space of names.
    suffix: String,
    pub names: Names,
    applied: usize,
    restart_at: Option<usize>,
    /// When the sequence began.
    pub began: Timestamp,
}

pub type Answered = Result<Answer, Refusal>;

impl<H: House> Subject for HallSubject<H> {
    fn apply(&mut self, operation: &Operation) -> Outcome {
        if self.restart_at == Some(self.applied) {
            self.house.borrow_mut().restart();
        }
        self.applied += 1;
        match operation {
            Operation::Wait { seconds } => {
                self.house.borrow().wait(*seconds);
                Ok(Answer::Done)
            }
            Operation::CreateBucket { .. }
            | Operation::DeleteBucket { .. }
            | Operation::HeadBucket { .. }
            | Operation::ListBuckets(_)
            | Operation::PutBucketVersioning { .. }
            | Operation::GetBucketVersioning { .. } => self.on_buckets(operation),
            Operation::PutObject(asked) => self.put(asked),
            Operation::GetObject(asked) => self.get(asked),
            Operation::HeadObject(asked) => self.head(asked),
            Operation::DeleteObject(asked) => self.delete(asked),
            Operation::DeleteObjects(asked) => self.delete_many(asked),
            Operation::CopyObject(asked) => self.copy(asked),
            Operation::ListObjects(asked) => {
                let bucket = self.bucket(&asked.filter.bucket);
                let input = inputs::list_objects(bucket, &asked.filter, &asked.marker);
                Ok(answers::objects(self.call::<s3::ListObjects>(input)?))
            }
            Operation::ListObjectsV2(asked) => {
                let bucket = self.bucket(&asked.filter.bucket);
                let token = asked.token.and_then(|token| self.names.token_text(token)).map(str::to_owned);
                let input = inputs::list_objects_v2(bucket, &asked.filter, &asked.start_after, token);
                let output = self.call::<s3::ListObjectsV2>(input)?;
                Ok(answers::objects_v2(&mut self.names, output))
            }
            Operation::ListObjectVersions(asked) => self.list_versions(asked),
            Operation::ListMultipartUploads(asked) => self.list_uploads(asked),
            Operation::CreateMultipartUpload { bucket, key, attributes, marks } => {
                self.create_upload(bucket, key, attributes, marks)
            }
            Operation::UploadPart { .. } | Operation::AbortMultipartUpload { .. } => {
                self.on_upload(operation)
            }
            Operation::UploadPartCopy(asked) => self.copy_part(asked),
            Operation::CompleteMultipartUpload(asked) => self.complete(asked),
            Operation::ListParts { bucket, key, upload, after, max } => {
                let input = s3::ListPartsInput {
                    bucket: self.bucket(bucket),
                    key: key.clone(),
                    upload_id: self.upload_id(*upload),
                    part_number_marker: *after,
                    max_parts: *max,
                    ..Default::default()
                };
                Ok(answers::parts(self.call::<s3::ListParts>(input)?))
            }
            other => self.on_marks(other),
        }
    }
}

impl<H: House> HallSubject<H> {
    pub fn new(house: Rc<RefCell<H>>, account: u64, restart_at: Option<usize>) -> Self {
        house.borrow().make_account(100 + account);
        let began = house.borrow().now();
        let ordinal = Ordinal::from_u64(1);
        let unknown_version = VersionId::Id { ordinal, salt: 7 }.to_string();
        let unknown_upload = UploadId { ordinal, salt: 7 }.to_string();
        Self {
            house,
            caller: caller(100 + account),
            suffix: format!("-{account}"),
            names: Names::new(&unknown_version, &unknown_upload),
            applied: 0,
            restart_at,
            began,
        }
    }

    pub fn bucket(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    pub fn version_id(&self, name: Option<VersionName>) -> Option<String> {
        name.map(|name| self.names.version_id(name).to_owned())
    }

    /// Since the sequence began.
    pub fn seconds(&self) -> i64 {
        (self.house.borrow().now().millis() - self.began.millis()) / 1000
    }

    fn upload_id(&self, name: UploadName) -> Option<String> {
        Some(self.names.upload_id(name).to_owned())
    }

    pub fn call<O: Guarded>(&mut self, input: O::Input) -> Result<O::Output, Refusal>
    where
        Hall: Handle<O>,
    {
        self.call_with::<O>(input, Bytes::new()).map(|(output, _)| output)
    }

    fn call_with<O: Guarded>(&mut self, input: O::Input, body: Bytes) -> Result<(O::Output, Bytes), Refusal>
    where
        Hall: Handle<O>,
    {
        let answered = self.house.borrow().call::<O>(&self.caller, input, body);
        answered.map_err(|error| answers::refusal(&mut self.names, error))
    }

    fn on_buckets(&mut self, operation: &Operation) -> Answered {
        match operation {
            Operation::CreateBucket { bucket, lock, tags } => {
                let input = inputs::create_bucket(self.bucket(bucket), *lock, tags);
                self.call::<s3::CreateBucket>(input).map(|_| Answer::Done)
            }
            Operation::DeleteBucket { bucket } => {
                let input = s3::DeleteBucketInput { bucket: self.bucket(bucket), ..Default::default() };
                self.call::<s3::DeleteBucket>(input).map(|_| Answer::Done)
            }
            Operation::HeadBucket { bucket } => {
                let input = s3::HeadBucketInput { bucket: self.bucket(bucket), ..Default::default() };
                self.call::<s3::HeadBucket>(input).map(|_| Answer::Done)
            }
            Operation::PutBucketVersioning { bucket, enabled } => {
                let status = if *enabled { "Enabled" } else { "Suspended" };
                let configuration =
                    s3::VersioningConfiguration { status: Some(status.to_owned()), ..Default::default() };
                let input = s3::PutBucketVersioningInput {
                    bucket: self.bucket(bucket),
                    versioning_configuration: Some(configuration),
                    ..Default::default()
                };
                self.call::<s3::PutBucketVersioning>(input).map(|_| Answer::Done)
            }
            Operation::GetBucketVersioning { bucket } => {
                let input =
                    s3::GetBucketVersioningInput { bucket: self.bucket(bucket), ..Default::default() };
                let output = self.call::<s3::GetBucketVersioning>(input)?;
                Ok(Answer::Versioning(output.status.map(|status| status == "Enabled")))
            }
            Operation::ListBuckets(asked) => {
                let token = asked.token.and_then(|token| self.names.token_text(token)).map(str::to_owned);
                let input = s3::ListBucketsInput {
                    prefix: inputs::some(&asked.prefix),
                    max_buckets: asked.max,
                    continuation_token: token,
                    ..Default::default()
                };
                let output = self.call::<s3::ListBuckets>(input)?;
                let name = |bucket: s3::Bucket| {
                    let name = bucket.name.expect("a name");
                    name.strip_suffix(&self.suffix).expect("the account's own bucket").to_owned()
                };
                let names = output.buckets.into_iter().map(name).collect();
                let next = output.continuation_token.map(|token| self.names.token(&token));
                Ok(Answer::Buckets { names, next })
            }
            other => unreachable!("{other:?} is not about buckets"),
        }
    }

    fn put(&mut self, asked: &PutObject) -> Answered {
        let (if_match, if_none_match) = inputs::write_conditions(&asked.conditions);
        let Attributes { content_type, metadata, class } = asked.attributes.clone();
        let body = asked.body.bytes();
        let input = s3::PutObjectInput {
            bucket: self.bucket(&asked.bucket),
            key: asked.key.clone(),
            content_type,
            metadata,
            storage_class: class.map(name_of),
            tagging: inputs::tagging_header(&asked.marks.tags),
            object_lock_mode: inputs::mode(asked.marks.hold),
            object_lock_retain_until_date: inputs::until(asked.marks.hold, self.began),
            object_lock_legal_hold_status: inputs::legal_hold(asked.marks.hold),
            content_md5: asked.proven.then(|| inputs::content_md5(&body)),
            if_match,
            if_none_match,
            ..Default::default()
        };
        let (output, _) = self.call_with::<s3::PutObject>(input, body)?;
        let version = answers::version(&mut self.names, output.version_id);
        Ok(Answer::Put { etag: answers::etag(output.e_tag), version })
    }

    fn get(&mut self, asked: &Read) -> Answered {
        let input = read!(self, asked, GetObjectInput);
        let (output, body) = self.call_with::<s3::GetObject>(input, Bytes::new())?;
        Ok(answers::got(&mut self.names, self.began, output, body))
    }

    fn head(&mut self, asked: &Read) -> Answered {
        let input = read!(self, asked, HeadObjectInput);
        let output = self.call::<s3::HeadObject>(input)?;
        Ok(answers::headed(&mut self.names, self.began, output))
    }

    fn delete(&mut self, asked: &Delete) -> Answered {
        let input = s3::DeleteObjectInput {
            bucket: self.bucket(&asked.bucket),
            key: asked.key.clone(),
            version_id: self.version_id(asked.version),
            if_match: inputs::tags(asked.if_match.as_ref()),
            bypass_governance_retention: asked.bypass.then_some(true),
            ..Default::default()
        };
        let output = self.call::<s3::DeleteObject>(input)?;
        let version = answers::version(&mut self.names, output.version_id);
        Ok(Answer::Deleted { marker: output.delete_marker.unwrap_or(false), version })
    }

    fn delete_many(&mut self, asked: &DeleteMany) -> Answered {
        let objects = asked.entries.iter().map(|entry| s3::ObjectIdentifier {
            key: Some(entry.key.clone()),
            version_id: self.version_id(entry.version),
            e_tag: entry.etag.as_deref().map(inputs::quoted),
            ..Default::default()
        });
        let delete = s3::Delete { objects: objects.collect(), quiet: Some(asked.quiet) };
        let input = s3::DeleteObjectsInput {
            bucket: self.bucket(&asked.bucket),
            delete: Some(delete),
            bypass_governance_retention: asked.bypass.then_some(true),
            ..Default::default()
        };
        let output = self.call::<s3::DeleteObjects>(input)?;
        Ok(answers::deleted(&mut self.names, output))
    }

    fn source(&self, source: &Source) -> String {
        let version = self.version_id(source.version);
        inputs::copy_source(&self.bucket(&source.bucket), &source.key, version.as_deref())
    }

    fn copy(&mut self, asked: &Copy) -> Answered {
        let (if_match, if_none_match) = inputs::write_conditions(&asked.conditions);
        let source = inputs::read_conditions(&asked.source.conditions);
        let Attributes { content_type, metadata, class } = asked.attributes.clone();
        let input = s3::CopyObjectInput {
            bucket: self.bucket(&asked.bucket),
            key: asked.key.clone(),
            copy_source: Some(self.source(&asked.source)),
            copy_source_if_match: source.if_match,
            copy_source_if_none_match: source.if_none_match,
            copy_source_if_modified_since: source.if_modified_since,
            copy_source_if_unmodified_since: source.if_unmodified_since,
            metadata_directive: asked.replace.then(|| "REPLACE".to_owned()),
            tagging_directive: asked.replace_tags.then(|| "REPLACE".to_owned()),
            tagging: inputs::tagging_header(&asked.marks.tags),
            object_lock_mode: inputs::mode(asked.marks.hold),
            object_lock_retain_until_date: inputs::until(asked.marks.hold, self.began),
            object_lock_legal_hold_status: inputs::legal_hold(asked.marks.hold),
            content_type,
            metadata,
            storage_class: class.map(name_of),
            if_match,
            if_none_match,
            ..Default::default()
        };
        let output = self.call::<s3::CopyObject>(input).map_err(of_source)?;
        let etag = answers::etag(output.copy_object_result.and_then(|result| result.e_tag));
        let version = answers::version(&mut self.names, output.version_id);
        let source = answers::version(&mut self.names, output.copy_source_version_id);
        Ok(Answer::Copied { etag, version, source })
    }

    fn list_versions(&mut self, asked: &ListVersions) -> Answered {
        let input = s3::ListObjectVersionsInput {
            bucket: self.bucket(&asked.filter.bucket),
            prefix: inputs::some(&asked.filter.prefix),
            delimiter: inputs::some(&asked.filter.delimiter),
            max_keys: asked.filter.max,
            key_marker: asked.key_marker.clone(),
            version_id_marker: self.version_id(asked.version_marker),
            ..Default::default()
        };
        let output = self.call::<s3::ListObjectVersions>(input)?;
        Ok(answers::versions(&mut self.names, output))
    }

    fn list_uploads(&mut self, asked: &ListUploads) -> Answered {
        let input = s3::ListMultipartUploadsInput {
            bucket: self.bucket(&asked.filter.bucket),
            prefix: inputs::some(&asked.filter.prefix),
            delimiter: inputs::some(&asked.filter.delimiter),
            max_uploads: asked.filter.max,
            key_marker: asked.key_marker.clone(),
            upload_id_marker: asked.upload_marker.and_then(|upload| self.upload_id(upload)),
            ..Default::default()
        };
        let output = self.call::<s3::ListMultipartUploads>(input)?;
        Ok(answers::uploads(&mut self.names, output))
    }

    fn create_upload(&mut self, bucket: &str, key: &str, attributes: &Attributes, marks: &Marks) -> Answered {
        let Attributes { content_type, metadata, class } = attributes.clone();
        let input = s3::CreateMultipartUploadInput {
            bucket: self.bucket(bucket),
            key: key.to_owned(),
            content_type,
            metadata,
            storage_class: class.map(name_of),
            tagging: inputs::tagging_header(&marks.tags),
            object_lock_mode: inputs::mode(marks.hold),
            object_lock_retain_until_date: inputs::until(marks.hold, self.began),
            object_lock_legal_hold_status: inputs::legal_hold(marks.hold),
            ..Default::default()
        };
        let output = self.call::<s3::CreateMultipartUpload>(input)?;
        Ok(Answer::Started(self.names.upload(&output.upload_id.expect("an upload id"))))
    }

    fn on_upload(&mut self, operation: &Operation) -> Answered {
        match operation {
            Operation::UploadPart { bucket, key, upload, number, body } => {
                let input = s3::UploadPartInput {
                    bucket: self.bucket(bucket),
                    key: key.clone(),
                    upload_id: self.upload_id(*upload),
                    part_number: Some(*number),
                    ..Default::default()
                };
                let (output, _) = self.call_with::<s3::UploadPart>(input, body.bytes())?;
                Ok(Answer::Part { etag: answers::etag(output.e_tag), source: None })
            }
            Operation::AbortMultipartUpload { bucket, key, upload } => {
                let input = s3::AbortMultipartUploadInput {
                    bucket: self.bucket(bucket),
                    key: key.clone(),
                    upload_id: self.upload_id(*upload),
                    ..Default::default()
                };
                self.call::<s3::AbortMultipartUpload>(input).map(|_| Answer::Done)
            }
            other => unreachable!("{other:?} is not about an upload"),
        }
    }

    fn copy_part(&mut self, asked: &CopyPart) -> Answered {
        let source = inputs::read_conditions(&asked.source.conditions);
        let input = s3::UploadPartCopyInput {
            bucket: self.bucket(&asked.bucket),
            key: asked.key.clone(),
            upload_id: self.upload_id(asked.upload),
            part_number: Some(asked.number),
            copy_source: Some(self.source(&asked.source)),
            copy_source_if_match: source.if_match,
            copy_source_if_none_match: source.if_none_match,
            copy_source_if_modified_since: source.if_modified_since,
            copy_source_if_unmodified_since: source.if_unmodified_since,
            copy_source_range: asked.range.map(|(first, last)| format!("bytes={first}-{last}")),
            ..Default::default()
        };
        let output = self.call::<s3::UploadPartCopy>(input).map_err(of_source)?;
        let source = answers::version(&mut self.names, output.copy_source_version_id);
        let etag = answers::etag(output.copy_part_result.and_then(|result| result.e_tag));
        Ok(Answer::Part { etag, source })
    }

    fn complete(&mut self, asked: &Complete) -> Answered {
        let (if_match, if_none_match) = inputs::write_conditions(&asked.conditions);
        let parts = asked.parts.iter().map(|(number, etag)| s3::CompletedPart {
            part_number: Some(*number),
            e_tag: Some(inputs::quoted(etag)),
            ..Default::default()
        });
        let input = s3::CompleteMultipartUploadInput {
            bucket: self.bucket(&asked.bucket),
            key: asked.key.clone(),
            upload_id: self.upload_id(asked.upload),
            multipart_upload: Some(s3::CompletedMultipartUpload { parts: parts.collect() }),
            if_match,
            if_none_match,
            ..Default::default()
        };
        let output = self.call::<s3::CompleteMultipartUpload>(input)?;
        let version = answers::version(&mut self.names, output.version_id);
        Ok(Answer::Put { etag: answers::etag(output.e_tag), version })
    }
}

/// Whether a copy tells of the delete marker that it met at its source is documented nowhere.
fn of_source(refusal: Refusal) -> Refusal {
    Refusal { marker: None, ..refusal }
}

fn name_of(class: StorageClass) -> String {
    class.name().to_owned()
}
