//! Does a statement apply to a request?

use super::principal::{self, Reach};
use crate::document::{Effect, Policy, Scope, Statement};
use crate::request::Request;

impl Policy {
    /// The statements of this effect that apply, with their indices: principals apart, as for an identity's policy.
    pub(super) fn applying<'a>(
        &'a self,
        effect: Effect,
        request: &Request,
    ) -> impl Iterator<Item = (usize, &'a Statement)> {
        let statements = self.statements.iter().enumerate();
        statements.filter(move |(_, statement)| statement.effect == effect && statement.applies(request))
    }
}

impl Statement {
    /// Principals apart: action, resource and conditions.
    fn applies(&self, request: &Request) -> bool {
        self.covers_action(request)
            && self.covers_resource(request)
            && self.conditions.iter().all(|condition| condition.holds(request.keys(), self.effect))
    }

    fn covers_action(&self, request: &Request) -> bool {
        match &self.actions {
            Scope::Of(actions) => actions.iter().any(|action| action.matches(request.action())),
            Scope::AllBut(actions) => !actions.iter().any(|action| action.matches(request.action())),
        }
    }

    /// A resource whose variable has no value is none; when it would be an exception, that goes against the caller.
    fn covers_resource(&self, request: &Request) -> bool {
        let (resources, all_but) = match &self.resources {
            None => return true,
            Some(Scope::Of(resources)) => (resources, false),
            Some(Scope::AllBut(resources)) => (resources, true),
        };
        let mut settled = true;
        for resource in resources {
            match resource.matches(request.resource(), request.keys()) {
                Some(true) => return !all_but,
                Some(false) => {}
                None => settled = false,
            }
        }
        all_but && (settled || self.effect == Effect::Deny)
    }

    /// How closely an allowing statement of a resource's policy names the caller.
    pub(super) fn reach(&self, request: &Request) -> Option<Reach> {
        match self.principals.as_ref()? {
            Scope::Of(principals) => principal::allowed_reach(principals, request.caller()),
            // None that allows is ever read.
            Scope::AllBut(_) => None,
        }
    }

    /// Does a denying statement of a resource's policy mean the caller? `NotPrincipal` excepts nobody who has a
    /// permissions boundary, as AWS warns.
    pub(super) fn means(&self, request: &Request, has_boundary: bool) -> bool {
        match &self.principals {
            Some(Scope::Of(principals)) => principal::reach(principals, request.caller()).is_some(),
            Some(Scope::AllBut(principals)) => {
                has_boundary || !principal::is_excepted(principals, request.caller())
            }
            None => false,
        }
    }
}
