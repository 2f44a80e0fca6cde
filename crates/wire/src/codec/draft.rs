//! A response in the making: status, headers and a whole body.

use api::{ErrorCode, S3Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::Timestamp;

use super::text::ToText;
use super::xml_out::{NAMESPACE, ToXml, XmlWriter};

/// An object's answer has about so many; a map that starts with room for them never grows.
const HEADERS_USUAL: usize = 16;

/// What an operation answers, but for the headers that every answer has and a body that streams.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseDraft {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// XML with its declaration, or a policy's JSON; empty when there is none.
    pub body: Vec<u8>,
    /// What the body's root declares.
    namespace: &'static str,
}

/// Of S3 Control's answers.
const CONTROL_NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

impl ResponseDraft {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(HEADERS_USUAL),
            body: Vec::new(),
            namespace: NAMESPACE,
        }
    }

    /// An answer of S3 Control.
    pub(crate) fn of_control(status: StatusCode) -> Self {
        Self { namespace: CONTROL_NAMESPACE, ..Self::new(status) }
    }

    pub(crate) fn header<T: ToText>(&mut self, name: &'static str, value: Option<&T>) -> Result<(), S3Error> {
        match value {
            Some(value) => self.put(HeaderName::from_static(name), &value.to_text()),
            None => Ok(()),
        }
    }

    /// The dates that S3 writes as ISO 8601 even in headers.
    pub(crate) fn header_iso(&mut self, name: &'static str, value: Option<Timestamp>) -> Result<(), S3Error> {
        self.header(name, value.map(Timestamp::to_iso8601).as_ref())
    }

    /// User metadata. A value that is not ASCII is written as one encoded word (RFC 2047), as S3 does.
    pub(crate) fn headers(&mut self, prefix: &str, values: &[(String, String)]) -> Result<(), S3Error> {
        for (short, value) in values {
            let name = HeaderName::try_from(format!("{prefix}{short}")).map_err(|_| unwritable(short))?;
            if value.is_ascii() {
                self.put(name, value)?;
            } else {
                self.put(name, &format!("=?UTF-8?B?{}?=", STANDARD.encode(value)))?;
            }
        }
        Ok(())
    }

    /// The body is this value under this root, in the service's namespace.
    pub(crate) fn xml<T: ToXml>(&mut self, root: &'static str, value: Option<&T>) {
        if let Some(value) = value {
            let mut writer = XmlWriter::document(root, self.namespace);
            value.write(root, &mut writer);
            self.finish(writer);
        }
    }

    /// The body is a root whose elements `fill` writes.
    pub(crate) fn xml_elements(&mut self, root: &'static str, fill: impl FnOnce(&mut XmlWriter)) {
        let mut writer = XmlWriter::document(root, self.namespace);
        writer.open(root);
        fill(&mut writer);
        writer.close(root);
        self.finish(writer);
    }

    pub(crate) fn json(&mut self, text: Option<&String>) {
        if let Some(text) = text {
            self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            self.body = text.clone().into_bytes();
        }
    }

    fn finish(&mut self, writer: XmlWriter) {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        self.body = writer.into_bytes();
    }

    fn put(&mut self, name: HeaderName, text: &str) -> Result<(), S3Error> {
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| unwritable(name.as_str()))?;
        self.headers.append(name, value);
        Ok(())
    }
}

/// Such a value was stored by no request of ours: header values cannot hold line breaks.
fn unwritable(name: &str) -> S3Error {
    S3Error::with_message(ErrorCode::InternalError, format!("The value of {name} cannot be a header"))
}
