//! Operations on buckets and on the account.

use api::s3;

use crate::authz::{Facts, Guarded, Needs, On, Target};

/// One action on the bucket, nothing else; some of them through access points too.
macro_rules! on_bucket {
    ($through:literal: $($operation:ident => $action:literal,)*) => {
        $(impl Guarded for s3::$operation {
            const THROUGH_ACCESS_POINTS: bool = $through;

            fn target(input: &Self::Input) -> Target<'_> {
                Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
            }

            fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
                needs.add($action, On::Bucket);
            }
        })*
    };
}

/// One action on the bucket, with what the listing asks for as condition keys.
macro_rules! lists {
    ($($operation:ident, $count:ident => $action:literal,)*) => {
        $(impl Guarded for s3::$operation {
            const THROUGH_ACCESS_POINTS: bool = true;

            fn target(input: &Self::Input) -> Target<'_> {
                Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
            }

            fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
                needs.add($action, On::Bucket);
            }

            fn facts(input: &Self::Input, facts: &mut Facts) {
                facts.text("s3:prefix", input.prefix.as_deref());
                facts.text("s3:delimiter", input.delimiter.as_deref());
                facts.number("s3:max-keys", input.$count);
            }
        })*
    };
}

on_bucket! {
    true:
    HeadBucket => "s3:ListBucket",
    GetBucketLocation => "s3:GetBucketLocation",
}

on_bucket! {
    false:
    DeleteBucket => "s3:DeleteBucket",
    GetBucketVersioning => "s3:GetBucketVersioning",
    PutBucketTagging => "s3:PutBucketTagging",
    GetBucketTagging => "s3:GetBucketTagging",
    DeleteBucketTagging => "s3:PutBucketTagging",
    PutObjectLockConfiguration => "s3:PutBucketObjectLockConfiguration",
    GetObjectLockConfiguration => "s3:GetBucketObjectLockConfiguration",
    GetBucketAcl => "s3:GetBucketAcl",
    GetBucketOwnershipControls => "s3:GetBucketOwnershipControls",
    DeleteBucketOwnershipControls => "s3:PutBucketOwnershipControls",
    GetPublicAccessBlock => "s3:GetBucketPublicAccessBlock",
    PutPublicAccessBlock => "s3:PutBucketPublicAccessBlock",
    DeletePublicAccessBlock => "s3:PutBucketPublicAccessBlock",
    GetBucketPolicy => "s3:GetBucketPolicy",
    PutBucketPolicy => "s3:PutBucketPolicy",
    DeleteBucketPolicy => "s3:DeleteBucketPolicy",
    GetBucketPolicyStatus => "s3:GetBucketPolicyStatus",
    GetBucketCors => "s3:GetBucketCORS",
    PutBucketCors => "s3:PutBucketCORS",
    DeleteBucketCors => "s3:PutBucketCORS",
    GetBucketRequestPayment => "s3:GetBucketRequestPayment",
    PutBucketRequestPayment => "s3:PutBucketRequestPayment",
    GetBucketAbac => "s3:GetBucketAbac",
    PutBucketAbac => "s3:PutBucketAbac",
}

impl Guarded for s3::PutBucketVersioning {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
    }

    fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("s3:PutBucketVersioning", On::Bucket);
    }

    fn code(input: &Self::Input) -> Option<(&str, &str)> {
        super::code_of(input.mfa.as_deref())
    }
}

lists! {
    ListObjects, max_keys => "s3:ListBucket",
    ListObjectsV2, max_keys => "s3:ListBucket",
    ListObjectVersions, max_keys => "s3:ListBucketVersions",
    ListMultipartUploads, max_uploads => "s3:ListBucketMultipartUploads",
}

impl Guarded for s3::PutBucketOwnershipControls {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
    }

    fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("s3:PutBucketOwnershipControls", On::Bucket);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        let rule = input.ownership_controls.as_ref().and_then(|controls| controls.rules.first());
        facts.text("s3:x-amz-object-ownership", rule.and_then(|rule| rule.object_ownership.as_deref()));
    }
}

impl Guarded for s3::PutBucketAcl {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
    }

    fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("s3:PutBucketAcl", On::Bucket);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        acl_facts!(input, facts);
    }
}

impl Guarded for s3::ListBuckets {
    fn target(_input: &Self::Input) -> Target<'_> {
        Target::Service
    }

    fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("s3:ListAllMyBuckets", On::Arn("arn:aws:s3:::*".to_owned()));
    }
}

impl Guarded for s3::CreateBucket {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::NewBucket { name: &input.bucket }
    }

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add("s3:CreateBucket", On::Bucket);
        let locked = input.object_lock_enabled_for_bucket == Some(true);
        needs.add_if(locked, "s3:PutBucketObjectLockConfiguration", || On::Bucket);
        needs.add_if(locked, "s3:PutBucketVersioning", || On::Bucket);
        let grants = input.acl.is_some()
            || input.grant_full_control.is_some()
            || input.grant_read.is_some()
            || input.grant_read_acp.is_some()
            || input.grant_write.is_some()
            || input.grant_write_acp.is_some();
        needs.add_if(grants, "s3:PutBucketAcl", || On::Bucket);
        needs.add_if(input.object_ownership.is_some(), "s3:PutBucketOwnershipControls", || On::Bucket);
        let tags = input.create_bucket_configuration.as_ref().is_some_and(|asked| !asked.tags.is_empty());
        needs.add_if(tags, "s3:TagResource", || On::Bucket);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        let tags = input.create_bucket_configuration.iter().flat_map(|asked| &asked.tags);
        facts.resource_tags(tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))));
        facts.text("s3:x-amz-object-ownership", input.object_ownership.as_deref());
        let asked = input.create_bucket_configuration.as_ref();
        facts.text("s3:LocationConstraint", asked.and_then(|asked| asked.location_constraint.as_deref()));
        acl_facts!(input, facts);
    }
}
