//! Requests through an access point: its policy and the bucket's both have a say.
//!
//! Source: AWS "Configuring IAM policies for using access points". What an access point's policy grants counts only as far
//! as the bucket allows the same; who is allowed by policies of its own in the bucket's account needs no more.

use api::{ErrorCode, S3Error};
use catalog::table::AccessPointRow;
use model::PublicAccessBlock;
use policy::{Decision, Denied, Request};

use super::Bucket;
use super::judge::Bench;
use super::objects::ObjectFacts;
use super::parsed::Kept;

impl Bench<'_> {
    pub(super) fn judge_through(
        &self,
        point: &AccessPointRow,
        bucket: &Bucket,
        action: &'static str,
        in_bucket: &str,
        facts: Option<&ObjectFacts>,
    ) -> Result<(), S3Error> {
        let policy = self.auth.parsed_policies().of_access_point(point)?;
        let of_bucket = self.bucket_policy(bucket)?;
        self.check_restriction(point, bucket, [policy.as_ref(), of_bucket.as_ref()])?;

        let resource = match in_bucket.split_once('/') {
            Some((_, key)) => format!("{}/object/{key}", point.arn()),
            None => point.arn(),
        };
        let tags = self.bucket_tags(bucket)?;
        let request =
            self.request_through(point, policy.as_ref(), (action, resource), point.account, facts, &tags);
        let by_identity = self.decide(&request, policy.as_ref(), false, |decision| {
            self.settled(&request, &decision).map(|()| is_by_identity(&decision))
        })?;

        let (in_bucket, owner) = (in_bucket.to_owned(), bucket.row.owner);
        let request =
            self.request_through(point, of_bucket.as_ref(), (action, in_bucket), owner, facts, &tags);
        self.decide(&request, of_bucket.as_ref(), false, |decision| match decision {
            // Its own policies allowed it, under the name by which the request came.
            Decision::Denied(Denied::Implicitly(_))
                if by_identity && self.caller.account() == Some(bucket.row.owner) =>
            {
                Ok(())
            }
            decision => self.settled(&request, &decision),
        })
    }

    fn request_through(
        &self,
        point: &AccessPointRow,
        kept: Option<&Kept>,
        (action, resource): (&'static str, String),
        owner: model::AccountId,
        facts: Option<&ObjectFacts>,
        of_bucket: &[(String, String)],
    ) -> Request {
        let tags = facts.map(|facts| facts.tags.as_slice()).unwrap_or_default();
        let more = [
            ("s3:DataAccessPointArn", point.arn()),
            ("s3:DataAccessPointAccount", point.account.to_string()),
            ("s3:AccessPointNetworkOrigin", "Internet".to_owned()),
        ];
        let more: Vec<(String, String)> =
            of_bucket.iter().cloned().chain(more.map(|(name, value)| (name.to_owned(), value))).collect();
        self.request(action, resource, Some(owner), kept.map(|kept| &*kept.policy), tags, &more)
    }

    /// A public policy that must not be: nobody from elsewhere comes in by it.
    fn check_restriction(
        &self,
        point: &AccessPointRow,
        bucket: &Bucket,
        policies: [Option<&Kept>; 2],
    ) -> Result<(), S3Error> {
        let caller = self.caller.account();
        let within = caller == Some(bucket.row.owner) && caller == Some(point.account);
        let public = policies.into_iter().flatten().any(|kept| kept.public);
        if within || !public {
            return Ok(());
        }
        let block: PublicAccessBlock = self.public_access_block(bucket)?.or(point.public_access_block);
        if !block.restrict_public_buckets {
            return Ok(());
        }
        self.note_all("a policy is public and a public access block restricts that");
        Err(ErrorCode::AccessDenied.into())
    }
}

/// Whether an identity's policy, or a root's standing, was part of what allowed.
const fn is_by_identity(decision: &Decision<'_>) -> bool {
    match decision {
        Decision::Allowed(allowed) => allowed.identity.is_some() || allowed.resource.is_none(),
        Decision::Denied(_) => false,
    }
}
