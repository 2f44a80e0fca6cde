//! Annotations: named texts beside a version, each in a row of its own, which go with the version.
//!
//! Rows and chunks hang on the version's salt: a renamed version keeps its annotations where they are, and a copy can
//! land them before its version has an ordinal.

mod copy;
mod delete;
mod get;
mod list;
mod put;

use api::{ErrorCode, S3Error};
use bytes::Bytes;
use catalog::View;
use catalog::table::{AnnotationRow, BucketRow, ObjectRow, VersionState};
use model::limits::ANNOTATION_NAME_BYTES_MAX;
use model::{AnnotationName, AnnotationNameError, ObjectKey};
use rules::precondition::{self, WriteChoice};

use crate::state::{self, Version};
use crate::{attributes, fault};

pub(crate) use copy::Annotated;
pub(in crate::object) use copy::excludes;

/// Longer payloads lie in the store. A copy names a thousand annotations in one commit: at this size they fill a third
/// of what a plan may hold, and a listing reads past 4 MiB of them at most.
const INLINE_BYTES_MAX: usize = 4096;

/// What a change is about, and its condition.
#[derive(Clone)]
struct Aim {
    key: ObjectKey,
    version_id: Option<String>,
    name: AnnotationName,
    object_if_match: Option<String>,
}

impl Aim {
    fn read(
        key: &str,
        version_id: Option<&str>,
        name: Option<&str>,
        object_if_match: Option<&str>,
    ) -> Result<Self, S3Error> {
        Ok(Self {
            key: attributes::object_key(key)?,
            version_id: version_id.map(str::to_owned),
            name: parse_name(name)?,
            object_if_match: object_if_match.map(str::to_owned),
        })
    }

    /// The version as it stands, if the condition holds.
    fn version(&self, view: &dyn View, bucket: &BucketRow) -> Result<Version, S3Error> {
        let version = state::resolve(view, bucket, &self.key, self.version_id.as_deref())?;
        let etag = version.row.object().map(|object| object.etag);
        match precondition::choose_write(self.object_if_match.as_deref(), None, etag) {
            WriteChoice::Proceed => Ok(version),
            _ => {
                Err(S3Error::from(ErrorCode::PreconditionFailed)
                    .element("Condition", "x-amz-object-if-match"))
            }
        }
    }
}

fn parse_name(name: Option<&str>) -> Result<AnnotationName, S3Error> {
    let name = name.unwrap_or_default();
    AnnotationName::new(name).map_err(|error| match error {
        AnnotationNameError::TooLong { bytes } => S3Error::from(ErrorCode::AnnotationNameTooLong)
            .element("Size", bytes.to_string())
            .element("MaxSizeAllowed", ANNOTATION_NAME_BYTES_MAX.to_string()),
        _ => S3Error::from(ErrorCode::InvalidAnnotationName).element("AnnotationName", name),
    })
}

fn decode(row: Bytes) -> Result<AnnotationRow, catalog::Fault> {
    AnnotationRow::decode(row).map_err(fault::row)
}

/// The object that a resolved version is.
fn object(version: &mut Version) -> Result<&mut ObjectRow, S3Error> {
    match &mut version.row.state {
        VersionState::Object(object) => Ok(object),
        VersionState::DeleteMarker => Err(ErrorCode::NoSuchKey.into()),
    }
}
