//! GetAccessPoint.

use api::s3control::{GetAccessPoint, GetAccessPointOutput};
use api::{Body, S3Error};
use auth::Authorized;
use catalog::table::AccessPointRow;
use model::AccountId;

use crate::hall::Hall;
use crate::handle::Handle;
use crate::{account_access, fault};

impl Handle<GetAccessPoint> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetAccessPoint>,
        _body: Body,
    ) -> Result<(GetAccessPointOutput, Option<Body>), S3Error> {
        let row = self.access_point(request.identity()?.account, &request.input().name)?;
        let output = GetAccessPointOutput {
            access_point_arn: Some(row.arn()),
            name: Some(row.name),
            bucket: Some(row.bucket.to_string()),
            network_origin: Some("Internet".to_owned()),
            public_access_block_configuration: Some(account_access::shown(row.public_access_block)),
            creation_date: Some(row.created),
            alias: Some(row.alias),
            bucket_account_id: Some(row.bucket_owner.to_string()),
            ..GetAccessPointOutput::default()
        };
        Ok((output, None))
    }
}

impl Hall {
    pub(super) fn access_point(&self, account: AccountId, name: &str) -> Result<AccessPointRow, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let row = super::find(&view, account, name).map_err(fault::catalog)?;
        row.ok_or_else(|| super::no_such_access_point(name))
    }
}
