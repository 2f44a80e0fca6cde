//! CreateBucket.

use api::s3::{CreateBucket, CreateBucketInput, CreateBucketOutput};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Identity};
use bytes::Bytes;
use catalog::table::{BucketAccess, BucketRow, TagsRow, space};
use catalog::{Decision, View, Write};
use model::limits::BUCKETS_PER_ACCOUNT_MAX;
use model::{
    AccountId, Acl, BucketId, BucketLock, BucketName, ObjectOwnership, PublicAccessBlock, Region, Versioning,
};
use rules::ownership;

use crate::grants::{self, Asked, acl_headers};
use crate::hall::{Hall, NewBuckets, bucket_group};
use crate::handle::Handle;
use crate::{fault, marks, refuse};

enum Outcome {
    Made,
    /// It was there already, the caller's own.
    Own,
}

impl Handle<CreateBucket> for Hall {
    async fn handle(
        &self,
        request: Authorized<CreateBucket>,
        _body: Body,
    ) -> Result<(CreateBucketOutput, Option<Body>), S3Error> {
        let (input, caller) = (request.input(), request.identity()?);
        admit(input)?;
        let name = BucketName::parse(&input.bucket).map_err(|_| ErrorCode::InvalidBucketName)?;
        let signed = caller.signed_region.as_ref();
        let region = self.choose_region(input, signed)?;
        self.check_quota(caller)?;
        let configuration = input.create_bucket_configuration.as_ref();
        let tags = marks::tags_of_set(configuration.map(|c| c.tags.as_slice()).unwrap_or_default())?;
        marks::check_bucket_tags(&tags)?;
        let access = self.settle_access(caller, input)?;
        // Object lock needs versions, so it brings them.
        let locked = input.object_lock_enabled_for_bucket == Some(true);
        // AWS "CreateBucket": only in us-east-1 is creating one's own bucket again a success, which resets its ACL.
        let classic = signed.is_some_and(Region::is_classic);
        let owner = caller.account;
        let key = space::bucket(&name);
        let owned = space::owned(owner, name.as_str());
        let name_of_label = name.clone();
        let made = self
            .catalog()
            .commit(bucket_group(name.as_str()), move |view, ordinal| {
                if let Some(row) = view.get(&key)? {
                    let standing = BucketRow::decode(row).map_err(fault::row)?;
                    let block = grants::block_of(view, &standing)?;
                    let reset = classic.then_some(&access);
                    return Ok(decide_standing(standing, owner, reset, block, key.clone()));
                }
                // A request may have been let in just before its account was deleted.
                if view.get(&space::account(owner))?.is_none() {
                    return Ok(Decision::Refuse(ErrorCode::InvalidAccessKeyId.into()));
                }
                // Clients write access points as such names.
                if let Some((account, point)) = auth::access_point_of_label(name_of_label.as_str())
                    && view.get(&space::access_point(account, point))?.is_some()
                {
                    return Ok(Decision::Refuse(ErrorCode::BucketAlreadyExists.into()));
                }
                let row = BucketRow {
                    // An ordinal is used once, so no two buckets ever share an id.
                    id: BucketId(ordinal.as_u64()),
                    owner,
                    region: region.clone(),
                    created: ordinal.timestamp(),
                    versioning: if locked { Versioning::Enabled } else { Versioning::Unversioned },
                    object_lock: locked.then(BucketLock::default),
                    access: access.clone(),
                };
                let mut writes =
                    vec![Write::put(key.clone(), row.encode()), Write::put(owned.clone(), Bytes::new())];
                if !tags.is_empty() {
                    let tags = TagsRow { tags: tags.clone() };
                    writes.push(Write::put(space::bucket_tags(row.id), tags.encode()));
                }
                Ok(Decision::Write(writes, Outcome::Made))
            })
            .await
            .map_err(fault::catalog)??;
        if matches!(made, Outcome::Own) && !classic {
            return Err(
                S3Error::from(ErrorCode::BucketAlreadyOwnedByYou).element("BucketName", name.as_str())
            );
        }
        let location = Some(format!("/{name}"));
        Ok((CreateBucketOutput { location, ..Default::default() }, None))
    }
}

/// `reset`: to make one's own bucket again sets its ACL anew.
fn decide_standing(
    mut standing: BucketRow,
    caller: AccountId,
    reset: Option<&BucketAccess>,
    block: PublicAccessBlock,
    key: Vec<u8>,
) -> Decision<Outcome, S3Error> {
    if standing.owner != caller {
        return Decision::Refuse(ErrorCode::BucketAlreadyExists.into());
    }
    match reset {
        Some(access) if block.block_public_acls && access.acl.as_ref().is_some_and(Acl::is_public) => {
            Decision::Refuse(ErrorCode::AccessDenied.into())
        }
        Some(access) if access.acl != standing.access.acl && !standing.access.is_enforced() => {
            standing.access.acl.clone_from(&access.acl);
            Decision::Write(vec![Write::put(key, standing.encode())], Outcome::Own)
        }
        _ => Decision::Write(Vec::new(), Outcome::Own),
    }
}

fn admit(input: &CreateBucketInput) -> Result<(), S3Error> {
    let configuration = input.create_bucket_configuration.as_ref();
    refuse::if_present(&[
        ("x-amz-bucket-namespace", input.bucket_namespace.as_deref().is_some_and(|space| space != "global")),
        ("Bucket", configuration.is_some_and(|c| c.bucket.is_some() || c.location.is_some())),
    ])
}

