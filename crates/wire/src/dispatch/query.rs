//! A request to IAM or STS: a form, read whole, told apart by its Action and Version, authenticated with its hash.

use api::{Arrival, ErrorCode, S3Error, Service, iam, sts};
use bytes::Bytes;
use http::Method;
use sigv4::PayloadMode;

use super::built;
use super::door::{Authenticated, Door};
use super::front::Incomer;
use super::refusal;
use super::serve::FormExchange;
use crate::body::{Opening, Pull, open, read_whole};
use crate::codec::query::Fields;
use crate::generated;
use crate::observe::{Deed, Ledger};
use crate::request::{Target, decode_query, header_pairs};
use crate::respond::Answer;
use crate::server::Limits;

/// An operation of one of the services with forms.
#[derive(Clone, Copy)]
enum FormOp {
    Iam(iam::Op),
    Sts(sts::Op),
}

/// `claimed`: the service that the signature is for, where there is one.
pub(super) async fn answer<H: built::House>(
    house: &H,
    target: &Target<'_>,
    claimed: Option<Service>,
    incomer: Incomer,
    limits: &Limits,
    ledger: &mut Ledger,
) -> Result<Answer, S3Error> {
    if let Some(service) = claimed {
        ledger.service = service;
    }
    let answered = exchange(house, target, claimed, incomer, limits, ledger).await;
    answered.map_err(
        |error| if ledger.service == Service::S3 { error } else { refusal::in_words_of_forms(error) },
    )
}

async fn exchange<H: built::House>(
    house: &H,
    target: &Target<'_>,
    claimed: Option<Service>,
    incomer: Incomer,
    limits: &Limits,
    ledger: &mut Ledger,
) -> Result<Answer, S3Error> {
    let Incomer { method, uri, headers, pull, .. } = incomer;
    let body = if method == Method::POST { read_body(pull, &headers, limits).await? } else { Bytes::new() };
    let fields = Fields::new(form_pairs(target.query, &body)?);
    let service = claimed.or_else(|| named(&fields));
    let Some(service) = service else { return Err(no_form(&method)) };
    ledger.service = service;
    if let Some(audit) = ledger.audit() {
        audit.form(fields.iter());
    }
    let op = operation(service, &fields)?;
    ledger.deed = match op {
        FormOp::Iam(op) => Deed::Iam(op),
        FormOp::Sts(op) => Deed::Sts(op),
    };
    let pairs = header_pairs(&uri, &headers)?;
    let view = sigv4::RequestView {
        method: method.as_str(),
        path: target.path,
        query: target.query,
        headers: &pairs,
    };
    let arrival = ledger.arrival(service, Some(digest::sha256(&body)));
    let authenticated = authenticate(house, &view, &arrival, op).await?;
    ledger.came_in(&authenticated.caller, authenticated.access_key);
    let (caller, id) = (authenticated.caller, ledger.id);
    match op {
        FormOp::Iam(op) => {
            let namespace = generated::iam::NAMESPACE;
            let exchange = FormExchange { caller, fields: &fields, namespace, id };
            built::iam::dispatch(house, op, exchange).await
        }
        FormOp::Sts(op) => {
            let namespace = generated::sts::NAMESPACE;
            let exchange = FormExchange { caller, fields: &fields, namespace, id };
            built::sts::dispatch(house, op, exchange).await
        }
    }
}

async fn authenticate<D: Door>(
    door: &D,
    view: &sigv4::RequestView<'_>,
    arrival: &Arrival,
    op: FormOp,
) -> Result<Authenticated<D::Caller>, S3Error> {
    let authenticated = door.authenticate(view, None, arrival).await?;
    if authenticated.access_key.is_none() && !is_open(op) {
        return Err(ErrorCode::MissingAuthenticationToken.into());
    }
    Ok(authenticated)
}

/// Operations whose input is the proof of who asks.
fn is_open(op: FormOp) -> bool {
    matches!(op, FormOp::Sts(sts::Op::AssumeRoleWithSAML | sts::Op::AssumeRoleWithWebIdentity))
}

/// All of it before anything else: the signature covers it, and it says what is asked for.
async fn read_body(pull: Pull, headers: &http::HeaderMap, limits: &Limits) -> Result<Bytes, S3Error> {
    let bytes_max = limits.query_bytes_max;
    let opening =
        Opening { headers, payload: PayloadMode::Unsigned, needs_length: false, bytes_max: u64::MAX };
    read_whole(open(pull, opening)?, bytes_max, headers).await
}

/// The query's fields and the body's: AWS reads both.
pub(crate) fn form_pairs(query: &str, body: &[u8]) -> Result<Vec<(String, String)>, S3Error> {
    let malformed = |_| S3Error::from(ErrorCode::MalformedQueryString);
    let body = std::str::from_utf8(body).map_err(|_| S3Error::from(ErrorCode::MalformedQueryString))?;
    let mut pairs = decode_query(body).map_err(malformed)?;
    pairs.extend(decode_query(query).map_err(malformed)?);
    Ok(pairs)
}

/// The service that an unsigned form means: each has one version.
fn named(fields: &Fields) -> Option<Service> {
    match fields.get("Version")? {
        generated::iam::VERSION => Some(Service::Iam),
        generated::sts::VERSION => Some(Service::Sts),
        _ => None,
    }
}

/// What S3 says to a request that has no operation.
fn no_form(method: &Method) -> S3Error {
    S3Error::from(ErrorCode::MethodNotAllowed)
        .element("Method", method.as_str())
        .element("ResourceType", "SERVICE")
        .header("Allow", "GET")
}

fn operation(service: Service, fields: &Fields) -> Result<FormOp, S3Error> {
    let Some(action) = fields.get("Action") else { return Err(ErrorCode::MissingAction.into()) };
    let version = fields.get("Version").unwrap_or("NO_VERSION_SPECIFIED");
    let found = match service {
        Service::Iam if version == generated::iam::VERSION => {
            iam::Op::ALL.into_iter().find(|op| op.name() == action).map(FormOp::Iam)
        }
        Service::Sts if version == generated::sts::VERSION => {
            sts::Op::ALL.into_iter().find(|op| op.name() == action).map(FormOp::Sts)
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let message = format!("Could not find operation {action} for version {version}");
        S3Error::with_message(ErrorCode::InvalidAction, message)
    })
}
