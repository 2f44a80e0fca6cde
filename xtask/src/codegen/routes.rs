//! Writes the routing table of a rest service: from each operation's method, path and required parameters.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::files::head;
use super::quirks;
use super::tree::{Api, Operation, Place};

/// One line of the table.
struct Route<'a> {
    operation: &'a Operation,
    kind: &'static str,
    /// `(name, value)` from the path's own query; an empty value means that any will do.
    literals: Vec<(&'a str, &'a str)>,
    /// Query names that must be there.
    query: Vec<&'a str>,
    /// Headers that must be there.
    headers: Vec<&'a str>,
}

impl Route<'_> {
    fn weight(&self) -> usize {
        self.literals.len() + self.query.len() + self.headers.len()
    }
}

/// The table, the most demanding routes first, and what is left out of it with the reasons.
pub fn emit(api: &Api) -> String {
    let mut routes: Vec<Route<'_>> =
        api.operations.iter().filter(|operation| unrouted_reason(operation).is_none()).map(route).collect();
    demand(&mut routes);
    routes.sort_by_key(|route| (usize::MAX - route.weight(), &route.operation.name));
    let mut text = head(api, "Which request is which operation; `routing` reads it.");
    let _ = writeln!(text, "use api::{}::Op;\n\nuse crate::routing::{{PathKind, Route}};\n", api.service);
    text.push_str("/// The most demanding routes come first: the first that fits is the one.\n");
    let _ = writeln!(text, "pub(crate) static ROUTES: [Route; {}] = [", routes.len());
    for route in &routes {
        text.push_str(&line(route));
    }
    text.push_str("];\n\n");
    let names = sub_resources(&routes);
    let _ = writeln!(
        text,
        "/// Query names that choose an operation: never ignored.\npub(crate) const SUB_RESOURCES: [&str; {}] = {names:?};\n",
        names.len()
    );
    text.push_str("/// Operations that no request reaches, and why.\n#[cfg(test)]\n");
    let unrouted: Vec<String> = api
        .operations
        .iter()
        .filter_map(|operation| Some(format!("(Op::{}, {:?})", operation.name, unrouted_reason(operation)?)))
        .collect();
    let _ = writeln!(
        text,
        "pub(crate) const UNROUTED: [(Op, &str); {}] = [{}];",
        unrouted.len(),
        unrouted.join(", ")
    );
    text
}

fn unrouted_reason(operation: &Operation) -> Option<&'static str> {
    if operation.deprecated {
        return Some("deprecated: its successor answers the same requests");
    }
    quirks::unrouted(&operation.name)
}

fn route(operation: &Operation) -> Route<'_> {
    let (path, query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    let kind = match path {
        "/" => "Service",
        "/{Bucket}" => "Bucket",
        _ => "Object",
    };
    let literals = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .collect();
    Route { operation, kind, literals, query: Vec::new(), headers: Vec::new() }
}

/// Operations that share method, path and literals are told apart by what they require; one without literals
/// always demands its required query names, so that it cannot stand in for an unknown request.
fn demand(routes: &mut [Route<'_>]) {
    let place = |route: &Route<'_>| format!("{} {} {:?}", route.operation.method, route.kind, route.literals);
    let places: Vec<String> = routes.iter().map(place).collect();
    for route in routes {
        let own = place(route);
        let shared = places.iter().filter(|place| **place == own).count() > 1;
        for field in route.operation.input.structure.fields.iter().filter(|field| field.required) {
            match &field.place {
                Place::Query(name) if shared || route.literals.is_empty() => route.query.push(name),
                Place::Header(name) if shared => route.headers.push(name),
                _ => {}
            }
        }
    }
}

fn line(route: &Route<'_>) -> String {
    let operation = route.operation;
    let accepted: Vec<&str> = operation
        .input
        .structure
        .fields
        .iter()
        .filter_map(|field| match &field.place {
            Place::Query(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    format!(
        "Route {{ method: \"{}\", path: PathKind::{}, literals: &{:?}, query: &{:?}, headers: &{:?}, parameters: \
         &{accepted:?}, op: Op::{} }},\n",
        operation.method, route.kind, route.literals, route.query, route.headers, operation.name
    )
}

/// Names without a fixed value that stand in some path, and those that tell requests about a part or an upload from
/// requests about an object.
fn sub_resources<'a>(routes: &[Route<'a>]) -> Vec<&'a str> {
    let mut names = BTreeSet::new();
    for route in routes {
        names.extend(route.literals.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name));
        if route.literals.is_empty() {
            names.extend(route.query.iter().copied());
        }
    }
    names.into_iter().collect()
}
