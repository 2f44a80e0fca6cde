//! A proof that nobody gave, made by hand: E0451

use api::s3::{DeleteBucket, DeleteBucketInput};
use auth::{Authorized, Bucket, Caller};

pub fn forge(input: DeleteBucketInput, caller: Caller, bucket: Bucket) -> Authorized<DeleteBucket> {
    Authorized { input, caller, bucket: Some(bucket), source: None, unlimited: true, refused: Vec::new() }
}
