//! What clients say about objects: read from inputs, checked against S3's limits.

use api::{ErrorCode, S3Error};
use catalog::table::Attributes;
use model::limits::USER_METADATA_BYTES_MAX;
use model::{KeyError, ObjectKey, StorageClass};

/// The attribute members that PutObject, CopyObject and CreateMultipartUpload share.
macro_rules! attributes_of {
    ($input:expr) => {
        catalog::table::Attributes {
            content_type: $input.content_type.clone(),
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $crate::attributes::stored_encoding($input.content_encoding.as_deref()),
            content_language: $input.content_language.clone(),
            expires: $input.expires.clone(),
            website_redirect: $input.website_redirect_location.clone(),
            metadata: $input.metadata.clone(),
        }
    };
}

pub(crate) use attributes_of;

pub(crate) fn object_key(key: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::new(key).map_err(|error| match error {
        KeyError::TooLong { bytes } => S3Error::from(ErrorCode::KeyTooLongError)
            .element("Size", bytes.to_string())
            .element("MaxSizeAllowed", model::limits::KEY_BYTES_MAX.to_string()),
        KeyError::Empty => S3Error::invalid_argument("Key", "", "Object key must not be empty"),
    })
}

pub(crate) fn check(attributes: &Attributes) -> Result<(), S3Error> {
    let size: usize = attributes.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > USER_METADATA_BYTES_MAX {
        return Err(S3Error::from(ErrorCode::MetadataTooLarge)
            .element("Size", size.to_string())
            .element("MaxSizeAllowed", USER_METADATA_BYTES_MAX.to_string()));
    }
    match attributes.website_redirect.as_deref() {
        Some(target) if !["/", "http://", "https://"].iter().any(|start| target.starts_with(start)) => {
            Err(S3Error::with_message(
                ErrorCode::InvalidRedirectLocation,
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
            ))
        }
        _ => Ok(()),
    }
}

/// As it was sent, but for `aws-chunked`, which is about the transfer and not about the object.
pub(crate) fn stored_encoding(sent: Option<&str>) -> Option<String> {
    let sent = sent?;
    let codings: Vec<&str> = sent.split(',').map(str::trim).collect();
    let kept: Vec<&str> =
        codings.iter().copied().filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked")).collect();
    if kept.len() == codings.len() {
        return Some(sent.to_owned());
    }
    (!kept.is_empty()).then(|| kept.join(","))
}

/// Every class is kept with the object and shown again. Those whose objects must be restored before they are read
/// wait for their issue.
pub(crate) fn storage_class(name: Option<&str>) -> Result<StorageClass, S3Error> {
    match name.map(StorageClass::parse) {
        None => Ok(StorageClass::Standard),
        Some(Some(StorageClass::Glacier | StorageClass::DeepArchive)) => {
            Err(S3Error::not_implemented("x-amz-storage-class"))
        }
        Some(Some(class)) => Ok(class),
        Some(None) => Err(S3Error::from(ErrorCode::InvalidStorageClass)
            .element("StorageClassRequested", name.unwrap_or_default())),
    }
}

/// The standard class is not shown in headers.
pub(crate) fn shown_class(class: StorageClass) -> Option<String> {
    (class != StorageClass::Standard).then(|| class.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_chunked_is_not_stored() {
        assert_eq!(stored_encoding(Some("aws-chunked")), None);
        assert_eq!(stored_encoding(Some("gzip, aws-chunked")), Some("gzip".into()));
        assert_eq!(stored_encoding(Some("gzip")), Some("gzip".into()));
        assert_eq!(stored_encoding(None), None);
    }

    #[test]
    fn metadata_over_two_kib_is_refused() {
        let with = |len: usize| Attributes {
            metadata: vec![("name".into(), "v".repeat(len))],
            ..Attributes::default()
        };
        assert!(check(&with(2044)).is_ok());
        assert_eq!(check(&with(2045)).map_err(|e| e.code), Err(ErrorCode::MetadataTooLarge));
    }
}
