//! The operations that are built. All others of the model answer `NotImplemented`.

use api::s3::{self, Op};
use api::{ErrorCode, S3Error};

use super::door::Handle;
use super::serve::{Exchange, serve};
use crate::respond::Answer;

macro_rules! built {
    ($($op:ident,)*) => {
        /// Operations that are not `NotImplemented`.
        pub const BUILT: &[Op] = &[$(Op::$op,)*];

        /// A house that handles every built operation. Nothing implements it by hand.
        pub trait House: $(Handle<s3::$op> +)* {}

        impl<H: $(Handle<s3::$op> +)*> House for H {}

        /// Each operation's future is boxed by itself, so that a small one does not pay for the largest.
        pub(super) async fn dispatch<H: House>(
            house: &H,
            op: Op,
            exchange: Exchange<'_, H::Caller>,
        ) -> Result<Answer, S3Error> {
            match op {
                $(Op::$op => Box::pin(serve::<s3::$op, H>(house, exchange)).await,)*
                other => Err(not_built(other)),
            }
        }
    };
}

built! {
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateBucket,
    CreateMultipartUpload,
    DeleteBucket,
    DeleteBucketTagging,
    DeleteObject,
    DeleteObjectAnnotation,
    DeleteObjects,
    DeleteObjectTagging,
    GetBucketLocation,
    GetBucketTagging,
    GetBucketVersioning,
    GetObject,
    GetObjectAnnotation,
    GetObjectAttributes,
    GetObjectLegalHold,
    GetObjectLockConfiguration,
    GetObjectRetention,
    GetObjectTagging,
    GetObjectTorrent,
    HeadBucket,
    HeadObject,
    ListBuckets,
    ListMultipartUploads,
    ListObjectAnnotations,
    ListObjectVersions,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutBucketTagging,
    PutBucketVersioning,
    PutObject,
    PutObjectAnnotation,
    PutObjectLegalHold,
    PutObjectLockConfiguration,
    PutObjectRetention,
    PutObjectTagging,
    RenameObject,
    UploadPart,
    UploadPartCopy,
}

fn not_built(op: Op) -> S3Error {
    S3Error::with_message(ErrorCode::NotImplemented, format!("{} is not implemented.", op.name()))
}
