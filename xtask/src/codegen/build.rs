//! From the model to the tree: resolves references, names things, finds recursion and double names.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use super::model::{self, Reference, Service, Shape};
use super::tree::{Api, Field, Operation, Place, Rule, Side, Structure, TimestampForm, Type};
use super::{names, quirks};

/// Builds the tree of one service; fails on a dangling reference or on two things with one name.
pub fn build(service_name: &'static str, service: &Service) -> Result<Api> {
    let taken = service
        .operations
        .keys()
        .flat_map(|name| [name.clone(), format!("{name}Input"), format!("{name}Output")])
        .chain(RESERVED.map(str::to_owned))
        .collect();
    let mut builder =
        Builder { service: service_name, shapes: &service.shapes, reached: BTreeSet::new(), taken };
    let mut operations = Vec::new();
    for (name, operation) in &service.operations {
        operations.push(builder.operation(name, operation).with_context(|| name.clone())?);
    }
    let structures = builder.structures()?;
    let api = Api {
        service: service_name,
        version: service.metadata.api_version.clone(),
        protocol: service.metadata.protocol.clone(),
        namespace: service.metadata.xml_namespace.clone(),
        operations,
        structures,
        rules: rules(&service.shapes),
    };
    check_names(&api)?;
    Ok(api)
}

fn rules(shapes: &BTreeMap<String, Shape>) -> BTreeMap<String, Rule> {
    shapes.iter().filter_map(|(name, shape)| Some((name.clone(), rule(shape)?))).collect()
}

/// `None` for a shape that says nothing about its values.
fn rule(shape: &Shape) -> Option<Rule> {
    // Bounds are whole numbers wherever they matter.
    let whole = |bound: Option<f64>| bound.map(|bound| bound as i64);
    let rule = Rule {
        min: whole(shape.min),
        max: whole(shape.max),
        pattern: shape.pattern.clone(),
        values: shape.values.clone(),
        sensitive: shape.sensitive,
    };
    (rule != Rule::default()).then_some(rule)
}

struct Builder<'a> {
    service: &'a str,
    shapes: &'a BTreeMap<String, Shape>,
    /// Structures that a field names.
    reached: BTreeSet<String>,
    /// Names that no shape may have: the operations' and those that a file imports.
    taken: BTreeSet<String>,
}

