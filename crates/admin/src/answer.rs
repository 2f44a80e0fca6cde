//! Answers of the admin API: JSON, or an error with a code and a message.

use api::Body;
use audit::{Subscription, TooMany};
use auth::AccountError;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde::Serialize;
use wire::AnswerBody;

/// An error body: `{"code": …, "message": …}`.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn no_such_path() -> Self {
        let message = "There is nothing here; /-/admin/v1/openapi.json lists what there is.";
        Self::new(StatusCode::NOT_FOUND, "NoSuchPath", message)
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let (status, code) = match &error {
            AccountError::NameTaken(_) => (StatusCode::CONFLICT, "AccountAlreadyExists"),
            AccountError::KeyTaken(_) => (StatusCode::CONFLICT, "AccessKeyAlreadyExists"),
            AccountError::Unknown(_) => (StatusCode::NOT_FOUND, "NoSuchAccount"),
            AccountError::NotEmpty(_) | AccountError::HasIdentities(_) => {
                (StatusCode::CONFLICT, "AccountNotEmpty")
            }
            AccountError::Root => (StatusCode::FORBIDDEN, "AccessDenied"),
            AccountError::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            AccountError::Catalog(_) | AccountError::Seal(_) => {
                tracing::error!(%error, "an account could not be read or written");
                let message = "The server failed; its log says why.";
                return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<TooMany> for Problem {
    fn from(full: TooMany) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", full.to_string())
    }
}

impl From<api::S3Error> for Problem {
    fn from(error: api::S3Error) -> Self {
        Self::new(StatusCode::FORBIDDEN, error.code.name(), error.message.into_owned())
    }
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<AnswerBody> {
    let text = serde_json::to_vec(value).unwrap_or_default();
    respond(status, Bytes::from(text))
}

pub(crate) fn problem(problem: &Problem) -> Response<AnswerBody> {
    json(problem.status, problem)
}

/// An answer without an end: JSON lines as they come.
pub(crate) async fn follow(subscription: Subscription) -> Result<Response<AnswerBody>, Problem> {
    let body = AnswerBody::stream(Body { length: None, source: Box::new(subscription) }).await?;
    let mut response = Response::new(body);
    let lines = header::HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, lines);
    Ok(response)
}

pub(crate) fn respond(status: StatusCode, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}
