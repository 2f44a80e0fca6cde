//! From JSON to a policy, or to the fault and its place.

use std::collections::BTreeSet;

use super::{ActionPattern, Effect, Policy, Principals, ResourcePattern, Scope, Statement, Version};
use crate::condition::Condition;
use crate::fault::{Fault, Place};
use crate::json::{Elements, Json};
use crate::kind::Kind;
use crate::limits::TEXT_BYTES_MAX;
use crate::request::Asked;

impl Policy {
    /// Reads a document as what it shall be.
    ///
    /// The limit of inline policies is on the sum of an identity's policies: here each must keep it alone.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, Fault> {
        let top = Place::TOP;
        if text.len() > TEXT_BYTES_MAX || kind.size_of(text) > kind.size_max() {
            return Err(top.fault(format!("is longer than {}", kind.size_max())));
        }
        let json = Json::read(text)?;
        let elements = json.elements(&top, &["Version", "Id", "Statement"])?;
        let version = version(&elements, &top)?;
        let id = elements.get("Id").map(|json| json.text(&top.element("Id"))).transpose()?;
        if id.is_some() && !kind.names_principals() {
            return Err(top.element("Id").fault("has no place in an identity policy"));
        }
        let place = top.element("Statement");
        let statements = elements.get("Statement").ok_or_else(|| place.fault("is missing"))?;
        let reader = Reader { kind, version };
        let statements = statements.each(&place, |json, place| reader.statement(json, place))?;
        if !kind.is_of_s3() {
            sids_are_unique(&statements, &place)?;
        }
        let asked = Asked::of(statements.iter().flat_map(Statement::condition_keys));
        Ok(Self { kind, version, id: id.map(str::to_owned), statements, asked })
    }
}

fn version(elements: &Elements<'_>, top: &Place<'_>) -> Result<Version, Fault> {
    let place = top.element("Version");
    let Some(json) = elements.get("Version") else { return Ok(Version::V2008) };
    match json.text(&place)? {
        "2008-10-17" => Ok(Version::V2008),
        "2012-10-17" => Ok(Version::V2012),
        _ => Err(place.fault("must be 2008-10-17 or 2012-10-17")),
    }
}

fn sids_are_unique(statements: &[Statement], place: &Place<'_>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (index, statement) in statements.iter().enumerate() {
        let sid = statement.sid.as_deref().filter(|sid| !sid.is_empty());
        if sid.is_some_and(|sid| !seen.insert(sid)) {
            return Err(place.index(index).element("Sid").fault("is another statement's too"));
        }
    }
    Ok(())
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

#[derive(Clone, Copy)]
struct Reader {
    kind: Kind,
    version: Version,
}

impl Reader {
    fn statement(self, json: &Json, place: &Place<'_>) -> Result<Statement, Fault> {
        let elements = json.elements(place, &ELEMENTS)?;
        let effect = effect(&elements, place)?;
        let conditions = match elements.get("Condition") {
            Some(json) => Condition::read_all(json, &place.element("Condition"), self.version)?,
            None => Vec::new(),
        };
        let actions = scope(&elements, place, ["Action", "NotAction"], |json, place| {
            json.each(place, |json, place| parsed(json, place, ActionPattern::parse))
        })?;
        Ok(Statement {
            sid: self.sid(&elements, place)?,
            effect,
            principals: self.principals(&elements, place, effect)?,
            actions: actions.ok_or_else(|| place.fault("has neither Action nor NotAction"))?,
            resources: self.resources(&elements, place)?,
            conditions,
        })
    }

    /// IAM takes letters and digits, S3 spaces and signs too.
    fn sid(self, elements: &Elements<'_>, place: &Place<'_>) -> Result<Option<String>, Fault> {
        let place = place.element("Sid");
        let Some(json) = elements.get("Sid") else { return Ok(None) };
        let sid = json.text(&place)?;
        if !self.kind.is_of_s3() && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(place.fault("must consist of letters and digits"));
        }
        Ok(Some(sid.to_owned()))
    }

    fn principals(
        self,
        elements: &Elements<'_>,
        place: &Place<'_>,
        effect: Effect,
    ) -> Result<Option<Scope<Principals>>, Fault> {
        let principals = scope(elements, place, ["Principal", "NotPrincipal"], |json, place| {
            Principals::read(json, place, self.kind)
        })?;
        match (&principals, self.kind.names_principals()) {
            (None, true) => Err(place.fault("has no Principal")),
            (Some(_), false) => Err(place.fault("names a principal, which an identity policy must not")),
            (Some(Scope::AllBut(_)), true) if effect == Effect::Allow || self.kind == Kind::Trust => {
                Err(place.element("NotPrincipal").fault("may only deny, and not in a trust policy"))
            }
            _ => Ok(principals),
        }
    }

    fn resources(
        self,
        elements: &Elements<'_>,
        place: &Place<'_>,
    ) -> Result<Option<Scope<Vec<ResourcePattern>>>, Fault> {
        let resources = scope(elements, place, ["Resource", "NotResource"], |json, place| {
            let parse = |text: &str| ResourcePattern::parse(text, self.version);
            json.each(place, |json, place| parsed(json, place, parse))
        })?;
        match (&resources, self.kind.names_resources()) {
            (None, true) => Err(place.fault("has neither Resource nor NotResource")),
            (Some(_), false) => Err(place.fault("names a resource, which a trust policy must not")),
            _ => Ok(resources),
        }
    }
}

fn effect(elements: &Elements<'_>, place: &Place<'_>) -> Result<Effect, Fault> {
    let json = elements.get("Effect").ok_or_else(|| place.fault("has no Effect"))?;
    let place = place.element("Effect");
    match json.text(&place)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => Err(place.fault("must be Allow or Deny")),
    }
}

/// One of an element and its negation, or neither.
fn scope<T>(
    elements: &Elements<'_>,
    place: &Place<'_>,
    [of, all_but]: [&str; 2],
    read: impl Fn(&Json, &Place<'_>) -> Result<T, Fault>,
) -> Result<Option<Scope<T>>, Fault> {
    match (elements.get(of), elements.get(all_but)) {
        (Some(_), Some(_)) => Err(place.fault(format!("has both {of} and {all_but}"))),
        (Some(json), None) => read(json, &place.element(of)).map(|read| Some(Scope::Of(read))),
        (None, Some(json)) => read(json, &place.element(all_but)).map(|read| Some(Scope::AllBut(read))),
        (None, None) => Ok(None),
    }
}

fn parsed<T>(
    json: &Json,
    place: &Place<'_>,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<T, Fault> {
    let text = json.text(place)?;
    parse(text).map_err(|what| place.fault(format!("`{text}` {what}")))
}
