//! Changes a bucket's record: one commit, asked against the truth.

use api::{ErrorCode, S3Error};
use auth::Bucket;
use catalog::table::{BucketRow, space};
use catalog::{Decision, Fault, View, Write};
use model::Ordinal;

use crate::hall::{Hall, bucket_group};
use crate::{fault, state};

/// Writes beside the record's own, or why there are none.
pub(super) type Change = Result<Vec<Write>, S3Error>;

impl Hall {
    /// `change` may be asked again against a newer view.
    pub(super) async fn change_bucket<F>(&self, bucket: &Bucket, change: F) -> Result<(), S3Error>
    where
        F: Fn(&dyn View, &mut BucketRow, Ordinal) -> Result<Change, Fault> + Send + 'static,
    {
        let bucket = bucket.clone();
        self.catalog()
            .commit(bucket_group(bucket.name.as_str()), move |view, ordinal| {
                let Some(mut standing) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(
                        S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", bucket.name.as_str()),
                    ));
                };
                match change(view, &mut standing, ordinal)? {
                    Err(refusal) => Ok(Decision::Refuse(refusal)),
                    Ok(mut writes) => {
                        writes.push(Write::put(space::bucket(&bucket.name), standing.encode()));
                        Ok(Decision::Write(writes, ()))
                    }
                }
            })
            .await
            .map_err(fault::catalog)?
    }
}
