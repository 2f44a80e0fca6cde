//! One operation, from its request to its answer.

use std::any::Any;

use api::s3::{
    CompleteMultipartUpload, CompleteMultipartUploadOutput, DeleteObjects, PutBucketAcl, PutBucketPolicy,
    PutObjectAcl,
};
use api::{Body, ErrorCode, Operation as _, S3Error};
use bytes::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sigv4::PayloadMode;

use super::door::Handle;
use crate::body::{Opening, Pull, forget_framing, open, read_whole, require_digest};
use crate::codec::{Codec, FormCodec, RequestView, query};
use crate::path_routing::Labels;
use crate::request::encode_path;
use crate::respond::{Answer, AnswerBody, RequestId};
use crate::server::Limits;

/// A request that was routed and authenticated.
pub(super) struct Exchange<'a, C> {
    pub caller: C,
    /// The URL of this server as the client wrote it.
    pub base: String,
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    /// Of S3 Control's paths.
    pub labels: Labels,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub payload: PayloadMode,
    pub pull: Pull,
    pub limits: &'a Limits,
}

/// A form that was understood and authenticated.
pub(super) struct FormExchange<'a, C> {
    pub caller: C,
    pub fields: &'a query::Fields,
    /// Of the answer's root.
    pub namespace: &'static str,
    pub id: RequestId,
}

pub(super) async fn serve_form<O: FormCodec, H: Handle<O>>(
    house: &H,
    exchange: FormExchange<'_, H::Caller>,
) -> Result<Answer, S3Error> {
    let FormExchange { caller, fields, namespace, id } = exchange;
    let input = query::decode::<O>(fields)?;
    let (output, _) = house.handle(&caller, input, Body::empty()).await?;
    let text = query::encode::<O>(&output, namespace, &id.to_string());
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    Ok(Answer { status: StatusCode::OK, headers, body: AnswerBody::whole(text.into()) })
}

pub(super) async fn serve<O: Codec, H: Handle<O>>(
    house: &H,
    exchange: Exchange<'_, H::Caller>,
) -> Result<Answer, S3Error> {
    let Exchange { caller, base, bucket, key, labels, query, mut headers, payload, pull, limits } = exchange;
    let framed = payload.is_framed();
    let mut whole = Bytes::new();
    let mut body = Body::empty();
    if O::XML_IN || O::STREAMS_IN {
        let opening = Opening {
            headers: &headers,
            payload,
            needs_length: O::STREAMS_IN,
            bytes_max: if O::XML_IN { u64::MAX } else { limits.put_bytes_max },
        };
        body = open(pull, opening)?;
    }
    if O::XML_IN {
        let taken = std::mem::replace(&mut body, Body::empty());
        // A completion's checksums are of the object, not of the list of its parts.
        let digests = if O::NAME == CompleteMultipartUpload::NAME { &HeaderMap::new() } else { &headers };
        whole = read_whole(taken, limits.xml_bytes_max, digests).await?;
        if O::NAME == DeleteObjects::NAME {
            require_digest(&headers)?;
        }
    }
    forget_framing(&mut headers, framed);
    let view = RequestView { bucket, key, labels: &labels, query: &query, headers: &headers, body: &whole };
    let input = O::decode(&view).map_err(|error| in_its_words(O::NAME, error))?;
    let (mut output, streamed) = house.handle(&caller, input, body).await?;
    // A completion names its object's URL, and only this room knows the host.
    if let Some(completed) = (&mut output as &mut dyn Any).downcast_mut::<CompleteMultipartUploadOutput>() {
        completed.location = completed.location.take().map(|path| format!("{base}{}", encode_path(&path)));
    }
    let mut draft = O::encode(&output)?;
    if draft.headers.contains_key(CONTENT_RANGE) {
        draft.status = StatusCode::PARTIAL_CONTENT;
    }
    let streamed = match streamed {
        Some(body) => Some(AnswerBody::stream(body).await?),
        None => None,
    };
    Ok(Answer::of(draft, streamed))
}

/// What S3 says of a body that cannot be read depends on what it should have been.
fn in_its_words(operation: &str, error: S3Error) -> S3Error {
    let code = match (error.code, operation) {
        (ErrorCode::MalformedXML, PutBucketAcl::NAME | PutObjectAcl::NAME) => ErrorCode::MalformedACLError,
        (ErrorCode::MissingRequestBodyError | ErrorCode::InvalidRequest, PutBucketPolicy::NAME) => {
            ErrorCode::MalformedPolicy
        }
        _ => return error,
    };
    code.into()
}
