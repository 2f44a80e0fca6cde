//! What stands under a key: its newest version, a version by id, the null version.

use api::{ErrorCode, S3Error};
use auth::Bucket;
use catalog::table::{BucketRow, CurrentRow, PointerRow, VersionRow, VersionState, space};
use catalog::{Fault, View};
use model::{ObjectKey, Ordinal, VersionId, Versioning};
use rules::precondition::Standing;

use crate::fault;

/// The newest version of a key.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) ordinal: Ordinal,
    pub(crate) null: bool,
    /// Its summary; `None` when it is a delete marker.
    pub(crate) current: Option<CurrentRow>,
}

/// A version with its place in the order.
pub(crate) struct Version {
    pub(crate) ordinal: Ordinal,
    pub(crate) row: VersionRow,
}

/// The bucket's record as it stands now; `None` when it is gone, be it that another one has its name.
pub(crate) fn bucket(view: &dyn View, bucket: &Bucket) -> Result<Option<BucketRow>, Fault> {
    let row = view.get(&space::bucket(&bucket.name))?.map(BucketRow::decode).transpose();
    Ok(row.map_err(fault::row)?.filter(|row| row.id == bucket.row.id))
}

pub(crate) fn head(view: &dyn View, bucket: &BucketRow, key: &ObjectKey) -> Result<Option<Head>, Fault> {
    if let Some(row) = view.get(&space::current(bucket.id, key))? {
        let current = CurrentRow::decode(row).map_err(fault::row)?;
        return Ok(Some(Head { ordinal: current.ordinal, null: current.null, current: Some(current) }));
    }
    // Only a bucket that was versioned once has delete markers.
    if bucket.versioning == Versioning::Unversioned {
        return Ok(None);
    }
    let Some(row) = view.get(&space::deleted(bucket.id, key))? else { return Ok(None) };
    let marker = PointerRow::decode(row).map_err(fault::row)?;
    Ok(Some(Head { ordinal: marker.ordinal, null: marker.null, current: None }))
}

/// The null version, wherever it stands.
pub(crate) fn null_ordinal(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    head: Option<&Head>,
) -> Result<Option<Ordinal>, Fault> {
    match head {
        None => Ok(None),
        Some(head) if head.null => Ok(Some(head.ordinal)),
        Some(_) => {
            let Some(row) = view.get(&space::null(bucket.id, key))? else { return Ok(None) };
            Ok(Some(PointerRow::decode(row).map_err(fault::row)?.ordinal))
        }
    }
}

pub(crate) fn version_at(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    ordinal: Ordinal,
) -> Result<Option<VersionRow>, Fault> {
    let row = view.get(&space::version(bucket.id, key, ordinal))?;
    row.map(|row| VersionRow::decode(row).map_err(fault::row)).transpose()
}

/// A version by its id; `None` when the key has no such version.
pub(crate) fn version_by_id(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    id: VersionId,
) -> Result<Option<Version>, Fault> {
    let ordinal = match id {
        VersionId::Id { ordinal, .. } => Some(ordinal),
        VersionId::Null => null_ordinal(view, bucket, key, head(view, bucket, key)?.as_ref())?,
    };
    let Some(ordinal) = ordinal else { return Ok(None) };
    let row = version_at(view, bucket, key, ordinal)?;
    Ok(row.filter(|row| row.version_id(ordinal) == id).map(|row| Version { ordinal, row }))
}

/// The object that a read asks for, or the error that S3 answers.
pub(crate) fn resolve(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    version_id: Option<&str>,
) -> Result<Version, S3Error> {
    let version = named_or_newest(view, bucket, key, version_id)?;
    match (version.row.state == VersionState::DeleteMarker, version_id) {
        (false, _) => Ok(version),
        (true, Some(_)) => Err(is_a_marker("GET", &version)),
        (true, None) => Err(no_such_key(key)
            .header("x-amz-delete-marker", "true")
            .header("x-amz-version-id", version.row.version_id(version.ordinal).to_string())),
    }
}

/// The object whose marks are asked for or changed: a delete marker has none, whether it is named or current.
pub(crate) fn resolve_marked(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    version_id: Option<&str>,
    method: &str,
) -> Result<Version, S3Error> {
    let version = named_or_newest(view, bucket, key, version_id)?;
    match version.row.state {
        VersionState::Object(_) => Ok(version),
        VersionState::DeleteMarker => Err(is_a_marker(method, &version)),
    }
}

/// As a request names it; `None` when there is none, for whatever reason.
pub(crate) fn standing_version(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    version_id: Option<&str>,
) -> Result<Option<Version>, S3Error> {
    match named_or_newest(view, bucket, key, version_id) {
        Ok(version) => Ok(Some(version)),
        Err(error) if error.code == ErrorCode::InternalError => Err(error),
        Err(_) => Ok(None),
    }
}

/// The version that a request names, else the newest; it may be a delete marker.
fn named_or_newest(
    view: &dyn View,
    bucket: &BucketRow,
    key: &ObjectKey,
    version_id: Option<&str>,
) -> Result<Version, S3Error> {
    if let Some(text) = version_id {
        let id = parse_version_id(bucket, text)?;
        let version = version_by_id(view, bucket, key, id).map_err(fault::catalog)?;
        return version.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchVersion).element("Key", key.as_str()).element("VersionId", text)
        });
    }
    let head = head(view, bucket, key).map_err(fault::catalog)?.ok_or_else(|| no_such_key(key))?;
    let row = version_at(view, bucket, key, head.ordinal).map_err(fault::catalog)?;
    let row = row.ok_or_else(|| {
        fault::catalog(Fault::corrupt("versions", "the version that its summary names is missing"))
    })?;
    Ok(Version { ordinal: head.ordinal, row })
}

fn no_such_key(key: &ObjectKey) -> S3Error {
    S3Error::from(ErrorCode::NoSuchKey).element("Key", key.as_str())
}

fn is_a_marker(method: &str, version: &Version) -> S3Error {
    S3Error::from(ErrorCode::MethodNotAllowed)
        .element("Method", method)
        .element("ResourceType", "DeleteMarker")
        .header("x-amz-delete-marker", "true")
        .header("x-amz-version-id", version.row.version_id(version.ordinal).to_string())
        .header("last-modified", version.row.modified.to_http_date())
        .header("allow", "DELETE")
}

/// In a bucket that never had versions only `null` is one.
pub(crate) fn parse_version_id(bucket: &BucketRow, text: &str) -> Result<VersionId, S3Error> {
    let message = if text.is_empty() {
        "Version id cannot be the empty string"
    } else {
        "Invalid version id specified"
    };
    VersionId::parse(text)
        .filter(|id| *id == VersionId::Null || bucket.versioning != Versioning::Unversioned)
        .ok_or_else(|| S3Error::invalid_argument("versionId", text, message))
}

/// Buckets that were never versioned show no version ids.
pub(crate) fn shown_version_id(bucket: &BucketRow, row: &VersionRow, ordinal: Ordinal) -> Option<String> {
    (bucket.versioning != Versioning::Unversioned).then(|| row.version_id(ordinal).to_string())
}

/// The answer to a write names the version that it made, unless that is the null version.
pub(crate) fn made_version_id(row: &VersionRow, ordinal: Ordinal) -> Option<String> {
    (!row.null).then(|| row.version_id(ordinal).to_string())
}

pub(crate) fn standing(current: &CurrentRow) -> Standing {
    Standing { etag: current.etag, modified: current.modified }
}