impl Hall {
    /// Where the bucket will live: its LocationConstraint; without one, the region that the request was signed for.
    fn choose_region(&self, input: &CreateBucketInput, signed: Option<&Region>) -> Result<Region, S3Error> {
        let regions = &self.settings().regions;
        let asked = input.create_bucket_configuration.as_ref().and_then(|c| c.location_constraint.as_deref());
        let Some(asked) = asked.filter(|name| !name.is_empty()) else {
            let own = regions.first().or(signed).cloned();
            return own.or_else(|| Region::parse(Region::CLASSIC)).ok_or(ErrorCode::InternalError.into());
        };
        // S3's old name for Ireland.
        let asked = if asked == "EU" { "eu-west-1" } else { asked };
        let invalid =
            || S3Error::from(ErrorCode::InvalidLocationConstraint).element("LocationConstraint", asked);
        let region = Region::parse(asked).filter(|region| !region.is_classic()).ok_or_else(invalid)?;
        if !regions.is_empty() && !regions.contains(&region) {
            return Err(invalid());
        }
        // A regional endpoint makes buckets in its own region only; us-east-1's makes them anywhere.
        if signed.is_some_and(|signed| !signed.is_classic() && *signed != region) {
            let message = format!(
                "The {region} location constraint is incompatible for the region specific endpoint this request was sent to."
            );
            return Err(S3Error::with_message(ErrorCode::IllegalLocationConstraintException, message));
        }
        Ok(region)
    }

    /// Who may come in at first: as new buckets are, but for what the request's headers say.
    fn settle_access(&self, caller: &Identity, input: &CreateBucketInput) -> Result<BucketAccess, S3Error> {
        let mut access = match self.settings().new_buckets {
            NewBuckets::Closed => BucketAccess::CLOSED,
            NewBuckets::Open => {
                BucketAccess { ownership: None, public_access_block: None, ..BucketAccess::CLOSED }
            }
        };
        if let Some(name) = input.object_ownership.as_deref() {
            let ownership = ObjectOwnership::parse(name).ok_or_else(|| {
                let message = format!("Invalid x-amz-object-ownership header: {name}");
                S3Error::with_message(ErrorCode::InvalidArgument, message)
                    .element("ArgumentName", "x-amz-object-ownership")
            })?;
            access.ownership = Some(ownership);
        }
        let headers = acl_headers!(input, input.grant_write.as_deref());
        let Some(asked) = Asked::of_headers(&headers)? else { return Ok(access) };
        let owner = &caller.canonical_id;
        let acl = self.settle(asked, owner, owner)?;
        if access.is_enforced() && ownership::reaches_others(&acl, owner) {
            return Err(ErrorCode::InvalidBucketAclWithObjectOwnership.into());
        }
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let account = grants::account_block(&view, caller.account).map_err(fault::catalog)?;
        if acl.is_public() && account.block_public_acls {
            return Err(ErrorCode::AccessDenied.into());
        }
        if acl.is_public() && access.public_access_block.is_some_and(|block| block.block_public_acls) {
            return Err(ErrorCode::InvalidBucketAclWithBlockPublicAccessError.into());
        }
        access.acl = grants::kept(acl, owner).filter(|_| !access.is_enforced());
        Ok(access)
    }

    fn check_quota(&self, caller: &Identity) -> Result<(), S3Error> {
        if self.has_fewer(&space::owned(caller.account, ""), BUCKETS_PER_ACCOUNT_MAX)? {
            return Ok(());
        }
        Err(ErrorCode::TooManyBuckets.into())
    }
}

/// Whether nothing is left in a bucket; uploads in progress do not count.
pub(super) fn is_empty(view: &dyn View, bucket: BucketId) -> Result<bool, catalog::Fault> {
    let versions = space::in_bucket(space::VERSIONS, bucket);
    Ok(view.first_at_or_after(&versions, &space::end_of(&versions))?.is_none())
}

#[cfg(test)]
mod tests {
    use model::{Grant, Grantee, GranteeGroup, Permission, Timestamp};

    use super::*;

    fn account(number: u64) -> AccountId {
        AccountId::new(number).unwrap()
    }

    fn open() -> BucketAccess {
        BucketAccess { ownership: None, public_access_block: None, ..BucketAccess::CLOSED }
    }

    fn standing() -> BucketRow {
        BucketRow {
            id: BucketId(1),
            owner: account(111_111_111_111),
            region: Region::parse("eu-west-1").unwrap(),
            created: Timestamp::default(),
            versioning: Versioning::Unversioned,
            object_lock: None,
            access: open(),
        }
    }

    fn public() -> BucketAccess {
        let grant = Grant { grantee: Grantee::Group(GranteeGroup::AllUsers), permission: Permission::Read };
        BucketAccess { acl: Some(Acl { grants: vec![grant] }), ..open() }
    }

    fn decided(block: PublicAccessBlock, caller: u64) -> Result<usize, ErrorCode> {
        let (own, public) = (standing(), public());
        match decide_standing(own, account(caller), Some(&public), block, Vec::new()) {
            Decision::Write(writes, Outcome::Own) => Ok(writes.len()),
            Decision::Refuse(refusal) => Err(refusal.code),
            Decision::Write(_, Outcome::Made) => Err(ErrorCode::InternalError),
        }
    }

    #[test]
    fn made_again_a_bucket_gets_a_public_acl_only_where_nothing_blocks_it() {
        let none = PublicAccessBlock::default();
        assert_eq!(decided(none, 111_111_111_111), Ok(1));
        assert_eq!(decided(none, 222_222_222_222), Err(ErrorCode::BucketAlreadyExists));
        assert_eq!(decided(PublicAccessBlock::ALL, 111_111_111_111), Err(ErrorCode::AccessDenied));
    }
}
