//! PutBucketOwnershipControls, GetBucketOwnershipControls, DeleteBucketOwnershipControls.

use api::s3::{
    DeleteBucketOwnershipControls, DeleteBucketOwnershipControlsOutput, GetBucketOwnershipControls,
    GetBucketOwnershipControlsOutput, OwnershipControls, OwnershipControlsRule, PutBucketOwnershipControls,
    PutBucketOwnershipControlsOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use model::ObjectOwnership;
use rules::ownership;

use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutBucketOwnershipControls> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketOwnershipControls>,
        _body: Body,
    ) -> Result<(PutBucketOwnershipControlsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let asked = match input.ownership_controls.as_ref().map(|controls| controls.rules.as_slice()) {
            Some([rule]) => rule.object_ownership.as_deref().and_then(ObjectOwnership::parse),
            _ => None,
        };
        let asked = asked.ok_or(ErrorCode::MalformedXML)?;
        let owner = self.person(bucket.row.owner)?.canonical_id.clone();
        self.change_bucket(bucket, move |_, standing, _| {
            let access = &mut standing.access;
            let shared = access.acl.as_ref().is_some_and(|acl| ownership::reaches_others(acl, &owner));
            if asked == ObjectOwnership::BucketOwnerEnforced && shared {
                return Ok(Err(ErrorCode::InvalidBucketAclWithObjectOwnership.into()));
            }
            access.ownership = Some(asked);
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((PutBucketOwnershipControlsOutput::default(), None))
    }
}

impl Handle<GetBucketOwnershipControls> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketOwnershipControls>,
        _body: Body,
    ) -> Result<(GetBucketOwnershipControlsOutput, Option<Body>), S3Error> {
        let bucket = request.bucket()?;
        let ownership = bucket.row.access.ownership.ok_or_else(|| {
            S3Error::from(ErrorCode::OwnershipControlsNotFoundError)
                .element("BucketName", bucket.name.as_str())
        })?;
        let rules = vec![OwnershipControlsRule { object_ownership: Some(ownership.name().to_owned()) }];
        let ownership_controls = Some(OwnershipControls { rules });
        Ok((GetBucketOwnershipControlsOutput { ownership_controls }, None))
    }
}

impl Handle<DeleteBucketOwnershipControls> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteBucketOwnershipControls>,
        _body: Body,
    ) -> Result<(DeleteBucketOwnershipControlsOutput, Option<Body>), S3Error> {
        self.change_bucket(request.bucket()?, |_, standing, _| {
            standing.access.ownership = None;
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((DeleteBucketOwnershipControlsOutput::default(), None))
    }
}
