//! S3 Control's operations: access points. The account that a request names must be the caller's own.

use api::s3control;

use super::{Facts, Guarded, Needs, On, Target};

macro_rules! on_access_point {
    ($($operation:ident => $action:literal,)*) => {
        $(impl Guarded for s3control::$operation {
            fn target(input: &Self::Input) -> Target<'_> {
                Target::Account { id: input.account_id.as_deref() }
            }

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                let account = input.account_id.as_deref().unwrap_or_default();
                // Whatever its region: names are unique in an account.
                let arn = format!("arn:aws:s3:{}:{account}:accesspoint/{}", needs.region(), input.name);
                needs.add($action, On::Arn(arn));
            }

            fn facts(input: &Self::Input, facts: &mut Facts) {
                facts.text("s3:DataAccessPointAccount", input.account_id.as_deref());
            }
        })*
    };
}

on_access_point! {
    CreateAccessPoint => "s3:CreateAccessPoint",
    GetAccessPoint => "s3:GetAccessPoint",
    DeleteAccessPoint => "s3:DeleteAccessPoint",
    PutAccessPointPolicy => "s3:PutAccessPointPolicy",
    GetAccessPointPolicy => "s3:GetAccessPointPolicy",
    DeleteAccessPointPolicy => "s3:DeleteAccessPointPolicy",
    GetAccessPointPolicyStatus => "s3:GetAccessPointPolicyStatus",
}

macro_rules! on_account {
    ($($operation:ident => $action:literal,)*) => {
        $(impl Guarded for s3control::$operation {
            fn target(input: &Self::Input) -> Target<'_> {
                Target::Account { id: input.account_id.as_deref() }
            }

            fn needs(_input: &Self::Input, needs: &mut Needs<'_>) {
                needs.add($action, On::Service);
            }
        })*
    };
}

on_account! {
    GetPublicAccessBlock => "s3:GetAccountPublicAccessBlock",
    PutPublicAccessBlock => "s3:PutAccountPublicAccessBlock",
    DeletePublicAccessBlock => "s3:PutAccountPublicAccessBlock",
    ListAccessPoints => "s3:ListAccessPoints",
}
