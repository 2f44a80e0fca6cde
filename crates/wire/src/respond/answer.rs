//! An answer before it leaves, and the signs that every answer bears.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::body::AnswerBody;
use super::ids::RequestId;
use crate::codec::ResponseDraft;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");
const SERVER: HeaderValue = HeaderValue::from_static("Strongroom");

/// Status, headers and body of one answer.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: AnswerBody,
}

impl Answer {
    /// Of an operation that was done. `streamed` is its body when it has one beside the draft.
    pub fn of(draft: ResponseDraft, streamed: Option<AnswerBody>) -> Self {
        let ResponseDraft { status, headers, body, .. } = draft;
        let body = streamed.unwrap_or_else(|| AnswerBody::whole(body.into()));
        Self { status, headers, body }
    }
}

/// What a run of the server writes on each of its answers.
pub(crate) struct Signs {
    host_id: HeaderValue,
    host_id_text: String,
}

impl Signs {
    /// Clients hand the host id back to whoever runs the server; it only has to be recognisable.
    pub fn new(seed: u128) -> Self {
        let host_id_text = STANDARD.encode(digest::sha256(&seed.to_le_bytes()));
        let host_id = HeaderValue::from_str(&host_id_text);
        Self { host_id: host_id.unwrap_or(HeaderValue::from_static("strongroom")), host_id_text }
    }

    pub fn host_id(&self) -> &str {
        &self.host_id_text
    }

    /// Makes the answer a response. `close`: no other request can follow on this connection (HTTP/1.1).
    pub fn seal(&self, answer: Answer, id: RequestId, method: &Method, close: bool) -> Response<AnswerBody> {
        let Answer { status, mut headers, body } = answer;
        if let Ok(id) = HeaderValue::from_bytes(&id.to_hex()) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(ID_2, self.host_id.clone());
        headers.insert(header::SERVER, SERVER);
        if close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let body = if *method == Method::HEAD {
            AnswerBody::empty()
        } else {
            // The body knows its length, and hyper writes it.
            headers.remove(header::CONTENT_LENGTH);
            body
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}
