//! ListAccessPoints: an account's, or those of its to one bucket, by name, page by page.

use api::s3control::{AccessPoint, ListAccessPoints, ListAccessPointsOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::View;
use catalog::table::{AccessPointRow, BucketRow, space};
use model::BucketName;
use model::limits::LIST_ACCESS_POINTS_PAGE_MAX;

use crate::hall::Hall;
use crate::handle::Handle;
use crate::{fault, refuse};

impl Handle<ListAccessPoints> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListAccessPoints>,
        _body: Body,
    ) -> Result<(ListAccessPointsOutput, Option<Body>), S3Error> {
        let (input, account) = (request.input(), request.identity()?.account);
        refuse::if_present(&[
            ("dataSourceId", input.data_source_id.is_some()),
            ("dataSourceType", input.data_source_type.is_some()),
        ])?;
        let max = page_of(input.max_results)?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        // The keys of both tables end in account and name.
        let prefix = match input.bucket.as_deref() {
            None => space::access_points(account),
            Some(name) => {
                let no_such_bucket = || S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", name);
                let bucket = BucketName::parse(name).map_err(|_| no_such_bucket())?;
                let row = view.get(&space::bucket(&bucket)).map_err(fault::catalog)?;
                let row = BucketRow::decode(row.ok_or_else(no_such_bucket)?).map_err(fault::row);
                space::access_point_to(row.map_err(fault::catalog)?.id, account, "")
            }
        };
        // A token is the last name that was told; names have no zero byte.
        let start = match &input.next_token {
            Some(token) => [&prefix[..], token.as_bytes(), &[0]].concat(),
            None => prefix.clone(),
        };
        let mut cursor = view.cursor(&start, &space::end_of(&prefix)).map_err(fault::catalog)?;
        let mut output = ListAccessPointsOutput::default();
        while let Some((key, _)) = cursor.next().map_err(fault::catalog)? {
            if output.access_point_list.len() == max {
                output.next_token = output.access_point_list.last().and_then(|last| last.name.clone());
                break;
            }
            let name = std::str::from_utf8(&key[prefix.len()..]).unwrap_or_default();
            let row = super::find(&view, account, name).map_err(fault::catalog)?;
            output.access_point_list.extend(row.map(told));
        }
        Ok((output, None))
    }
}

fn page_of(asked: Option<i32>) -> Result<usize, S3Error> {
    let Some(asked) = asked else { return Ok(LIST_ACCESS_POINTS_PAGE_MAX) };
    let page = usize::try_from(asked).ok().filter(|page| *page > 0);
    let page = page
        .ok_or_else(|| S3Error::with_message(ErrorCode::InvalidRequest, "maxResults must be at least 1"))?;
    Ok(page.min(LIST_ACCESS_POINTS_PAGE_MAX))
}

fn told(row: AccessPointRow) -> AccessPoint {
    AccessPoint {
        access_point_arn: Some(row.arn()),
        name: Some(row.name),
        network_origin: Some("Internet".to_owned()),
        bucket: Some(row.bucket.to_string()),
        alias: Some(row.alias),
        bucket_account_id: Some(row.bucket_owner.to_string()),
        ..AccessPoint::default()
    }
}
