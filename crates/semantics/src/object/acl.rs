//! PutObjectAcl and GetObjectAcl, of the newest version or of one that is named.

use api::s3::{GetObjectAcl, GetObjectAclOutput, PutObjectAcl, PutObjectAclOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::grants::{self, Asked, acl_headers};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::object::change::Standing;
use crate::{attributes, fault, people, state};

impl Handle<PutObjectAcl> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutObjectAcl>,
        _body: Body,
    ) -> Result<(PutObjectAclOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let version_id = input.version_id.as_deref();
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let version = state::resolve_marked(&view, &bucket.row, &key, version_id, "PUT")?;
        let account = version.row.owner;
        let owner = self.person(people::owner_in(&bucket.row, account))?.canonical_id.clone();
        let bucket_owner = self.person(bucket.row.owner)?.canonical_id.clone();
        let headers = acl_headers!(input, input.grant_write.as_deref());
        let asked = Asked::read(&headers, input.access_control_policy.as_ref(), &owner)?;
        let acl = self.settle(asked, &owner, &bucket_owner)?;
        if acl.is_public() && grants::block_for(&view, bucket).map_err(fault::catalog)?.block_public_acls {
            let (caller, resource) = (request.caller(), format!("arn:aws:s3:::{}/{key}", bucket.name));
            let why = grants::PUBLIC_ACLS;
            return Err(grants::blocked(caller, bucket, "s3:PutObjectAcl", &resource, why));
        }
        if bucket.row.access.is_enforced() {
            return Err(ErrorCode::AccessControlListNotSupported.into());
        }
        let kept = grants::kept(acl, &owner);
        let change = move |standing: &mut Standing<'_>| {
            if standing.owner != account {
                // Another's object took its place meanwhile: these grants are not meant for it.
                return Err(ErrorCode::OperationAborted.into());
            }
            standing.marks.acl.clone_from(&kept);
            Ok(())
        };
        self.change_marks(bucket, &key, version_id, "PUT", change).await?;
        Ok((PutObjectAclOutput::default(), None))
    }
}

impl Handle<GetObjectAcl> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectAcl>,
        _body: Body,
    ) -> Result<(GetObjectAclOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let version = state::resolve(&view, &bucket.row, &key, input.version_id.as_deref())?;
        let owner = self.person(people::owner_in(&bucket.row, version.row.owner))?;
        let acl = version.row.object().and_then(|object| object.marks.acl.as_ref());
        let grants = self.shown(&owner, acl.filter(|_| !bucket.row.access.is_enforced()))?;
        let output = GetObjectAclOutput { owner: Some(owner.owner()), grants, ..Default::default() };
        Ok((output, None))
    }
}
