//! The reference itself: buckets in a map, and one door through which every operation enters.

use std::collections::BTreeMap;

use model::Versioning;

use crate::marks::{DefaultRetention, TagSet};
use crate::multipart::{Completed, Upload};
use crate::name::Seen;
use crate::versions::{Id, Versions};
use crate::{Answer, Operation, Outcome, Refusal, TokenName, UploadName, VersionName};

/// S3 in memory. What it answers is right by definition.
#[derive(Debug, Default)]
pub struct Reference {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    /// In us-east-1, creating one's own bucket again is no error.
    pub(crate) classic_region: bool,
    /// Seconds since the beginning.
    pub(crate) now: i64,
    minted: u64,
    uploads_started: u32,
    seen: Seen<u64>,
    /// Where each continuation token continues.
    tokens: Seen<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    pub versioning: Versioning,
    pub tags: TagSet,
    /// Whether it has object lock, and with which default.
    pub lock: Option<Option<DefaultRetention>>,
    pub keys: BTreeMap<String, Versions>,
    pub uploads: BTreeMap<(String, UploadName), Upload>,
    pub completed: BTreeMap<UploadName, Completed>,
}

impl Reference {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn in_us_east_1() -> Self {
        Self { classic_region: true, ..Self::default() }
    }

    pub fn apply(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::CreateBucket { bucket, lock, tags } => self.create_bucket(bucket, *lock, tags),
            Operation::DeleteBucket { bucket } => self.delete_bucket(bucket),
            Operation::HeadBucket { bucket } => self.head_bucket(bucket),
            Operation::ListBuckets(asked) => self.list_buckets(asked),
            Operation::PutBucketVersioning { bucket, enabled } => self.put_versioning(bucket, *enabled),
            Operation::GetBucketVersioning { bucket } => self.get_versioning(bucket),
            Operation::PutObject(asked) => self.put_object(asked),
            Operation::GetObject(asked) => self.read_object(asked, true),
            Operation::HeadObject(asked) => self.read_object(asked, false),
            Operation::DeleteObject(asked) => self.delete_object(asked),
            Operation::DeleteObjects(asked) => self.delete_objects(asked),
            Operation::CopyObject(asked) => self.copy_object(asked),
            Operation::ListObjects(asked) => self.list_objects(asked),
            Operation::ListObjectsV2(asked) => self.list_objects_v2(asked),
            Operation::ListObjectVersions(asked) => self.list_versions(asked),
            Operation::CreateMultipartUpload { bucket, key, attributes, marks } => {
                self.create_upload(bucket, key, attributes, marks)
            }
            Operation::UploadPart { bucket, key, upload, number, body } => {
                self.upload_part(bucket, key, *upload, *number, body.bytes())
            }
            Operation::UploadPartCopy(asked) => self.copy_part(asked),
            Operation::CompleteMultipartUpload(asked) => self.complete_upload(asked),
            Operation::AbortMultipartUpload { bucket, key, upload } => {
                self.abort_upload(bucket, key, *upload)
            }
            Operation::ListParts { bucket, key, upload, after, max } => {
                self.list_parts(bucket, key, *upload, *after, *max)
            }
            Operation::ListMultipartUploads(asked) => self.list_uploads(asked),
            other => self.apply_to_marks(other),
        }
    }

    fn apply_to_marks(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::PutBucketTagging { bucket, tags } => self.put_bucket_tags(bucket, tags),
            Operation::GetBucketTagging { bucket } => self.get_bucket_tags(bucket),
            Operation::DeleteBucketTagging { bucket } => self.put_bucket_tags(bucket, &TagSet::new()),
            Operation::PutObjectLockConfiguration { bucket, default } => self.put_lock(bucket, *default),
            Operation::GetObjectLockConfiguration { bucket } => self.get_lock(bucket),
            Operation::PutObjectTagging { at, tags } => self.put_tags(at, tags),
            Operation::GetObjectTagging(at) => self.get_tags(at),
            Operation::DeleteObjectTagging(at) => self.put_tags(at, &TagSet::new()),
            Operation::PutObjectRetention { at, retention, bypass } => {
                self.put_retention(at, *retention, *bypass)
            }
            Operation::GetObjectRetention(at) => self.get_retention(at),
            Operation::PutObjectLegalHold { at, on } => self.put_legal_hold(at, *on),
            Operation::GetObjectLegalHold(at) => self.get_legal_hold(at),
            Operation::GetObjectAttributes(asked) => self.get_attributes(asked),
            Operation::Wait { seconds } => {
                self.now += seconds;
                Ok(Answer::Done)
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or_else(|| "NoSuchBucket".into())
    }

    pub(crate) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, Refusal> {
        self.buckets.get_mut(name).ok_or_else(|| "NoSuchBucket".into())
    }

    /// In a bucket that never had versions only `null` is a version id.
    pub(crate) fn check_version(&self, bucket: &str, version: Option<VersionName>) -> Result<(), Refusal> {
        let none = self.bucket(bucket)?.versioning == Versioning::Unversioned;
        match version {
            Some(VersionName::Seen(_) | VersionName::Unknown) if none => Err("InvalidArgument".into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn mint(&mut self) -> u64 {
        self.minted += 1;
        self.minted
    }

    pub(crate) fn start_upload(&mut self) -> UploadName {
        self.uploads_started += 1;
        UploadName(self.uploads_started)
    }

    /// Shows an id in an answer.
    pub(crate) fn show(&mut self, id: Id) -> VersionName {
        match id {
            Id::Null => VersionName::Null,
            Id::Minted(number) => VersionName::Seen(self.seen.number(&number)),
        }
    }

    /// The name of an id that was shown before.
    pub(crate) fn name(&self, id: Id) -> Option<VersionName> {
        match id {
            Id::Null => Some(VersionName::Null),
            Id::Minted(number) => self.seen.find(&number).map(VersionName::Seen),
        }
    }

    /// The id that a request names; one that no version has when it was never shown.
    pub(crate) fn id(&self, name: VersionName) -> Id {
        match name {
            VersionName::Null => Id::Null,
            VersionName::Unknown => Id::Minted(0),
            VersionName::Seen(number) => Id::Minted(self.seen.get(number).copied().unwrap_or(0)),
        }
    }

    /// How many version ids were shown: `Seen(1)` up to this one.
    pub fn versions_seen(&self) -> u32 {
        self.seen.count()
    }

    pub fn uploads_started(&self) -> u32 {
        self.uploads_started
    }

    pub(crate) fn give_token(&mut self, after: &str) -> TokenName {
        TokenName(self.tokens.append(after.to_owned()))
    }

    pub(crate) fn token(&self, name: TokenName) -> Result<&str, Refusal> {
        self.tokens.get(name.0).map(String::as_str).ok_or_else(|| "InvalidArgument".into())
    }
}
