//! The decision, in the order in which AWS's page tells it.

use serde_json::Value;

use super::conditions::{Setting, all_hold, texts};
use super::requests::{Asked, CANONICAL, OWN, Who};
use super::text::{Facts, fits_arn, fits_text, signs};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    DeniedExplicitly,
    DeniedImplicitly,
}

pub struct Case<'a> {
    pub asked: &'a Asked,
    pub identity: Vec<&'a Value>,
    pub resource: Option<&'a Value>,
    pub is_trust: bool,
    pub acl_allows: bool,
    pub boundary: Option<&'a Value>,
    pub session: Vec<&'a Value>,
    pub control: Vec<Vec<&'a Value>>,
}

/// The names under which a policy may know the caller.
#[derive(Default)]
struct Names {
    own: Vec<&'static str>,
    origin: Vec<&'static str>,
    account: Vec<&'static str>,
}

const ACCOUNT: [&str; 3] = [OWN, "arn:aws:iam::111122223333:root", CANONICAL];

fn names(who: Who) -> Names {
    let (own, origin): (&[&str], &[&str]) = match who {
        Who::Anonymous => (&[], &[]),
        Who::Service => (&["logging.s3.amazonaws.com"], &[]),
        Who::Web => (&["idp.example.com"], &[]),
        Who::Root => (&ACCOUNT, &[]),
        Who::Bob => (&["arn:aws:iam::111122223333:user/bob"], &[]),
        Who::Session => (
            &["arn:aws:sts::111122223333:assumed-role/ops/alice"],
            &["arn:aws:iam::111122223333:role/ops", "AROAIOSFODNN7EXAMPLE", "idp.example.com"],
        ),
        Who::Federated => {
            (&["arn:aws:sts::111122223333:federated-user/carol"], &["arn:aws:iam::111122223333:user/bob"])
        }
        Who::FederatedRoot => (&["arn:aws:sts::111122223333:federated-user/carol"], &[]),
    };
    let account: &[&str] =
        if matches!(who, Who::Anonymous | Who::Service | Who::Web | Who::Root) { &[] } else { &ACCOUNT };
    Names { own: own.to_vec(), origin: origin.to_vec(), account: account.to_vec() }
}

