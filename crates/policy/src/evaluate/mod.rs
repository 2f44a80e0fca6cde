//! What several policies decide together about one request.
//!
//! An explicit deny anywhere wins. Else service control policies must allow, and then, within one account, the
//! resource's policy or the identity's; across accounts, both. Boundaries and session policies limit what the identity's
//! policies allow. `docs/spec/policy.md` numbers the rules, with AWS's pages that settle them.

mod decision;
mod layers;
mod principal;
mod statement;

pub use decision::{Allowed, By, Decision, Denied, Lack, Layer};
pub use layers::{Attached, Policies};

use crate::kind::Kind;
use crate::request::{Caller, Request};
use layers::Granted;
use principal::Reach;

/// Decides, with the reason. See `docs/spec/policy.md`.
pub fn evaluate<'a>(request: &Request, policies: &Policies<'a>) -> Decision<'a> {
    debug_assert!(policies.all().all(|policy| request.keys().cover(policy)), "a key was not told");
    match decide(request, policies) {
        Ok(allowed) => Decision::Allowed(allowed),
        Err(denied) => Decision::Denied(denied),
    }
}

fn decide<'a>(request: &Request, policies: &Policies<'a>) -> Result<Allowed<'a>, Denied<'a>> {
    if let Some(by) = policies.explicit_deny(request) {
        return Err(Denied::Explicitly(by));
    }
    if request.caller().account().is_none() {
        let granted = policies.granted(request).ok_or(Denied::Implicitly(Lack::Resource))?;
        return Ok(Allowed { identity: None, resource: granted.by });
    }
    policies.control_allows(request).map_err(Denied::Implicitly)?;
    let allowed = if request.is_within_account() {
        within_account(request, policies)
    } else {
        across_accounts(request, policies)
    };
    allowed.map_err(Denied::Implicitly)
}

/// One side is enough. But a policy that names the account only hands the question to the account's own policies,
/// and a role is assumed by nobody whom its trust policy does not name.
fn within_account<'a>(request: &Request, policies: &Policies<'a>) -> Result<Allowed<'a>, Lack> {
    let granted = policies.granted(request);
    let of_resource = |granted: Granted<'a>| Allowed { identity: None, resource: granted.by };
    match granted {
        // Whom it names in person, no boundary and no session policy limits, unless they deny.
        Some(granted) if granted.reach == Reach::Caller => return Ok(of_resource(granted)),
        Some(granted) if granted.reach == Reach::Origin => {
            policies.limits_allow(request)?;
            return Ok(of_resource(granted));
        }
        None if policies.resource.is_some_and(|attached| attached.policy.kind() == Kind::Trust) => {
            return Err(Lack::Resource);
        }
        _ => {}
    }
    let identity = policies.identity_allows(request)?;
    Ok(Allowed { identity, resource: None })
}

/// Both sides must allow.
fn across_accounts<'a>(request: &Request, policies: &Policies<'a>) -> Result<Allowed<'a>, Lack> {
    let granted = policies.granted(request).ok_or(Lack::Resource)?;
    let identity = policies.identity_allows(request)?;
    Ok(Allowed { identity, resource: granted.by })
}

/// Whose permissions come from the root of an account, which needs no policy.
fn is_root(caller: &Caller) -> bool {
    match caller {
        Caller::Root(_) => true,
        Caller::FederatedUser(session) => session.user_arn.is_none(),
        _ => false,
    }
}
