//! DeleteAccessPoint.

use api::s3control::{DeleteAccessPoint, DeleteAccessPointOutput};
use api::{Body, S3Error};
use auth::Authorized;
use catalog::table::space;
use catalog::{Decision, Write};

use crate::fault;
use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;

impl Handle<DeleteAccessPoint> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteAccessPoint>,
        _body: Body,
    ) -> Result<(DeleteAccessPointOutput, Option<Body>), S3Error> {
        let (name, account) = (request.input().name.clone(), request.identity()?.account);
        let standing = self.access_point(account, &name)?;
        self.catalog()
            .commit_freeing(bucket_group(standing.bucket.as_str()), move |view, _| {
                let Some(row) = super::find(view, account, &name)? else {
                    return Ok(Decision::Refuse(super::no_such_access_point(&name)));
                };
                let writes = vec![
                    Write::delete(space::access_point(account, &name)),
                    Write::delete(space::access_point_alias(&row.alias)),
                    Write::delete(space::access_point_to(row.bucket_id, account, &name)),
                ];
                Ok(Decision::Write(writes, ()))
            })
            .await
            .map_err(fault::catalog)??;
        Ok((DeleteAccessPointOutput::default(), None))
    }
}
