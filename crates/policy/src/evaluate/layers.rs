//! The policies that may have a say in one request, and what each layer of them says.

use super::decision::{By, Lack, Layer};
use super::is_root;
use super::principal::Reach;
use crate::document::{Effect, Policy};
use crate::request::{Caller, Request};

/// A policy and the name by which a reason shall call it: an ARN, a bucket, a name of an inline policy.
#[derive(Clone, Copy, Debug)]
pub struct Attached<'a> {
    pub name: &'a str,
    pub policy: &'a Policy,
}

/// All policies in force for one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// The caller's: inline and managed, the user's and its groups', or the role's; for a federated user the user's.
    pub identity: &'a [Attached<'a>],
    /// The bucket's, the access point's, the role's trust policy.
    pub resource: Option<Attached<'a>>,
    /// An ACL of the resource allows the action to the caller's account, or to everyone.
    pub acl_allows: bool,
    pub boundary: Option<Attached<'a>>,
    /// Passed when the session began, inline and managed: one of them must allow, when there are any.
    pub session: &'a [Attached<'a>],
    /// Service control policies from the root of the organization down to the account: on each level one must allow.
    pub control: &'a [&'a [Attached<'a>]],
}

/// What the resource's side allows.
#[derive(Clone, Copy)]
pub(super) struct Granted<'a> {
    pub reach: Reach,
    /// None for an ACL.
    pub by: Option<By<'a>>,
}

/// The owner's root may always mend a bucket policy that locks everybody out.
const MENDING: [&str; 3] = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

impl<'a> Policies<'a> {
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Policy> {
        let lists = self.control.iter().copied().chain([self.identity, self.session]);
        lists.flatten().chain(&self.resource).chain(&self.boundary).map(|attached| attached.policy)
    }

    pub(super) fn explicit_deny(&self, request: &Request) -> Option<By<'a>> {
        let by_resource = || {
            let attached = self.resource.filter(|_| !is_mending(request))?;
            let mut denying = attached.policy.applying(Effect::Deny, request);
            denying
                .find(|(_, statement)| statement.means(request, self.boundary.is_some()))
                .map(|(index, _)| By::new(Layer::Resource, attached, index))
        };
        if request.caller().account().is_none() {
            return by_resource();
        }
        let first = |layer, policies: &'a [Attached<'a>]| first(layer, policies, Effect::Deny, request);
        let control = self.control.iter().find_map(|level| first(Layer::Control, level));
        control
            .or_else(by_resource)
            .or_else(|| self.boundary_says(Effect::Deny, request))
            .or_else(|| first(Layer::Session, self.session))
            .or_else(|| first(Layer::Identity, self.identity))
    }

    pub(super) fn control_allows(&self, request: &Request) -> Result<(), Lack> {
        let allows =
            |level: &&'a [Attached<'a>]| first(Layer::Control, level, Effect::Allow, request).is_some();
        if self.control.iter().all(allows) { Ok(()) } else { Err(Lack::Control) }
    }

    /// The closest that the resource's side comes to allowing.
    pub(super) fn granted(&self, request: &Request) -> Option<Granted<'a>> {
        let by_policy = self.resource.and_then(|attached| {
            let allowing = attached.policy.applying(Effect::Allow, request);
            let granted = allowing.filter_map(|(index, statement)| {
                let by = Some(By::new(Layer::Resource, attached, index));
                Some(Granted { reach: statement.reach(request)?, by })
            });
            // The first of the closest.
            granted.reduce(|best, next| if next.reach > best.reach { next } else { best })
        });
        let by_acl = self.acl_allows.then_some(Granted { reach: Reach::Account, by: None });
        by_policy.or(by_acl)
    }

    /// The identity's side: its policies, within its boundary and its session's policies. `None` for a root.
    pub(super) fn identity_allows(&self, request: &Request) -> Result<Option<By<'a>>, Lack> {
        let by = first(Layer::Identity, self.identity, Effect::Allow, request);
        if by.is_none() && !is_root(request.caller()) {
            return Err(Lack::Identity);
        }
        self.limits_allow(request)?;
        Ok(by)
    }

    /// A federated user without a session policy may nothing.
    pub(super) fn limits_allow(&self, request: &Request) -> Result<(), Lack> {
        if self.boundary.is_some() && self.boundary_says(Effect::Allow, request).is_none() {
            return Err(Lack::Boundary);
        }
        let limited = !self.session.is_empty() || matches!(request.caller(), Caller::FederatedUser(_));
        if limited && first(Layer::Session, self.session, Effect::Allow, request).is_none() {
            return Err(Lack::Session);
        }
        Ok(())
    }

    fn boundary_says(&self, effect: Effect, request: &Request) -> Option<By<'a>> {
        let attached = self.boundary?;
        let (index, _) = attached.policy.applying(effect, request).next()?;
        Some(By::new(Layer::Boundary, attached, index))
    }
}

/// The first statement of these policies that says so.
fn first<'a>(
    layer: Layer,
    policies: &'a [Attached<'a>],
    effect: Effect,
    request: &Request,
) -> Option<By<'a>> {
    policies.iter().find_map(|attached| {
        let (index, _) = attached.policy.applying(effect, request).next()?;
        Some(By::new(layer, *attached, index))
    })
}

fn is_mending(request: &Request) -> bool {
    matches!(request.caller(), Caller::Root(_))
        && request.is_within_account()
        && MENDING.iter().any(|action| action.eq_ignore_ascii_case(request.action()))
}
