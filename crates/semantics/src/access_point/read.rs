//! GetAccessPoint.

use api::s3control::{GetAccessPoint, GetAccessPointOutput, PublicAccessBlockConfiguration};
use api::{Body, S3Error};
use auth::Authorized;
use catalog::table::AccessPointRow;
use model::{AccountId, PublicAccessBlock};

use crate::fault;
use crate::hall::Hall;
use crate::handle::Handle;

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
            public_access_block_configuration: Some(shown(row.public_access_block)),
            creation_date: Some(row.created),
            alias: Some(row.alias),
            bucket_account_id: Some(row.bucket_owner.to_string()),
            ..GetAccessPointOutput::default()
        };
        Ok((output, None))
    }
}

fn shown(block: PublicAccessBlock) -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        ignore_public_acls: Some(block.ignore_public_acls),
        block_public_policy: Some(block.block_public_policy),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    }
}

impl Hall {
    pub(super) fn access_point(&self, account: AccountId, name: &str) -> Result<AccessPointRow, S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let row = super::find(&view, account, name).map_err(fault::catalog)?;
        row.ok_or_else(|| super::no_such_access_point(name))
    }
}
