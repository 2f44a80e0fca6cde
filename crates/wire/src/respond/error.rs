//! Error bodies in the service's shape: Code, Message, what the error is about, RequestId, HostId.

use api::{ErrorCode, S3Error, Service};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::answer::{Answer, Signs};
use super::body::AnswerBody;
use super::ids::RequestId;
use super::status::{query_status, status};
use crate::generated;

/// What was asked for, as far as it was understood.
pub(crate) struct About<'a> {
    pub method: &'a Method,
    /// The path as sent.
    pub path: &'a str,
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    pub id: RequestId,
    /// In whose shape the error is told.
    pub service: Service,
}

pub(crate) fn error_answer(error: &S3Error, about: &About<'_>, signs: &Signs) -> Answer {
    let status = match about.service {
        Service::S3 | Service::S3Control => status(error.code),
        Service::Iam | Service::Sts => query_status(error.code),
    };
    let mut headers = HeaderMap::with_capacity(8);
    for (name, value) in &error.headers {
        // What no header may hold is left out; the body says it all.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    if status == StatusCode::NOT_MODIFIED {
        return Answer { status, headers, body: AnswerBody::empty() };
    }
    let kind = match about.service {
        Service::S3 | Service::S3Control => "application/xml",
        Service::Iam | Service::Sts => "text/xml",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if about.method == Method::HEAD {
        return Answer { status, headers, body: AnswerBody::empty() };
    }
    let text = match about.service {
        Service::S3 => error_xml(error, about, signs),
        Service::S3Control => control_error_xml(error, about, signs),
        Service::Iam => query_error_xml(error, status, about, generated::iam::NAMESPACE),
        Service::Sts => query_error_xml(error, status, about, generated::sts::NAMESPACE),
    };
    let body = AnswerBody::whole(text.into());
    Answer { status, headers, body }
}

fn error_xml(error: &S3Error, about: &About<'_>, signs: &Signs) -> String {
    let mut xml = String::with_capacity(512);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    push_element(&mut xml, "Code", error.code.name());
    push_element(&mut xml, "Message", &error.message);
    for (name, value) in &error.elements {
        push_element(&mut xml, name, value);
    }
    for (name, value) in implied(error.code, about) {
        if !error.elements.iter().any(|(known, _)| *known == name) {
            push_element(&mut xml, name, value);
        }
    }
    push_element(&mut xml, "RequestId", &about.id.to_string());
    push_element(&mut xml, "HostId", signs.host_id());
    xml.push_str("</Error>");
    xml
}

/// S3 Control wraps what S3 says, and adds nothing by itself.
fn control_error_xml(error: &S3Error, about: &About<'_>, signs: &Signs) -> String {
    let mut xml = String::with_capacity(512);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse><Error>");
    push_element(&mut xml, "Code", error.code.name());
    push_element(&mut xml, "Message", &error.message);
    for (name, value) in &error.elements {
        push_element(&mut xml, name, value);
    }
    xml.push_str("</Error>");
    push_element(&mut xml, "RequestId", &about.id.to_string());
    push_element(&mut xml, "HostId", signs.host_id());
    xml.push_str("</ErrorResponse>");
    xml
}

/// IAM and STS say whose fault it is, and nothing beside the message.
fn query_error_xml(error: &S3Error, status: StatusCode, about: &About<'_>, namespace: &str) -> String {
    let mut xml = String::with_capacity(512);
    xml.push_str(&format!("<ErrorResponse xmlns=\"{namespace}\">\n<Error>"));
    push_element(&mut xml, "Type", if status.is_server_error() { "Receiver" } else { "Sender" });
    push_element(&mut xml, "Code", error.code.name());
    push_element(&mut xml, "Message", &error.message);
    xml.push_str("</Error>\n");
    push_element(&mut xml, "RequestId", &about.id.to_string());
    xml.push_str("\n</ErrorResponse>\n");
    xml
}

/// What S3 adds by itself: the bucket or key that the code speaks of, else the resource.
fn implied<'a>(code: ErrorCode, about: &About<'a>) -> Vec<(&'static str, &'a str)> {
    let of = |name, value: Option<&'a str>| value.map(|value| (name, value)).into_iter().collect();
    match code {
        ErrorCode::NoSuchBucket
        | ErrorCode::BucketNotEmpty
        | ErrorCode::BucketAlreadyExists
        | ErrorCode::BucketAlreadyOwnedByYou
        | ErrorCode::InvalidBucketName => of("BucketName", about.bucket),
        ErrorCode::NoSuchKey | ErrorCode::NoSuchVersion => of("Key", about.key),
        ErrorCode::MethodNotAllowed => vec![
            ("Method", about.method.as_str()),
            (
                "ResourceType",
                match (about.bucket, about.key) {
                    (_, Some(_)) => "OBJECT",
                    (Some(_), None) => "BUCKET",
                    (None, None) => "SERVICE",
                },
            ),
        ],
        _ => vec![("Resource", about.path)],
    }
}

