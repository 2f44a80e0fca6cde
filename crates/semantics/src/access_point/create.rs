//! CreateAccessPoint.

use api::s3control::{CreateAccessPoint, CreateAccessPointInput, CreateAccessPointOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use bytes::Bytes;
use catalog::table::{AccessPointRow, BucketRow, space};
use catalog::{Decision, Write};
use model::limits::ACCESS_POINTS_PER_ACCOUNT_MAX;
use model::{AccountId, BucketName, PublicAccessBlock, Timestamp};

use crate::hall::{Hall, bucket_group};
use crate::handle::Handle;
use crate::{account_access, fault, refuse};

const NAME_BYTES: std::ops::RangeInclusive<usize> = 3..=50;
/// An alias has 63 characters at the most; its end keeps it from being a bucket's name.
const ALIAS_END: &str = "-s3alias";
const ALIAS_DRAWN: usize = 34;
const ALIAS_NAME_MAX: usize = 20;

impl Handle<CreateAccessPoint> for Hall {
    async fn handle(
        &self,
        request: Authorized<CreateAccessPoint>,
        _body: Body,
    ) -> Result<(CreateAccessPointOutput, Option<Body>), S3Error> {
        let (input, account) = (request.input(), request.identity()?.account);
        admit(input)?;
        let asked = input.bucket.as_deref().unwrap_or_default();
        let bucket = BucketName::parse(asked).map_err(|_| no_such_bucket(asked))?;
        let owner = match input.bucket_account_id.as_deref() {
            None => account,
            Some(id) => AccountId::parse(id).ok_or(ErrorCode::InvalidBucketOwnerAWSAccountID)?,
        };
        let (name, alias) = (input.name.clone(), self.draw_alias(&input.name));
        // Without a configuration all switches are on.
        let public_access_block = match &input.public_access_block_configuration {
            None => PublicAccessBlock::ALL,
            Some(asked) => account_access::read(asked)?,
        };
        self.check_access_points(account)?;
        let row = self
            .catalog()
            .commit(bucket_group(bucket.as_str()), move |view, ordinal| {
                // A request may have been let in just before its account was deleted.
                if view.get(&space::account(account))?.is_none() {
                    return Ok(Decision::Refuse(ErrorCode::InvalidAccessKeyId.into()));
                }
                let standing = view.get(&space::bucket(&bucket))?.map(BucketRow::decode).transpose();
                let Some(standing) = standing.map_err(fault::row)? else {
                    return Ok(Decision::Refuse(no_such_bucket(bucket.as_str())));
                };
                if standing.owner != owner {
                    return Ok(Decision::Refuse(ErrorCode::AccessDenied.into()));
                }
                if super::find(view, account, &name)?.is_some() {
                    return Ok(Decision::Refuse(ErrorCode::AccessPointAlreadyOwnedByYou.into()));
                }
                if is_bucket(view, &name, account)? {
                    let why = "A bucket has the name that clients write for such an access point";
                    return Ok(Decision::Refuse(S3Error::with_message(ErrorCode::InvalidRequest, why)));
                }
                let row = AccessPointRow {
                    account,
                    name: name.clone(),
                    alias: alias.clone(),
                    bucket: bucket.clone(),
                    bucket_id: standing.id,
                    bucket_owner: owner,
                    region: standing.region,
                    created: Timestamp::from_seconds(ordinal.timestamp().seconds()),
                    public_access_block,
                    policy: None,
                };
                let place = space::access_point_place(account, &name);
                let writes = vec![
                    Write::put(space::access_point(account, &name), row.encode()),
                    Write::put(space::access_point_alias(&row.alias), place),
                    Write::put(space::access_point_to(row.bucket_id, account, &name), Bytes::new()),
                ];
                Ok(Decision::Write(writes, row))
            })
            .await
            .map_err(fault::catalog)??;
        let output = CreateAccessPointOutput { access_point_arn: Some(row.arn()), alias: Some(row.alias) };
        Ok((output, None))
    }
}

fn admit(input: &CreateAccessPointInput) -> Result<(), S3Error> {
    refuse::if_present(&[
        ("VpcConfiguration", input.vpc_configuration.is_some()),
        ("Scope", input.scope.is_some()),
        ("Tags", !input.tags.is_empty()),
    ])?;
    let name = input.name.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let legal = NAME_BYTES.contains(&name.len())
        && name.iter().all(|byte| edge(Some(byte)) || *byte == b'-')
        && edge(name.first())
        && edge(name.last())
        && !input.name.ends_with(ALIAS_END);
    if legal {
        Ok(())
    } else {
        Err(S3Error::with_message(ErrorCode::InvalidRequest, "Invalid access point name"))
    }
}

/// Clients write an access point as a host label: no bucket may have that name.
fn is_bucket(view: &dyn catalog::View, name: &str, account: AccountId) -> Result<bool, catalog::Fault> {
    match BucketName::parse(&format!("{name}-{account}")) {
        Ok(label) => Ok(view.get(&space::bucket(&label))?.is_some()),
        Err(_) => Ok(false),
    }
}

fn no_such_bucket(name: &str) -> S3Error {
    S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", name)
}

impl Hall {
    fn check_access_points(&self, account: AccountId) -> Result<(), S3Error> {
        let prefix = space::access_points(account);
        if self.has_fewer(&prefix, ACCESS_POINTS_PER_ACCOUNT_MAX)? {
            return Ok(());
        }
        Err(ErrorCode::TooManyAccessPoints.into())
    }

    fn draw_alias(&self, name: &str) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz1234567";
        let mut bytes = [0; ALIAS_DRAWN];
        self.random().fill(&mut bytes);
        let drawn: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        let start = &name[..name.len().min(ALIAS_NAME_MAX)];
        format!("{start}-{drawn}{ALIAS_END}")
    }
}
