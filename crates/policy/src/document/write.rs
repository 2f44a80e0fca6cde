//! A policy as canonical JSON: elements in one order, lists of one as the one. It reads back as the same policy.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{AwsName, Effect, Policy, Principals, Scope, Statement};
use crate::condition::{Condition, Operator};

impl Policy {
    pub fn to_json(&self) -> String {
        // Writing strings and maps with string keys to memory cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("Version", self.version.as_str())?;
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(sid) = &self.sid {
            map.serialize_entry("Sid", sid)?;
        }
        let effect = if self.effect == Effect::Allow { "Allow" } else { "Deny" };
        map.serialize_entry("Effect", effect)?;
        match &self.principals {
            Some(Scope::Of(principals)) => map.serialize_entry("Principal", principals)?,
            Some(Scope::AllBut(principals)) => map.serialize_entry("NotPrincipal", principals)?,
            None => {}
        }
        let (name, actions) = named(&self.actions, ["Action", "NotAction"]);
        map.serialize_entry(name, &OneOrMany(actions.iter().map(|action| action.as_str()).collect()))?;
        if let Some(resources) = &self.resources {
            let (name, resources) = named(resources, ["Resource", "NotResource"]);
            let resources = resources.iter().map(|resource| resource.as_str()).collect();
            map.serialize_entry(name, &OneOrMany(resources))?;
        }
        if !self.conditions.is_empty() {
            map.serialize_entry("Condition", &Conditions(&self.conditions))?;
        }
        map.end()
    }
}

fn named<'a, T>(scope: &'a Scope<Vec<T>>, [of, all_but]: [&'static str; 2]) -> (&'static str, &'a [T]) {
    match scope {
        Scope::Of(items) => (of, items),
        Scope::AllBut(items) => (all_but, items),
    }
}

struct OneOrMany<'a>(Vec<&'a str>);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self::Named { aws, canonical, federated, service } = self else { return to.serialize_str("*") };
        let mut map = to.serialize_map(None)?;
        for (name, values) in [
            ("AWS", aws.iter().map(AwsName::as_str).collect::<Vec<_>>()),
            ("CanonicalUser", canonical.iter().map(|id| id.as_str()).collect()),
            ("Federated", federated.iter().map(String::as_str).collect()),
            ("Service", service.iter().map(String::as_str).collect()),
        ] {
            if !values.is_empty() {
                map.serialize_entry(name, &OneOrMany(values))?;
            }
        }
        map.end()
    }
}

/// Those of one operator stand beside each other, as they were read.
struct Conditions<'a>(&'a [Condition]);

impl Serialize for Conditions<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for conditions in self.0.chunk_by(|a, b| a.operator == b.operator) {
            let operator: Option<Operator> = conditions.first().map(|condition| condition.operator);
            if let Some(operator) = operator {
                map.serialize_entry(&operator.to_string(), &KeysOf(conditions))?;
            }
        }
        map.end()
    }
}

struct KeysOf<'a>(&'a [Condition]);

impl Serialize for KeysOf<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for condition in self.0 {
            let values = condition.values.sources.iter().map(String::as_str).collect();
            map.serialize_entry(&condition.key, &OneOrMany(values))?;
        }
        map.end()
    }
}
