//! A proof that nobody gave, made by hand: E0451

use api::s3::{DeleteBucket, DeleteBucketInput};
use auth::{Authorized, Bucket, Caller};

pub fn forge(input: DeleteBucketInput, caller: Caller, bucket: Bucket) -> Authorized<DeleteBucket> {
    let (bucket, refused) = (Some(bucket), Vec::new());
    Authorized { input, caller, bucket, source: None, role: None, reads: None, refused }
}
