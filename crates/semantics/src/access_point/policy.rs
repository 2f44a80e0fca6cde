//! The policies of access points: Put-, Get- and DeleteAccessPointPolicy, GetAccessPointPolicyStatus.

use api::s3control::{
    DeleteAccessPointPolicy, DeleteAccessPointPolicyOutput, GetAccessPointPolicy, GetAccessPointPolicyOutput,
    GetAccessPointPolicyStatus, GetAccessPointPolicyStatusOutput, PolicyStatus, PutAccessPointPolicy,
    PutAccessPointPolicyOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::table::{AccessPointRow, BucketRow, space};
use catalog::{Decision, View, Write};
use model::PublicAccessBlock;
use policy::{Kind, Policy};

use crate::bucket::policy_check::{self, Of};
use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{fault, grants};

impl Handle<PutAccessPointPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutAccessPointPolicy>,
        _body: Body,
    ) -> Result<(PutAccessPointPolicyOutput, Option<Body>), S3Error> {
        let (input, account) = (request.input(), request.identity()?.account);
        let text = input.policy.clone().ok_or(ErrorCode::MissingRequestBodyError)?;
        let row = self.access_point(account, &input.name)?;
        let policy =
            Policy::parse(&text, Kind::AccessPoint).map_err(|fault| policy_check::malformed(&fault))?;
        policy_check::check(&policy, Of::AccessPoint(&row.arn()), self)?;
        self.change_policy(row, Some((text, policy::is_public(&policy)))).await?;
        Ok((PutAccessPointPolicyOutput::default(), None))
    }
}

impl Handle<DeleteAccessPointPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteAccessPointPolicy>,
        _body: Body,
    ) -> Result<(DeleteAccessPointPolicyOutput, Option<Body>), S3Error> {
        let row = self.access_point(request.identity()?.account, &request.input().name)?;
        self.change_policy(row, None).await?;
        Ok((DeleteAccessPointPolicyOutput::default(), None))
    }
}

impl Handle<GetAccessPointPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetAccessPointPolicy>,
        _body: Body,
    ) -> Result<(GetAccessPointPolicyOutput, Option<Body>), S3Error> {
        let row = self.access_point(request.identity()?.account, &request.input().name)?;
        let (_, text) = row.policy.ok_or(ErrorCode::NoSuchAccessPointPolicy)?;
        Ok((GetAccessPointPolicyOutput { policy: Some(text) }, None))
    }
}

impl Handle<GetAccessPointPolicyStatus> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetAccessPointPolicyStatus>,
        _body: Body,
    ) -> Result<(GetAccessPointPolicyStatusOutput, Option<Body>), S3Error> {
        let row = self.access_point(request.identity()?.account, &request.input().name)?;
        let (_, text) = row.policy.as_ref().ok_or(ErrorCode::NoSuchAccessPointPolicy)?;
        // What was put was read; what no longer reads counts as public.
        let is_public =
            Policy::parse(text, Kind::AccessPoint).map_or(true, |policy| policy::is_public(&policy));
        let status = PolicyStatus { is_public: Some(is_public) };
        Ok((GetAccessPointPolicyStatusOutput { policy_status: Some(status) }, None))
    }
}

/// What the access point, its account, the bucket and that one's account say together.
fn block_of(view: &dyn View, point: &AccessPointRow) -> Result<PublicAccessBlock, catalog::Fault> {
    let own = point.public_access_block.or(grants::account_block(view, point.account)?);
    let bucket = view.get(&space::bucket(&point.bucket))?.map(BucketRow::decode).transpose();
    match bucket.map_err(fault::row)?.filter(|bucket| bucket.id == point.bucket_id) {
        Some(bucket) => Ok(own.or(grants::block_of(view, &bucket)?)),
        None => Ok(own),
    }
}

impl Hall {
    /// A new text with whether it is public, or none.
    async fn change_policy(&self, seen: AccessPointRow, new: Option<(String, bool)>) -> Result<(), S3Error> {
        self.catalog()
            .commit(bucket_group(seen.bucket.as_str()), move |view, ordinal| {
                let Some(mut row) = super::find(view, seen.account, &seen.name)? else {
                    return Ok(Decision::Refuse(super::no_such_access_point(&seen.name)));
                };
                let public = new.as_ref().is_some_and(|(_, public)| *public);
                if public && block_of(view, &row)?.block_public_policy {
                    return Ok(Decision::Refuse(ErrorCode::AccessDenied.into()));
                }
                row.policy = new.clone().map(|(text, _)| (ordinal, text));
                let key = space::access_point(row.account, &row.name);
                Ok(Decision::Write(vec![Write::put(key, row.encode())], ()))
            })
            .await
            .map_err(fault::catalog)?
    }
}
