//! What each built operation acts on.

use api::s3;

use super::{Guarded, Target};

macro_rules! on_bucket {
    ($($operation:ident),* $(,)?) => {
        $(impl Guarded for s3::$operation {
            fn target(input: &Self::Input) -> Target<'_> {
                Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
            }
        })*
    };
}

macro_rules! copies {
    ($($operation:ident),* $(,)?) => {
        $(impl Guarded for s3::$operation {
            fn target(input: &Self::Input) -> Target<'_> {
                Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
            }

            fn source(input: &Self::Input) -> Option<(&str, Option<&str>)> {
                let header = input.copy_source.as_deref().unwrap_or_default();
                Some((header, input.expected_source_bucket_owner.as_deref()))
            }
        })*
    };
}

impl Guarded for s3::RenameObject {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Bucket { name: &input.bucket, expected_owner: None }
    }
}

on_bucket! {
    HeadBucket, GetBucketLocation, DeleteBucket, PutBucketVersioning, GetBucketVersioning,
    PutObject, GetObject, HeadObject, DeleteObject, DeleteObjects,
    ListObjects, ListObjectsV2, ListObjectVersions,
    CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload, ListParts,
    ListMultipartUploads,
    PutObjectTagging, GetObjectTagging, DeleteObjectTagging,
    PutObjectAnnotation, GetObjectAnnotation, ListObjectAnnotations, DeleteObjectAnnotation,
    PutBucketTagging, GetBucketTagging, DeleteBucketTagging,
    PutObjectLockConfiguration, GetObjectLockConfiguration,
    PutObjectRetention, GetObjectRetention, PutObjectLegalHold, GetObjectLegalHold,
    GetObjectAttributes, GetObjectTorrent,
}

copies! { CopyObject, UploadPartCopy }

impl Guarded for s3::ListBuckets {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }
}

impl Guarded for s3::CreateBucket {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::NewBucket { name: &input.bucket }
    }
}
