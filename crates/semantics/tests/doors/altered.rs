//! A proof for one input, turned into one for another: E0616

use api::s3::{DeleteBucket, DeleteBucketInput};
use auth::Authorized;

pub fn alter(mut authorized: Authorized<DeleteBucket>, other: DeleteBucketInput) -> Authorized<DeleteBucket> {
    authorized.input = other;
    authorized
}
