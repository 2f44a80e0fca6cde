//! A form upload, from its fields to its answer.

use api::s3::PutObject;
use api::{Body, ErrorCode, S3Error, Service};
use http::{HeaderValue, Method, header};

use super::built::House;
use super::door::{FormAdmission, FormView, Handle};
use super::front::{Incomer, base_of};
use crate::codec::{Codec as _, RequestView};
use crate::form::{self, Form, Stored, read_form, success_answer};
use crate::observe::Ledger;
use crate::request::{encode_path, header_pairs};
use crate::respond::Answer;
use crate::server::Limits;

/// A POST of a form; anything else on a bucket is an operation of S3's model.
pub(super) fn is_form(incomer: &Incomer) -> bool {
    incomer.method == Method::POST && form::boundary(&incomer.headers).is_some()
}

/// What S3 says to a POST on a bucket that is neither a form nor an operation.
pub(super) fn not_a_form() -> S3Error {
    let condition = "Bucket POST must be of the enclosure-type multipart/form-data";
    S3Error::from(ErrorCode::PreconditionFailed).element("Condition", condition)
}

pub(super) async fn upload<H: House>(
    house: &H,
    bucket: &str,
    incomer: Incomer,
    limits: &Limits,
    ledger: &mut Ledger,
) -> Result<Answer, S3Error> {
    let arrival = ledger.arrival(Service::S3, None);
    let Incomer { uri, headers: outer, pull, secure, .. } = incomer;
    let boundary = form::boundary(&outer).unwrap_or_else(|| Ok(String::new()))?;
    let Form { fields, content_type, mut file } =
        read_form(pull, &boundary, limits.form_fields_bytes_max).await?;
    let key = fields.key()?;
    if ledger.is_logged() {
        ledger.key = Some(key.to_owned());
    }
    let pairs = fields.pairs();
    if let Some(audit) = ledger.audit() {
        audit.upload(&pairs);
    }
    let head = header_pairs(&uri, &outer)?;
    let view = FormView { bucket, key, fields: &pairs, headers: &head };
    let FormAdmission { caller, access_key, length } = house.authenticate_form(&view, &arrival).await?;
    ledger.came_in(&caller, access_key);
    file.bound(*length.start()..=*length.end().min(&limits.put_bytes_max));
    let mut headers = fields.headers()?;
    if let Some(content_type) = content_type.and_then(|text| HeaderValue::try_from(text).ok())
        && !headers.contains_key(header::CONTENT_TYPE)
    {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let view = RequestView {
        bucket: Some(bucket),
        key: Some(key),
        labels: &[],
        query: &[],
        headers: &headers,
        body: &[],
    };
    let input = PutObject::decode(&view)?;
    let body = Body { length: None, source: Box::new(file) };
    let (output, _) = Handle::<PutObject>::handle(house, &caller, input, body).await?;
    let draft = PutObject::encode(&output)?;
    let etag = output.e_tag.unwrap_or_default();
    let base = format!("{}{}", base_of(secure, &uri, &outer), uri.path());
    let location = format!("{}/{}", base.trim_end_matches('/'), encode_path(key));
    let stored = Stored { bucket, key, etag: &etag, location };
    Ok(success_answer(&fields, &stored, draft.headers))
}