impl Builder<'_> {
    fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes.get(name).with_context(|| format!("no shape {name}"))
    }

    fn operation(&mut self, name: &str, operation: &model::Operation) -> Result<Operation> {
        Ok(Operation {
            name: name.to_owned(),
            method: operation.http.method.clone(),
            uri: operation.http.request_uri.clone(),
            status: quirks::status(self.service, name).or(operation.http.response_code).unwrap_or(200),
            deprecated: operation.deprecated,
            input: self.side(format!("{name}Input"), operation.input.as_ref())?,
            output: self.side(format!("{name}Output"), operation.output.as_ref())?,
        })
    }

    fn side(&mut self, name: String, reference: Option<&Reference>) -> Result<Side> {
        let Some(reference) = reference else {
            let structure = Structure { name, fields: Vec::new(), namespace: None };
            return Ok(Side { structure, shape: None, streams: false, root: None, wrapper: None });
        };
        let shape = self.shape(&reference.shape)?;
        let streams = match &shape.payload {
            Some(payload) => {
                let member = shape.members.get(payload).context("no payload member")?;
                member.streaming || self.shape(&member.shape)?.eventstream
            }
            None => false,
        };
        let structure = self.structure(name, &reference.shape)?;
        Ok(Side {
            structure,
            shape: Some(reference.shape.clone()),
            streams,
            root: reference.location_name.clone(),
            wrapper: reference.result_wrapper.clone(),
        })
    }

    /// Every structure that was reached, and those reached through them.
    fn structures(&mut self) -> Result<Vec<Structure>> {
        let mut built = BTreeMap::new();
        while let Some(name) = self.reached.iter().find(|name| !built.contains_key(*name)).cloned() {
            built.insert(name.clone(), self.structure(self.structure_name(&name), &name)?);
        }
        Ok(built.into_values().collect())
    }

    fn structure(&mut self, name: String, shape_name: &str) -> Result<Structure> {
        let shape = self.shape(shape_name)?;
        let namespace = shape
            .xml_namespace
            .as_ref()
            .and_then(|space| space.prefix.clone().map(|prefix| (prefix, space.uri.clone())));
        let members: Vec<(String, bool)> = shape
            .members
            .0
            .iter()
            .map(|(member, _)| (member.clone(), shape.payload.as_ref() == Some(member)))
            .collect();
        let mut fields = Vec::new();
        for (member, is_payload) in members {
            fields.extend(self.field(shape_name, &member, is_payload)?);
        }
        Ok(Structure { name, fields, namespace })
    }

    /// `None` for a stream: its bytes travel beside the structure.
    fn field(&mut self, owner: &str, member: &str, is_payload: bool) -> Result<Option<Field>> {
        let shape = self.shape(owner)?;
        let reference = shape.members.get(member).context("no such member")?;
        let target = self.shape(&reference.shape)?;
        if reference.streaming || target.eventstream {
            return Ok(None);
        }
        let place = place(member, reference, target, is_payload)?;
        let required = shape.required.iter().any(|name| name == member);
        let boxed =
            target.kind == "structure" && self.reaches(&reference.shape, owner, &mut BTreeSet::new())?;
        let element = target.member.as_ref().map(|member| member.shape.clone());
        let (target_name, flat) = (reference.shape.clone(), reference.flattened);
        let kind = self.kind(&target_name, flat).with_context(|| format!("{owner}.{member}"))?;
        let ruled = |name: &String| self.shapes.get(name).is_some_and(|shape| rule(shape).is_some());
        let (rule, element_rule) = (Some(target_name).filter(ruled), element.filter(ruled));
        Ok(Some(Field { name: names::field(member), place, kind, required, rule, element_rule, boxed }))
    }

    fn kind(&mut self, name: &str, flat_here: bool) -> Result<Type> {
        let shape = self.shape(name)?;
        Ok(match shape.kind.as_str() {
            "string" | "character" => Type::Text,
            "integer" => Type::Integer,
            "long" => Type::Long,
            "float" | "double" => Type::Double,
            "boolean" => Type::Boolean,
            "blob" => Type::Blob,
            "timestamp" => Type::Timestamp(timestamp_form(shape)?),
            "list" => {
                let member = shape.member.as_ref().context("a list without a member")?;
                let element_name = member.location_name.clone().unwrap_or_else(|| "member".to_owned());
                let (element, flat) = (member.shape.clone(), flat_here || shape.flattened);
                Type::List { element: Box::new(self.kind(&element, false)?), name: element_name, flat }
            }
            "map" => {
                let key = shape.key.as_ref().context("a map without a key")?.shape.clone();
                let value = shape.value.as_ref().context("a map without a value")?.shape.clone();
                Type::Map {
                    key: Box::new(self.kind(&key, false)?),
                    value: Box::new(self.kind(&value, false)?),
                }
            }
            "structure" => {
                self.reached.insert(name.to_owned());
                Type::Structure(self.structure_name(name))
            }
            other => anyhow::bail!("unknown kind of shape {other}"),
        })
    }

    /// The shape's own name; S3 Control has shapes that are called as an operation's input is.
    fn structure_name(&self, shape: &str) -> String {
        let (first, rest) = shape.split_at(1);
        let name = format!("{}{rest}", first.to_ascii_uppercase());
        if self.taken.contains(&name) { format!("{name}Shape") } else { name }
    }

    /// Whether a value of `from` may directly contain one of `target`; lists and maps hold theirs elsewhere.
    fn reaches(&self, from: &str, target: &str, seen: &mut BTreeSet<String>) -> Result<bool> {
        if from == target {
            return Ok(true);
        }
        if !seen.insert(from.to_owned()) {
            return Ok(false);
        }
        for (_, member) in &self.shape(from)?.members.0 {
            if self.shape(&member.shape)?.kind == "structure" && self.reaches(&member.shape, target, seen)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn place(member: &str, reference: &Reference, target: &Shape, is_payload: bool) -> Result<Place> {
    let shape_name = target.location_name.as_ref().filter(|_| target.kind == "structure");
    let name = reference.location_name.as_ref().or(shape_name).map_or(member, String::as_str).to_owned();
    Ok(match reference.location.as_deref() {
        Some("uri") => Place::Path(name),
        Some("querystring") => Place::Query(name),
        Some("header") => Place::Header(name.to_ascii_lowercase()),
        Some("headers") => Place::Headers(name.to_ascii_lowercase()),
        Some(other) => anyhow::bail!("{member}: unknown location {other}"),
        None if is_payload => Place::Payload(name),
        None if reference.xml_attribute => Place::Attribute(name),
        None => Place::Element(name),
    })
}

fn timestamp_form(shape: &Shape) -> Result<TimestampForm> {
    Ok(match shape.timestamp_format.as_deref() {
        None => TimestampForm::Default,
        Some("rfc822") => TimestampForm::Http,
        Some("iso8601") => TimestampForm::Iso8601,
        Some("unixTimestamp") => TimestampForm::Epoch,
        Some(other) => anyhow::bail!("unknown form of time {other}"),
    })
}

/// Names that a generated type would hide from the code beside it.
const RESERVED: [&str; 12] = [
    "Op",
    "Operation",
    "Option",
    "Vec",
    "String",
    "Box",
    "Bytes",
    "Timestamp",
    "Some",
    "None",
    "Default",
    "Clone",
];

fn check_names(api: &Api) -> Result<()> {
    let mut names: BTreeSet<&str> = RESERVED.into();
    let sides = api.operations.iter().flat_map(|operation| {
        let (input, output) = (&operation.input.structure, &operation.output.structure);
        [operation.name.as_str(), input.name.as_str(), output.name.as_str()]
    });
    for name in sides.chain(api.structures.iter().map(|structure| structure.name.as_str())) {
        ensure!(names.insert(name), "{}: two things are called {name}", api.service);
    }
    let sides = api.operations.iter().flat_map(|operation| [&operation.input, &operation.output]);
    for structure in sides.map(|side| &side.structure).chain(&api.structures) {
        let mut fields = BTreeSet::new();
        for field in &structure.fields {
            ensure!(fields.insert(&field.name), "{}: two fields {}", structure.name, field.name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
