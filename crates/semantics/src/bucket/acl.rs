//! PutBucketAcl and GetBucketAcl.

use api::s3::{GetBucketAcl, GetBucketAclOutput, PutBucketAcl, PutBucketAclOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::grants::{self, Asked, acl_headers};
use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<PutBucketAcl> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketAcl>,
        _body: Body,
    ) -> Result<(PutBucketAclOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let owner = self.person(bucket.row.owner)?.canonical_id.clone();
        let headers = acl_headers!(input, input.grant_write.as_deref());
        let asked = Asked::read(&headers, input.access_control_policy.as_ref(), &owner)?;
        let acl = self.settle(asked, &owner, &owner)?;
        let resource = format!("arn:aws:s3:::{}", bucket.name);
        let caller = request.caller();
        let blocked = grants::blocked(caller, bucket, "s3:PutBucketAcl", &resource, grants::PUBLIC_ACLS);
        let public = acl.is_public();
        let kept = grants::kept(acl, &owner);
        self.change_bucket(bucket, move |view, standing, _| {
            if public && grants::block_of(view, standing)?.block_public_acls {
                return Ok(Err(blocked.clone()));
            }
            if standing.access.is_enforced() {
                return Ok(Err(ErrorCode::AccessControlListNotSupported.into()));
            }
            standing.access.acl.clone_from(&kept);
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((PutBucketAclOutput::default(), None))
    }
}

impl Handle<GetBucketAcl> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketAcl>,
        _body: Body,
    ) -> Result<(GetBucketAclOutput, Option<Body>), S3Error> {
        let row = &request.bucket()?.row;
        let owner = self.person(row.owner)?;
        let acl = row.access.acl.as_ref().filter(|_| !row.access.is_enforced());
        let grants = self.shown(&owner, acl)?;
        Ok((GetBucketAclOutput { owner: Some(owner.owner()), grants }, None))
    }
}
