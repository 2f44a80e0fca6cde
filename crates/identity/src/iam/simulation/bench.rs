//! One simulation: every action on every resource, judged and explained.

use api::S3Error;
use api::iam::{ContextEntry, EvaluationResult, PermissionsBoundaryDecisionDetail, Statement};
use model::AccountId;
use model::arn::Entity as Arn;
use policy::{Account, Attached, By, Decision, Denied, Keys, Layer, Policies, Request, User, evaluate};

use super::gathered::{Gathered, context_keys};
use crate::asker::Asker;
use crate::page::{Page, Paging};
use crate::{fault, positions, refuse, words};

/// Beyond this one request would cost too much: AWS bounds it too.
const EVALUATIONS_MAX: usize = 20_000;

pub(super) struct Bench {
    pub(super) identity: Vec<Gathered>,
    pub(super) boundary: Option<Gathered>,
    pub(super) resource: Option<Gathered>,
    pub(super) caller: policy::Caller,
    pub(super) owner: Option<AccountId>,
    pub(super) keys: Keys,
}

impl Bench {
    pub(super) fn run(
        &self,
        actions: &[String],
        resources: &[String],
        paging: &Paging,
    ) -> Result<Page<EvaluationResult>, S3Error> {
        let everything = ["*".to_owned()];
        let resources = if resources.is_empty() { &everything[..] } else { resources };
        if actions.is_empty() {
            return Err(refuse::constraint("actionNames", "not be null"));
        }
        if actions.len() * resources.len() > EVALUATIONS_MAX {
            return Err(refuse::input("The simulation asks for too many actions and resources."));
        }
        for action in actions {
            let legal =
                action.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
            if !legal {
                return Err(refuse::input(format!("Invalid Action Name: {action}")));
            }
            words::length(action, "actionNames", 3, 128)?;
        }
        let pairs =
            resources.iter().flat_map(|resource| actions.iter().map(move |action| (action, resource)));
        let keyed = pairs.enumerate().map(|(index, pair)| Ok((format!("{index:08}"), pair)));
        let left = keyed.filter(|item: &Result<(String, _), _>| {
            item.as_ref().map_or(true, |(key, _)| *key > paging.after)
        });
        let page = paging.fill(left).map_err(fault::catalog)?;
        Ok(Page {
            items: page.items.into_iter().map(|(action, resource)| self.judge(action, resource)).collect(),
            truncated: page.truncated,
            marker: page.marker,
        })
    }

    fn judge(&self, action: &str, resource: &str) -> EvaluationResult {
        let request = Request::new(self.caller.clone(), action, resource, self.owner, self.keys.clone());
        let identity: Vec<Attached<'_>> = self.identity.iter().map(Gathered::attached).collect();
        let boundary = self.boundary.as_ref().map(Gathered::attached);
        let policies = Policies {
            identity: &identity,
            resource: self.resource.as_ref().map(Gathered::attached),
            boundary,
            ..Policies::default()
        };
        let decision = evaluate(&request, &policies);
        let within = boundary.map(|boundary| {
            let alone = [boundary];
            evaluate(&request, &Policies { identity: &alone, ..Policies::default() }).is_allowed()
        });
        EvaluationResult {
            eval_action_name: Some(action.to_owned()),
            eval_resource_name: Some(resource.to_owned()),
            eval_decision: Some(word(&decision).to_owned()),
            matched_statements: self.matched(&decision),
            missing_context_values: self.missing(&request),
            permissions_boundary_decision_detail: within.map(|allowed| PermissionsBoundaryDecisionDetail {
                allowed_by_permissions_boundary: Some(allowed),
            }),
            ..EvaluationResult::default()
        }
    }

    fn matched(&self, decision: &Decision<'_>) -> Vec<Statement> {
        let by = match decision {
            Decision::Allowed(allowed) => [allowed.identity, allowed.resource],
            Decision::Denied(Denied::Explicitly(by)) => [Some(*by), None],
            Decision::Denied(Denied::Implicitly(_)) => [None, None],
        };
        by.iter().flatten().map(|by| self.shown(by)).collect()
    }

    fn shown(&self, by: &By<'_>) -> Statement {
        let mut layer: Vec<&Gathered> = match by.layer {
            Layer::Resource => self.resource.iter().collect(),
            Layer::Boundary => self.boundary.iter().collect(),
            _ => self.identity.iter().collect(),
        };
        layer.retain(|gathered| gathered.id == by.policy);
        let gathered = layer.first();
        let place = gathered.and_then(|gathered| positions::statement(&gathered.text, by.statement));
        let (start_position, end_position) = place.unzip();
        Statement {
            source_policy_id: Some(by.policy.to_owned()),
            source_policy_type: gathered.map(|gathered| gathered.source.to_owned()),
            start_position,
            end_position,
        }
    }

    /// Keys that the policies ask for and nobody gave.
    fn missing(&self, request: &Request) -> Vec<String> {
        let all = self.identity.iter().chain(&self.boundary).chain(&self.resource);
        let mut missing: Vec<String> = all
            .flat_map(|gathered| context_keys(std::slice::from_ref(gathered)))
            .filter(|key| request.keys().get(key).is_empty())
            .collect();
        missing.sort();
        missing.dedup();
        missing
    }
}

const fn word(decision: &Decision<'_>) -> &'static str {
    match decision {
        Decision::Allowed(_) => "allowed",
        Decision::Denied(Denied::Explicitly(_)) => "explicitDeny",
        Decision::Denied(Denied::Implicitly(_)) => "implicitDeny",
    }
}

/// Who is taken to ask: the user who is named, else the one whose policies are simulated, else any user of the account.
pub(super) fn caller(
    asker: &Asker,
    arn: Option<&str>,
    subject: Option<policy::Caller>,
) -> Result<policy::Caller, S3Error> {
    let made = |account: AccountId, arn: String, name: &str| {
        policy::Caller::User(User {
            account: Account { id: account, canonical: None },
            arn,
            id: String::new(),
            name: name.to_owned(),
            tags: Vec::new(),
        })
    };
    match (arn, subject) {
        (Some(arn), _) => {
            let named = Arn::parse(arn).filter(|named| named.kind == "user");
            let account = named.and_then(|named| named.account);
            let (Some(named), Some(account)) = (named, account) else {
                return Err(refuse::input(format!("Invalid Caller Arn: {arn} is not a user.")));
            };
            Ok(made(account, arn.to_owned(), named.name))
        }
        (None, Some(subject)) => Ok(subject),
        (None, None) => {
            let arn = model::arn::user(asker.account, "/", "simulated");
            Ok(made(asker.account, arn, "simulated"))
        }
    }
}

/// The account of the resources: its number, or an ARN in it.
pub(super) fn owner(owner: Option<&str>) -> Result<Option<AccountId>, S3Error> {
    let Some(text) = owner else { return Ok(None) };
    let account = AccountId::parse(text).or_else(|| Arn::parse(text).and_then(|named| named.account));
    account.map(Some).ok_or_else(|| refuse::input(format!("Invalid Resource Owner: {text}")))
}

pub(super) fn context(entries: &[ContextEntry]) -> Result<Keys, S3Error> {
    let mut keys = Keys::default();
    for entry in entries {
        let name = words::required(entry.context_key_name.as_deref(), "contextKeyName")?;
        let kind = entry.context_key_type.as_deref().unwrap_or("string");
        if kind.ends_with("List") {
            keys.set_many(name, entry.context_key_values.clone());
        } else if let Some(value) = entry.context_key_values.first() {
            keys.set(name, value.as_str());
        }
    }
    Ok(keys)
}
