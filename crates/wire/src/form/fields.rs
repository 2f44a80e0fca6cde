//! A form's fields: found by name whatever their case, `${filename}` filled in, and as the headers that a PUT
//! of the same object would have.

use api::s3::Tagging;
use api::{ErrorCode, S3Error};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::codec::XmlReader;
use crate::request::encode_form_value;

/// Fields that are headers under another name.
const RENAMED: [(&str, &str); 1] = [("acl", "x-amz-acl")];
/// Fields that are headers under their own name; besides them, all `x-amz-*`.
const HEADERS: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
/// `x-amz-*` fields that prove the form and say nothing about the object.
const PROOFS: [&str; 6] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// Names in lower case, in the order of the form.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Fills in `${filename}` everywhere, which S3 does before it looks at the policy.
    pub fn new(mut fields: Vec<(String, String)>, filename: Option<&str>) -> Self {
        // Some browsers send the whole path.
        let filename = filename.unwrap_or_default();
        let last = filename.rsplit(['/', '\\']).next().unwrap_or_default();
        for (_, value) in &mut fields {
            if value.contains("${filename}") {
                *value = value.replace("${filename}", last);
            }
        }
        Self(fields)
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The first of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn key(&self) -> Result<&str, S3Error> {
        let key = self.get("key").filter(|key| !key.is_empty());
        key.ok_or_else(|| {
            S3Error::invalid_argument("key", "", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.")
        })
    }

    /// The object's headers.
    pub fn headers(&self) -> Result<HeaderMap, S3Error> {
        let mut headers = HeaderMap::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let renamed = RENAMED.iter().find(|(field, _)| field == name).map(|(_, header)| *header);
            let kept = HEADERS.contains(&name.as_str())
                || (name.starts_with("x-amz-") && !PROOFS.contains(&name.as_str()));
            let Some(name) = renamed.or(kept.then_some(name.as_str())) else { continue };
            let bad = |_| S3Error::invalid_argument(name, value, "A form field cannot be a header.");
            let header = HeaderName::try_from(name).map_err(|_| ErrorCode::MalformedPOSTRequest)?;
            headers.append(header, HeaderValue::from_bytes(value.as_bytes()).map_err(bad)?);
        }
        if let Some(document) = self.get("tagging") {
            headers.insert("x-amz-tagging", tagging(document)?);
        }
        Ok(headers)
    }
}

/// A form's tags are a document; as a header they are a query string.
fn tagging(document: &str) -> Result<HeaderValue, S3Error> {
    let tagging: Option<Tagging> = XmlReader::document(document.as_bytes(), "Tagging")?;
    let tags = tagging.ok_or(ErrorCode::MalformedXML)?.tag_set;
    let mut pairs = Vec::with_capacity(tags.len());
    for tag in tags {
        let (key, value) = tag.key.zip(tag.value).ok_or(ErrorCode::MalformedXML)?;
        pairs.push(format!("{}={}", encode_form_value(&key), encode_form_value(&value)));
    }
    HeaderValue::try_from(pairs.join("&")).map_err(|_| ErrorCode::MalformedXML.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(filename: Option<&str>) -> Fields {
        let pairs = [
            ("key", "user/${filename}"),
            ("acl", "private"),
            ("content-type", "text/plain"),
            ("x-amz-meta-from", "${filename}"),
            ("x-amz-signature", "secret"),
            ("policy", "e30="),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Fields::new(pairs.to_vec(), filename)
    }

    #[test]
    fn the_file_name_fills_every_field_without_its_folders() {
        for name in ["a.txt", "C:\\photos\\a.txt", "/home/u/a.txt"] {
            assert_eq!(fields(Some(name)).key().unwrap(), "user/a.txt");
        }
        assert_eq!(fields(None).key().unwrap(), "user/");
        assert_eq!(fields(Some("a")).headers().unwrap()["x-amz-meta-from"], "a");
    }

    #[test]
    fn only_what_describes_the_object_becomes_a_header() {
        let headers = fields(None).headers().unwrap();
        assert_eq!(headers.len(), 3);
        assert_eq!(
            (&headers["x-amz-acl"], &headers["content-type"]),
            (&"private".parse().unwrap(), &"text/plain".parse().unwrap())
        );
    }

    #[test]
    fn a_form_without_a_key_is_refused() {
        assert_eq!(Fields::new(Vec::new(), None).key().unwrap_err().code, ErrorCode::InvalidArgument);
    }
}
