//! From a path of several words to S3 Control's operation: `/v20180820/accesspoint/{name}/policy`.
//!
//! The table is closed and generated. A path that only other methods have is `MethodNotAllowed`.

use api::s3control::Op;
use api::{ErrorCode, S3Error};
use http::Method;

use crate::generated::s3control::routes::ROUTES;
use crate::request::decode_path;

/// One line of the table.
pub(crate) struct PathRoute {
    pub method: &'static str,
    pub segments: &'static [Segment],
    pub op: Op,
}

pub(crate) enum Segment {
    Word(&'static str),
    /// Any one segment.
    Label(&'static str),
    /// One segment or more.
    Rest(&'static str),
}

/// The first word of every path.
pub(crate) const API: &str = "/v20180820/";

/// What a path's labels stand for, decoded.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// The operation, and its path's labels. `path` is as sent.
pub(crate) fn route(method: &Method, path: &str) -> Result<(Op, Labels), S3Error> {
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let mut methods = Vec::new();
    for route in &ROUTES {
        let Some(labels) = fit(route.segments, &segments) else { continue };
        if route.method == method.as_str() {
            let decoded = labels.into_iter().map(|(name, raw)| Ok((name, decode_path(&raw)?.into_owned())));
            return Ok((route.op, decoded.collect::<Result<_, S3Error>>()?));
        }
        methods.push(route.method);
    }
    if methods.is_empty() {
        let uri = path.strip_prefix(API).unwrap_or(path);
        return Err(S3Error::from(ErrorCode::InvalidURI).element("URI", uri));
    }
    methods.sort_unstable();
    methods.dedup();
    Err(S3Error::from(ErrorCode::MethodNotAllowed)
        .element("Method", method.as_str())
        .header("Allow", methods.join(", ")))
}

fn fit(wanted: &[Segment], given: &[&str]) -> Option<Labels> {
    let Some((segment, wanted)) = wanted.split_first() else {
        return given.is_empty().then(Vec::new);
    };
    let (first, rest) = given.split_first()?;
    match segment {
        Segment::Word(word) => {
            if first == word {
                fit(wanted, rest)
            } else {
                None
            }
        }
        Segment::Label(_) | Segment::Rest(_) if first.is_empty() => None,
        Segment::Label(name) => labelled(name, first, fit(wanted, rest)?),
        Segment::Rest(name) => {
            // What follows it are words, each of one segment.
            let taken = given.len().checked_sub(wanted.len()).filter(|taken| *taken > 0)?;
            labelled(name, &given[..taken].join("/"), fit(wanted, &given[taken..])?)
        }
    }
}

fn labelled(name: &'static str, value: &str, mut labels: Labels) -> Option<Labels> {
    labels.push((name, value.to_owned()));
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: Method, path: &str) -> Result<(Op, Labels), ErrorCode> {
        route(&method, path).map_err(|error| error.code)
    }

    fn found(op: Op, labels: &[(&'static str, &str)]) -> Result<(Op, Labels), ErrorCode> {
        Ok((op, labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()))
    }

    #[test]
    fn words_labels_and_rests_are_found() {
        let get = |path: &str| routed(Method::GET, path);
        let block = "/v20180820/configuration/publicAccessBlock";
        assert_eq!(get(block), found(Op::GetPublicAccessBlock, &[]));
        assert_eq!(routed(Method::PUT, block), found(Op::PutPublicAccessBlock, &[]));
        assert_eq!(get("/v20180820/accesspoint"), found(Op::ListAccessPoints, &[]));
        assert_eq!(get("/v20180820/accesspoint/a%2Bb"), found(Op::GetAccessPoint, &[("name", "a+b")]));
        assert_eq!(get("/v20180820/accesspoint/x/policy"), found(Op::GetAccessPointPolicy, &[("name", "x")]));
        let arn = "arn:aws:s3:eu-west-1:1:accesspoint/x";
        assert_eq!(
            get("/v20180820/tags/arn%3Aaws%3As3:eu-west-1:1:accesspoint/x"),
            found(Op::ListTagsForResource, &[("resourceArn", arn)])
        );
        assert_eq!(
            get("/v20180820/mrap/instances/a/b/policy"),
            found(Op::GetMultiRegionAccessPointPolicy, &[("name", "a/b")])
        );
    }

    #[test]
    fn near_misses_are_none() {
        assert_eq!(routed(Method::GET, "/v20180820/accesspoint/"), Err(ErrorCode::InvalidURI));
        assert_eq!(routed(Method::GET, "/v20180820/nothing"), Err(ErrorCode::InvalidURI));
        assert_eq!(routed(Method::GET, "/v20180820/tags/"), Err(ErrorCode::InvalidURI));
        let block = "/v20180820/configuration/publicAccessBlock";
        assert_eq!(routed(Method::POST, block), Err(ErrorCode::MethodNotAllowed));
        assert_eq!(routed(Method::GET, "/v20180820/accesspoint/%zz"), Err(ErrorCode::InvalidURI));
    }

    #[test]
    fn every_operation_has_a_route_that_leads_to_it() {
        for op in Op::ALL {
            let route = ROUTES.iter().find(|route| route.op == op).unwrap();
            let path: String = route
                .segments
                .iter()
                .map(|segment| match segment {
                    Segment::Word(word) => format!("/{word}"),
                    Segment::Label(_) => "/x".to_owned(),
                    Segment::Rest(_) => "/x/y".to_owned(),
                })
                .collect();
            let method = Method::from_bytes(route.method.as_bytes()).unwrap();
            assert_eq!(routed(method, &path).map(|(op, _)| op), Ok(op), "{path}");
        }
    }
}
