//! ListBuckets: the caller's own, by name, page by page.

use api::s3::{Bucket, ListBuckets, ListBucketsInput, ListBucketsOutput, Owner};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::View;
use catalog::table::{BucketRow, space};
use model::BucketName;
use model::limits::LIST_BUCKETS_PAGE_MAX;

use crate::fault;
use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<ListBuckets> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListBuckets>,
        _body: Body,
    ) -> Result<(ListBucketsOutput, Option<Body>), S3Error> {
        let (input, caller) = (request.input(), request.identity()?);
        let max = page_max(input)?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let start = space::owned(caller.account, prefix);
        let end = space::end_of(&start);
        let start = match &input.continuation_token {
            Some(token) => space::owned(caller.account, &read_token(token)?).max(start),
            None => start,
        };
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let mut cursor = view.cursor(&start, &end).map_err(fault::catalog)?;
        let mut buckets = Vec::new();
        let mut continuation_token = None;
        while let Some((key, _)) = cursor.next().map_err(fault::catalog)? {
            let name = space::owned_name(&key).unwrap_or_default();
            let Some(bucket) = self.described(&view, name, input.bucket_region.as_deref())? else { continue };
            if buckets.len() == max {
                continuation_token = Some(URL_SAFE_NO_PAD.encode(name));
                break;
            }
            buckets.push(bucket);
        }
        let output = ListBucketsOutput {
            buckets,
            owner: Some(Owner {
                display_name: Some(caller.name.clone()),
                id: Some(caller.canonical_id.as_str().to_owned()),
            }),
            continuation_token,
            prefix: input.prefix.clone(),
        };
        Ok((output, None))
    }
}

impl Hall {
    /// `None` for a bucket of another region than asked for.
    fn described(
        &self,
        view: &dyn View,
        name: &str,
        region: Option<&str>,
    ) -> Result<Option<Bucket>, S3Error> {
        let Ok(name) = BucketName::parse(name) else { return Ok(None) };
        let row = view.get(&space::bucket(&name)).map_err(fault::catalog)?;
        let Some(row) = row else { return Ok(None) };
        let row = BucketRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
        if region.is_some_and(|region| region != row.region.as_str()) {
            return Ok(None);
        }
        Ok(Some(Bucket {
            name: Some(name.to_string()),
            creation_date: Some(row.created),
            bucket_region: Some(row.region.as_str().to_owned()),
            bucket_arn: Some(format!("arn:aws:s3:::{name}")),
        }))
    }
}

fn page_max(input: &ListBucketsInput) -> Result<usize, S3Error> {
    match input.max_buckets {
        None => Ok(LIST_BUCKETS_PAGE_MAX as usize),
        Some(max) if (1..=LIST_BUCKETS_PAGE_MAX as i32).contains(&max) => Ok(max as usize),
        Some(max) => Err(S3Error::invalid_argument(
            "max-buckets",
            &max.to_string(),
            "Argument max-buckets must be an integer between 1 and 10000",
        )),
    }
}

fn read_token(token: &str) -> Result<String, S3Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidArgument, "The continuation token provided is incorrect")
            .element("ArgumentName", "continuation-token")
    })
}
