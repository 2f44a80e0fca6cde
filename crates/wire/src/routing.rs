//! From a request's method, path, query and headers to the operation it asks for.
//!
//! The table is closed and generated: a sub-resource that has no operation for that method is `MethodNotAllowed`,
//! never the operation without it. Unknown query names are ignored, as on AWS. Preflights and form uploads are
//! recognised before this.

use api::s3::Op;
use api::{ErrorCode, S3Error};
use http::{HeaderMap, Method};

use crate::generated::s3::routes::ROUTES;
pub(crate) use crate::generated::s3::routes::SUB_RESOURCES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    Service,
    Bucket,
    Object,
}

/// One line of the table.
pub(crate) struct Route {
    pub method: &'static str,
    pub path: PathKind,
    /// Query names that must be there; with a value, it must be that one.
    pub literals: &'static [(&'static str, &'static str)],
    /// Further query names that must be there.
    pub query: &'static [&'static str],
    /// Headers that must be there.
    pub headers: &'static [&'static str],
    /// Query names that the operation understands.
    pub parameters: &'static [&'static str],
    pub op: Op,
}

/// The operation that the request asks for. `query` is percent-decoded.
pub fn route(
    method: &Method,
    has_bucket: bool,
    has_key: bool,
    query: &[(String, String)],
    headers: &HeaderMap,
) -> Result<Op, S3Error> {
    let path = match (has_bucket, has_key) {
        (false, _) => PathKind::Service,
        (true, false) => PathKind::Bucket,
        (true, true) => PathKind::Object,
    };
    let fits = |route: &&Route| {
        route.path == path && route.method == method.as_str() && route.is_met(query, headers)
    };
    let Some(route) = ROUTES.iter().find(fits) else {
        return Err(not_allowed(method, path, query));
    };
    let strange: Vec<&str> = sub_resources(query).filter(|name| !route.understands(name)).collect();
    match strange.first() {
        None => Ok(route.op),
        Some(name) if route.literals.is_empty() || is_alone(path, name) => {
            Err(not_allowed(method, path, query))
        }
        Some(_) => Err(conflict(query)),
    }
}

impl Route {
    fn is_met(&self, query: &[(String, String)], headers: &HeaderMap) -> bool {
        let literal = |(name, value): &(&str, &str)| {
            query.iter().any(|(key, found)| key == name && (value.is_empty() || found == value))
        };
        self.literals.iter().all(literal)
            && self.query.iter().all(|name| query.iter().any(|(key, _)| key == name))
            && self.headers.iter().all(|name| headers.contains_key(*name))
    }

    fn understands(&self, name: &str) -> bool {
        self.literals.iter().any(|(literal, _)| *literal == name) || self.parameters.contains(&name)
    }
}

/// The query's names that choose an operation, in order, each once.
fn sub_resources(query: &[(String, String)]) -> impl Iterator<Item = &str> {
    let first = |at: usize, name: &str| !query[..at].iter().any(|(before, _)| before == name);
    query.iter().enumerate().filter_map(move |(at, (name, _))| {
        (SUB_RESOURCES.contains(&name.as_str()) && first(at, name)).then_some(name.as_str())
    })
}

/// Whether no operation of that path knows the name, so that it conflicts with nothing and merely has no business
/// here.
fn is_alone(path: PathKind, name: &str) -> bool {
    !ROUTES.iter().any(|route| route.path == path && route.understands(name))
}

fn conflict(query: &[(String, String)]) -> S3Error {
    let names: Vec<&str> = sub_resources(query).collect();
    let message = format!("Conflicting query string parameters: {}", names.join(", "));
    let value = names.first().copied().unwrap_or_default().to_owned();
    S3Error::invalid_argument("ResourceType", &value, message)
}

/// What S3 says where a request is near an operation and is none.
fn near_miss(method: &Method, path: PathKind, names: &[&str]) -> Option<S3Error> {
    let invalid = |message: &'static str| S3Error::with_message(ErrorCode::InvalidRequest, message);
    match (method.as_str(), path, names) {
        ("GET", PathKind::Object, ["uploads", ..]) => {
            Some(invalid("Key is not expected for the GET method ?uploads subresource"))
        }
        ("GET", PathKind::Object, ["versions", ..]) => {
            Some(invalid("There is no such thing as the ?versions sub-resource for a key"))
        }
        ("GET", PathKind::Object, ["logging", ..]) => Some(ErrorCode::NoLoggingStatusForKey.into()),
        ("GET", PathKind::Bucket, ["torrent", ..]) => Some(ErrorCode::RequestTorrentOfBucketError.into()),
        ("PUT", PathKind::Object, ["partNumber"]) => {
            let message = "This operation does not accept partNumber without uploadId";
            Some(S3Error::invalid_argument("partNumber", "", message))
        }
        _ => None,
    }
}

/// Says which methods the resource has (RFC 9110 §15.5.6).
fn not_allowed(method: &Method, path: PathKind, query: &[(String, String)]) -> S3Error {
    let names: Vec<&str> = sub_resources(query).collect();
    if let Some(error) = near_miss(method, path, &names) {
        return error;
    }
    let about = |route: &&Route| route.path == path && names.iter().all(|name| route.understands(name));
    let mut methods: Vec<&str> = ROUTES.iter().filter(about).map(|route| route.method).collect();
    methods.sort_unstable();
    methods.dedup();
    let resource = match path {
        PathKind::Service => "SERVICE",
        PathKind::Bucket => "BUCKET",
        PathKind::Object if names == ["uploadId"] => "UPLOAD",
        PathKind::Object => "OBJECT",
    };
    S3Error::from(ErrorCode::MethodNotAllowed)
        .element("Method", method.as_str())
        .element("ResourceType", resource)
        .header("Allow", methods.join(", "))
}

#[cfg(test)]
mod tests;
