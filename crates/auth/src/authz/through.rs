//! Requests through an access point: its policy and the bucket's both have a say.
//!
//! Source: AWS "Configuring IAM policies for using access points". What an access point's policy grants counts only as far
//! as the bucket, or an object's own ACL, allows the same; who is allowed by policies of its own in the bucket's account
//! needs no more.

use std::sync::Arc;

use api::S3Error;
use catalog::table::AccessPointRow;
use model::AccountId;
use policy::{Attached, Decision};

use super::Bucket;
use super::judge::Bench;
use super::parsed::Kept;

/// The access point by which a request comes, with its policy.
pub(super) struct Entrance {
    pub row: Arc<AccessPointRow>,
    pub kept: Option<Kept>,
}

impl Entrance {
    /// What the bucket's policy may ask of it.
    fn keys(&self) -> [(String, String); 3] {
        [
            ("s3:DataAccessPointArn", self.row.arn()),
            ("s3:DataAccessPointAccount", self.row.account.to_string()),
            ("s3:AccessPointNetworkOrigin", "Internet".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// What stands for the bucket, or for an object in it.
    fn arn_of(&self, in_bucket: &str) -> String {
        match in_bucket.split_once('/') {
            Some((_, key)) => format!("{}/object/{key}", self.row.arn()),
            None => self.row.arn(),
        }
    }
}

impl Bench<'_> {
    pub(super) fn entrance(&self, bucket: &Bucket) -> Result<Option<Entrance>, S3Error> {
        let Some(row) = &bucket.via else { return Ok(None) };
        let kept = self.auth.parsed_policies().of_access_point(row)?;
        Ok(Some(Entrance { row: Arc::clone(row), kept }))
    }

    /// What the access point says. Adds the condition keys that go on to the bucket, and answers whose leave by policies
    /// of its own it was, so that the bucket need not say it again.
    pub(super) fn judge_entrance(
        &self,
        entrance: &Entrance,
        action: &'static str,
        in_bucket: &str,
        began: bool,
        tags: &[(String, String)],
        more: &mut Vec<(String, String)>,
    ) -> Result<Option<AccountId>, S3Error> {
        more.extend(entrance.keys());
        let policy = entrance.kept.as_ref().map(|kept| &*kept.policy);
        let (resource, owner) = (entrance.arn_of(in_bucket), Some(entrance.row.account));
        let request = self.request(action, resource, owner, policy, tags, more);
        let attached = policy.map(|policy| Attached { name: "access point policy", policy });
        let by_identity = self.decide_by(&request, attached, began, |decision| {
            self.settled(&request, &decision).map(|()| is_by_identity(&decision))
        })?;
        Ok(self.caller.account().filter(|_| by_identity))
    }
}

/// Whether an identity's policy, or a root's standing, was part of what allowed.
const fn is_by_identity(decision: &Decision<'_>) -> bool {
    match decision {
        Decision::Allowed(allowed) => allowed.identity.is_some() || allowed.resource.is_none(),
        Decision::Denied(_) => false,
    }
}
