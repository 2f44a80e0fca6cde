//! PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus.

mod actions;
pub(crate) mod check;

use api::s3::{
    DeleteBucketPolicy, DeleteBucketPolicyOutput, GetBucketPolicy, GetBucketPolicyOutput,
    GetBucketPolicyStatus, GetBucketPolicyStatusOutput, PolicyStatus, PutBucketPolicy, PutBucketPolicyOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::Write;
use catalog::table::{RoleRow, TextRow, UserRow, space};
use model::{AccountId, CanonicalId};
use policy::{AwsName, Kind, Policy};

use crate::hall::Hall;
use crate::handle::Handle;
use crate::{fault, grants};
use check::Of;

impl Handle<PutBucketPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketPolicy>,
        _body: Body,
    ) -> Result<(PutBucketPolicyOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let text = input.policy.clone().unwrap_or_default();
        let policy = Policy::parse(&text, Kind::Bucket).map_err(|fault| check::malformed(&fault))?;
        check::check(&policy, Of::Bucket(bucket.name.as_str()), self)?;
        let public = policy::is_public(&policy);
        let resource = format!("arn:aws:s3:::{}", bucket.name);
        let caller = request.caller();
        let blocked =
            grants::blocked(caller, bucket, "s3:PutBucketPolicy", &resource, grants::PUBLIC_POLICIES);
        let row = TextRow { text }.encode();
        self.change_bucket(bucket, move |view, standing, ordinal| {
            if public && grants::block_of(view, standing)?.block_public_policy {
                return Ok(Err(blocked.clone()));
            }
            standing.access.policy = Some(ordinal);
            Ok(Ok(vec![Write::put(space::bucket_policy(standing.id), row.clone())]))
        })
        .await?;
        Ok((PutBucketPolicyOutput::default(), None))
    }
}

impl check::Directory for Hall {
    /// A session's or a federated user's name is not kept: its role or its account must be there.
    fn knows(&self, name: &AwsName) -> Result<bool, S3Error> {
        match name {
            AwsName::Everyone => Ok(true),
            AwsName::Account { id, .. } => self.has(&space::account(*id)),
            // S3 shows a unique id where somebody was deleted, and takes the document again as it showed it.
            AwsName::UniqueId(_) => Ok(true),
            AwsName::Arn(arn) => self.knows_arn(arn),
        }
    }

    fn knows_canonical(&self, id: &CanonicalId) -> Result<bool, S3Error> {
        self.has(&space::canonical_id(id))
    }
}

impl Hall {
    fn has(&self, key: &[u8]) -> Result<bool, S3Error> {
        Ok(self.catalog().get(key).map_err(fault::catalog)?.is_some())
    }

    fn knows_arn(&self, arn: &str) -> Result<bool, S3Error> {
        let mut parts = arn.splitn(6, ':').skip(4);
        let account = parts.next().and_then(AccountId::parse);
        let (Some(account), Some(resource)) = (account, parts.next()) else { return Ok(false) };
        let mut names = resource.split('/');
        let (kind, first, last) =
            (names.next(), names.next().unwrap_or_default(), resource.rsplit('/').next());
        let last = last.unwrap_or_default();
        // A path is part of an ARN: only the row knows whether it is this one's.
        let path = resource.strip_prefix(kind.unwrap_or_default()).and_then(|rest| rest.strip_suffix(last));
        let path = path.unwrap_or_default();
        let get = |key: Vec<u8>| self.catalog().get(&key).map_err(fault::catalog);
        let damaged = |error| fault::catalog(fault::row(error));
        match kind {
            Some("user") => {
                let row = get(space::user(account, last))?.map(UserRow::decode).transpose();
                Ok(row.map_err(damaged)?.is_some_and(|row| row.path == path && row.name == last))
            }
            Some("role") => {
                let row = get(space::role(account, last))?.map(RoleRow::decode).transpose();
                Ok(row.map_err(damaged)?.is_some_and(|row| row.path == path && row.name == last))
            }
            Some("assumed-role") => self.has(&space::role(account, first)),
            _ => self.has(&space::account(account)),
        }
    }

    fn bucket_policy(&self, bucket: &Bucket) -> Result<String, S3Error> {
        let row = self.catalog().get(&space::bucket_policy(bucket.row.id)).map_err(fault::catalog)?;
        let row = row.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchBucketPolicy).element("BucketName", bucket.name.as_str())
        })?;
        Ok(TextRow::decode(row).map_err(fault::row).map_err(fault::catalog)?.text)
    }
}

impl Handle<GetBucketPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketPolicy>,
        _body: Body,
    ) -> Result<(GetBucketPolicyOutput, Option<Body>), S3Error> {
        Ok((GetBucketPolicyOutput { policy: Some(self.bucket_policy(request.bucket()?)?) }, None))
    }
}

impl Handle<DeleteBucketPolicy> for Hall {
    async fn handle(
        &self,
        request: Authorized<DeleteBucketPolicy>,
        _body: Body,
    ) -> Result<(DeleteBucketPolicyOutput, Option<Body>), S3Error> {
        self.change_bucket(request.bucket()?, |_, standing, _| {
            standing.access.policy = None;
            Ok(Ok(vec![Write::delete(space::bucket_policy(standing.id))]))
        })
        .await?;
        Ok((DeleteBucketPolicyOutput::default(), None))
    }
}

impl Handle<GetBucketPolicyStatus> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketPolicyStatus>,
        _body: Body,
    ) -> Result<(GetBucketPolicyStatusOutput, Option<Body>), S3Error> {
        let text = self.bucket_policy(request.bucket()?)?;
        // What was put was read; what no longer reads counts as public.
        let is_public = Policy::parse(&text, Kind::Bucket).map_or(true, |policy| policy::is_public(&policy));
        let policy_status = Some(PolicyStatus { is_public: Some(is_public) });
        Ok((GetBucketPolicyStatusOutput { policy_status }, None))
    }
}
