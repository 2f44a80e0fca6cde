//! PutPublicAccessBlock, GetPublicAccessBlock, DeletePublicAccessBlock of a bucket.

use api::s3::{
    DeletePublicAccessBlock, DeletePublicAccessBlockOutput, GetPublicAccessBlock, GetPublicAccessBlockOutput,
    PublicAccessBlockConfiguration, PutPublicAccessBlock, PutPublicAccessBlockOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use model::PublicAccessBlock;

use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutPublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutPublicAccessBlock>,
        _body: Body,
    ) -> Result<(PutPublicAccessBlockOutput, Option<Body>), S3Error> {
        let asked =
            request.input().public_access_block_configuration.as_ref().ok_or(ErrorCode::MalformedXML)?;
        let block = read_block([
            asked.block_public_acls,
            asked.ignore_public_acls,
            asked.block_public_policy,
            asked.restrict_public_buckets,
        ])?;
        self.change_bucket(request.bucket()?, move |_, standing, _| {
            standing.access.public_access_block = Some(block);
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((PutPublicAccessBlockOutput::default(), None))
    }
}

/// Switches that are not given are off.
pub(crate) fn read_block(switches: [Option<bool>; 4]) -> Result<PublicAccessBlock, S3Error> {
    if switches.iter().all(Option::is_none) {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "Must specify at least one configuration.",
        ));
    }
    let [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets] =
        switches.map(|switch| switch == Some(true));
    Ok(PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    })
}

impl Handle<GetPublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetPublicAccessBlock>,
        _body: Body,
    ) -> Result<(GetPublicAccessBlockOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let block = bucket.row.access.public_access_block.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchPublicAccessBlockConfiguration)
                .element("BucketName", bucket.name.as_str())
        })?;
        let shown = PublicAccessBlockConfiguration {
            block_public_acls: Some(block.block_public_acls),
            ignore_public_acls: Some(block.ignore_public_acls),
            block_public_policy: Some(block.block_public_policy),
            restrict_public_buckets: Some(block.restrict_public_buckets),
        };
        Ok((GetPublicAccessBlockOutput { public_access_block_configuration: Some(shown) }, None))
    }
}

impl Handle<DeletePublicAccessBlock> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeletePublicAccessBlock>,
        _body: Body,
    ) -> Result<(DeletePublicAccessBlockOutput, Option<Body>), S3Error> {
        self.change_bucket(request.bucket()?, |_, standing, _| {
            standing.access.public_access_block = None;
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((DeletePublicAccessBlockOutput::default(), None))
    }
}
