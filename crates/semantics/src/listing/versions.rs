//! ListObjectVersions: every version and delete marker, newest first under each key.

use api::s3::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersions, ListObjectVersionsInput, ListObjectVersionsOutput,
    ObjectVersion, Owner,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::Snapshot;
use catalog::table::{VersionRow, VersionState, space};
use model::{ObjectKey, VersionId};
use rules::listing::marker_is_common;

use super::Encoding;
use super::objects::refuse_attributes;
use super::walk::{Item, Walk, after_marker, page_size};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::{fault, people, state};

impl Handle<ListObjectVersions> for Hall {
    async fn handle(
        &self,
        request: Authorized<ListObjectVersions>,
        _body: Body,
    ) -> Result<(ListObjectVersionsOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        refuse_attributes(&input.optional_object_attributes)?;
        let encoding = Encoding::read(input.encoding_type.as_deref())?;
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let delimiter = input.delimiter.as_deref().unwrap_or_default();
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let walk = Walk {
            space: space::VERSIONS,
            bucket: bucket.row.id,
            prefix,
            delimiter,
            start: start_of(&view, bucket, input, prefix, delimiter)?,
            max: max_keys(input.max_keys)?,
        };
        let page = walk.page(&view).map_err(fault::catalog)?;
        let mut output = ListObjectVersionsOutput {
            is_truncated: Some(page.truncated),
            key_marker: Some(encoding.write(input.key_marker.as_deref().unwrap_or_default())),
            version_id_marker: Some(input.version_id_marker.clone().unwrap_or_default()),
            name: Some(input.bucket.clone()),
            prefix: Some(encoding.write(prefix)),
            delimiter: input.delimiter.as_deref().filter(|d| !d.is_empty()).map(|d| encoding.write(d)),
            max_keys: Some(input.max_keys.unwrap_or(1000).min(1000)),
            encoding_type: encoding.name(),
            ..Default::default()
        };
        // Whether a version is the latest of its key depends on the row before it, on this page or not.
        let mut previous: Option<String> = None;
        let mut last = (None, None);
        for item in page.items {
            match item {
                Item::Common(common) => {
                    output.common_prefixes.push(CommonPrefix { prefix: Some(encoding.write(&common)) });
                    last = (Some(common), None);
                }
                Item::Entry { key, suffix, row } => {
                    let row = VersionRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
                    let ordinal = space::version_ordinal(&suffix).ok_or(ErrorCode::InternalError)?;
                    let latest = match &previous {
                        Some(previous) => *previous != key,
                        None => is_latest(&view, bucket, &key, ordinal)?,
                    };
                    let id = row.version_id(ordinal).to_string();
                    let owner = self.owner(people::owner_in(&bucket.row, row.owner))?;
                    push(&mut output, encoding.write(&key), id.clone(), latest, &row, owner);
                    previous = Some(key.clone());
                    last = (Some(key), Some(id));
                }
            }
        }
        if page.truncated {
            output.next_key_marker = last.0.map(|key| encoding.write(&key));
            output.next_version_id_marker = last.1;
        }
        Ok((output, None))
    }
}

fn push(
    output: &mut ListObjectVersionsOutput,
    key: String,
    version_id: String,
    latest: bool,
    row: &VersionRow,
    owner: Owner,
) {
    match &row.state {
        VersionState::DeleteMarker => output.delete_markers.push(DeleteMarkerEntry {
            owner: Some(owner),
            key: Some(key),
            version_id: Some(version_id),
            is_latest: Some(latest),
            last_modified: Some(row.modified),
        }),
        VersionState::Object(object) => output.versions.push(ObjectVersion {
            e_tag: Some(object.etag.quoted()),
            checksum_algorithm: object.checksum.iter().map(|c| c.algorithm.name().to_owned()).collect(),
            checksum_type: object.checksum.as_ref().map(|c| c.kind.name().to_owned()),
            size: Some(object.size_bytes as i64),
            storage_class: Some(object.class.name().to_owned()),
            key: Some(key),
            version_id: Some(version_id),
            is_latest: Some(latest),
            last_modified: Some(row.modified),
            owner: Some(owner),
            restore_status: None,
        }),
    }
}

fn is_latest(view: &Snapshot, bucket: &Bucket, key: &str, ordinal: model::Ordinal) -> Result<bool, S3Error> {
    let key = ObjectKey::new(key).map_err(|_| ErrorCode::InternalError)?;
    let head = state::head(view, &bucket.row, &key).map_err(fault::catalog)?;
    Ok(head.is_some_and(|head| head.ordinal == ordinal))
}

/// The first row of the page: after the version that the markers name, or after all versions of the marker's key.
fn start_of(
    view: &Snapshot,
    bucket: &Bucket,
    input: &ListObjectVersionsInput,
    prefix: &str,
    delimiter: &str,
) -> Result<Vec<u8>, S3Error> {
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    let version_marker = input.version_id_marker.as_deref().filter(|marker| !marker.is_empty());
    match (key_marker, version_marker) {
        ("", None) => Ok(Vec::new()),
        ("", Some(marker)) => Err(S3Error::invalid_argument(
            "version-id-marker",
            marker,
            "A version-id marker cannot be specified without a key marker.",
        )),
        (key, None) => {
            let common = marker_is_common(key, prefix, delimiter);
            Ok(after_marker(space::VERSIONS, bucket.row.id, key, common))
        }
        (key, Some(marker)) => {
            let key = crate::attributes::object_key(key)?;
            let ordinal = match state::parse_version_id(&bucket.row, marker)? {
                VersionId::Id { ordinal, .. } => Some(ordinal),
                VersionId::Null => {
                    let head = state::head(view, &bucket.row, &key).map_err(fault::catalog)?;
                    state::null_ordinal(view, &bucket.row, &key, head.as_ref()).map_err(fault::catalog)?
                }
            };
            Ok(match ordinal {
                Some(ordinal) => space::end_of(&space::version(bucket.row.id, &key, ordinal)),
                None => after_marker(space::VERSIONS, bucket.row.id, key.as_str(), false),
            })
        }
    }
}

/// As the other listings, but for the words of the refusal.
fn max_keys(asked: Option<i32>) -> Result<usize, S3Error> {
    page_size("max-keys", asked).map_err(|_| {
        let asked = asked.unwrap_or_default().to_string();
        S3Error::invalid_argument("maxKeys", &asked, "max-keys cannot be negative")
    })
}