impl Case<'_> {
    pub fn verdict(&self) -> Verdict {
        let outside = matches!(self.asked.who, Who::Anonymous | Who::Service | Who::Web);
        if self.is_denied(outside) {
            return Verdict::DeniedExplicitly;
        }
        let allowed = if outside {
            self.resource_rank() > 0
        } else {
            self.control.iter().all(|level| self.any_allows(level)) && self.is_allowed()
        };
        if allowed { Verdict::Allowed } else { Verdict::DeniedImplicitly }
    }

    fn is_denied(&self, outside: bool) -> bool {
        let by_identity = || {
            let all = self.identity.iter().chain(&self.boundary).chain(&self.session);
            all.chain(self.control.iter().flatten()).any(|policy| !self.matching(policy, "Deny").is_empty())
        };
        let mends = self.asked.who == Who::Root
            && self.asked.owner != Some("444455556666")
            && self.asked.action == "s3:GetBucketPolicy";
        let by_resource = || {
            let denying = self.resource.map_or(Vec::new(), |policy| self.matching(policy, "Deny"));
            denying.iter().any(|statement| self.is_meant(statement))
        };
        (!outside && by_identity()) || (!mends && by_resource())
    }

    fn is_allowed(&self) -> bool {
        let rank = self.resource_rank();
        let federated = matches!(self.asked.who, Who::Federated | Who::FederatedRoot);
        let limits = self.boundary.is_none_or(|policy| self.any_allows(&[policy]))
            && ((self.session.is_empty() && !federated) || self.any_allows(&self.session));
        let is_root = matches!(self.asked.who, Who::Root | Who::FederatedRoot);
        let identity = (is_root || self.any_allows(&self.identity)) && limits;
        if self.asked.owner == Some("444455556666") {
            return rank > 0 && identity;
        }
        match rank {
            3 => true,
            2 if limits => true,
            0 if self.is_trust => false,
            _ => identity,
        }
    }

    fn any_allows(&self, policies: &[&Value]) -> bool {
        policies.iter().any(|policy| !self.matching(policy, "Allow").is_empty())
    }

    /// 3 in person, 2 by what the session came from, 1 by the account or an ACL, 0 not at all.
    fn resource_rank(&self) -> u8 {
        let names = names(self.asked.who);
        let allowing = self.resource.map_or(Vec::new(), |policy| self.matching(policy, "Allow"));
        let rank = |statement: &&Value| {
            let listed = listed(&statement["Principal"]);
            let has = |names: &[&str]| listed.iter().any(|name| names.contains(&name.as_str()));
            match () {
                () if has(&names.own) || (has(&["*"]) && self.asked.who != Who::Web) => 3,
                () if has(&names.origin) => 2,
                () => u8::from(has(&names.account)),
            }
        };
        allowing.iter().map(rank).max().unwrap_or(0).max(u8::from(self.acl_allows))
    }

    fn is_meant(&self, statement: &Value) -> bool {
        let names = names(self.asked.who);
        if let Some(principal) = statement.get("Principal") {
            let all = [&names.own, &names.origin, &names.account].into_iter().flatten();
            let listed = listed(principal);
            return listed.contains(&"*".to_owned())
                || all.into_iter().any(|name| listed.contains(&(*name).to_owned()));
        }
        let listed = listed(&statement["NotPrincipal"]);
        let has =
            |names: &[&str]| names.is_empty() || listed.iter().any(|name| names.contains(&name.as_str()));
        // The provider of a session is no name that NotPrincipal asks for.
        let origin: Vec<&str> =
            names.origin.iter().copied().filter(|name| *name != "idp.example.com").collect();
        let by_all =
            self.asked.who != Who::Anonymous && has(&names.own) && has(&origin) && has(&names.account);
        self.boundary.is_some() || !(by_all || listed.contains(&"*".to_owned()))
    }

    /// The statements of this effect whose action, resource and conditions fit.
    fn matching<'p>(&self, policy: &'p Value, effect: &str) -> Vec<&'p Value> {
        let facts = self.asked.facts();
        let variables = policy.get("Version").is_some_and(|version| version == "2012-10-17");
        let setting = Setting { facts: &facts, denies: effect == "Deny", variables };
        let statements = policy["Statement"].as_array().unwrap().iter();
        let fitting = statements.filter(|statement| statement["Effect"] == effect);
        let fitting = fitting.filter(|statement| self.action_fits(statement, &facts));
        let fitting = fitting.filter(|statement| self.resource_fits(statement, &setting));
        fitting
            .filter(|statement| {
                statement.get("Condition").is_none_or(|conditions| all_hold(conditions, &setting))
            })
            .collect()
    }

    fn action_fits(&self, statement: &Value, facts: &Facts) -> bool {
        let one = |pattern: &String| {
            fits_text(&signs(pattern, false, true, facts), &self.asked.action, true) == Some(true)
        };
        match statement.get("Action") {
            Some(actions) => texts(actions).iter().any(one),
            None => !texts(&statement["NotAction"]).iter().any(one),
        }
    }

    fn resource_fits(&self, statement: &Value, setting: &Setting<'_>) -> bool {
        let one =
            |pattern: &String| fits_arn(pattern, &self.asked.resource, setting.variables, setting.facts);
        if let Some(resources) = statement.get("Resource") {
            return texts(resources).iter().any(|pattern| one(pattern) == Some(true));
        }
        let Some(resources) = statement.get("NotResource") else { return true };
        let each: Vec<_> = texts(resources).iter().map(one).collect();
        !each.contains(&Some(true)) && (setting.denies || !each.contains(&None))
    }
}

/// All names of a principal element, whatever stands before them.
fn listed(principal: &Value) -> Vec<String> {
    match principal {
        Value::Object(map) => map.values().flat_map(texts).collect(),
        other => texts(other),
    }
}