pub(crate) fn push_element(xml: &mut String, name: &str, value: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    push_escaped(xml, value);
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

/// XML 1.0 has no way to write most control characters; S3 writes character references all the same, and so
/// do we.
fn push_escaped(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(character),
            control if control.is_control() => xml.push_str(&format!("&#x{:X};", u32::from(control))),
            other => xml.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::super::ids::RequestIds;
    use super::*;

    fn xml(error: S3Error, bucket: Option<&str>, key: Option<&str>) -> String {
        let signs = Signs::new(1);
        let id = RequestIds::new(0).draw();
        let about = About { method: &Method::GET, path: "/b/k%26", bucket, key, id, service: Service::S3 };
        let tail = format!("<RequestId>{id}</RequestId><HostId>{}</HostId></Error>", signs.host_id());
        let xml = error_xml(&error, &about, &signs);
        let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>").unwrap();
        body.strip_suffix(&tail).unwrap().to_owned()
    }

    #[test]
    fn an_error_names_its_code_message_elements_and_ids_in_s3s_order() {
        let error = S3Error::invalid_argument("max-keys", "<x>", "Not & an integer");
        assert_eq!(
            xml(error, Some("b"), None),
            "<Code>InvalidArgument</Code><Message>Not &amp; an integer</Message>\
             <ArgumentName>max-keys</ArgumentName><ArgumentValue>&lt;x&gt;</ArgumentValue>\
             <Resource>/b/k%26</Resource>"
        );
    }

    #[test]
    fn bucket_and_key_are_named_once() {
        let missing = xml(ErrorCode::NoSuchKey.into(), Some("b"), Some("k&\u{1}"));
        assert!(missing.ends_with("<Key>k&amp;&#x1;</Key>"), "{missing}");
        let told = S3Error::from(ErrorCode::NoSuchBucket).element("BucketName", "other");
        let told = xml(told, Some("b"), None);
        assert!(told.ends_with("</Message><BucketName>other</BucketName>"), "{told}");
        let method = xml(ErrorCode::MethodNotAllowed.into(), Some("b"), None);
        assert!(method.ends_with("<Method>GET</Method><ResourceType>BUCKET</ResourceType>"), "{method}");
    }

    #[test]
    fn head_and_not_modified_have_no_body_but_their_headers() {
        let id = RequestIds::new(0).draw();
        let head =
            About { method: &Method::HEAD, path: "/b/k", bucket: None, key: None, id, service: Service::S3 };
        let error = S3Error::from(ErrorCode::NoSuchKey).header("x-amz-delete-marker", "true");
        let answer = error_answer(&error, &head, &Signs::new(1));
        assert!(answer.body.is_end_stream());
        assert_eq!(answer.headers["x-amz-delete-marker"], "true");
        let get = About { method: &Method::GET, ..head };
        assert!(error_answer(&ErrorCode::NotModified.into(), &get, &Signs::new(1)).body.is_end_stream());
        assert!(!error_answer(&ErrorCode::NoSuchKey.into(), &get, &Signs::new(1)).body.is_end_stream());
    }
}
