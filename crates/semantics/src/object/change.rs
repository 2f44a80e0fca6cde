//! Changes what may change of a version that stands: its marks. One commit, asked against the truth.

use api::{ErrorCode, S3Error};
use auth::Bucket;
use catalog::table::{Marks, VersionState, space};
use catalog::{Decision, Write};
use model::{AccountId, ObjectKey, Timestamp};

use crate::hall::{Hall, object_group};
use crate::state::Version;
use crate::{fault, state};

/// A version as its change meets it.
pub(crate) struct Standing<'a> {
    pub(super) marks: &'a mut Marks,
    pub(super) owner: AccountId,
    /// The catalog's time, which never runs backwards.
    pub(super) now: Timestamp,
}

impl Hall {
    /// `method` is the request's, for the refusal. Answers the version's id, where it is shown.
    pub(crate) async fn change_marks<F>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version_id: Option<&str>,
        method: &'static str,
        change: F,
    ) -> Result<Option<String>, S3Error>
    where
        F: Fn(&mut Standing<'_>) -> Result<(), S3Error> + Send + 'static,
    {
        let (group, key) = (object_group(bucket.row.id, key), key.clone());
        let bucket = bucket.clone();
        let version_id = version_id.map(str::to_owned);
        self.catalog()
            .commit(group, move |view, ordinal| {
                let Some(bucket) = state::bucket(view, &bucket)? else {
                    return Ok(Decision::Refuse(ErrorCode::NoSuchBucket.into()));
                };
                let mut version =
                    match state::resolve_marked(view, &bucket, &key, version_id.as_deref(), method) {
                        Ok(version) => version,
                        Err(refusal) => return Ok(Decision::Refuse(refusal)),
                    };
                let owner = version.row.owner;
                if let VersionState::Object(object) = &mut version.row.state {
                    let now = ordinal.timestamp();
                    let mut standing = Standing { marks: &mut object.marks, owner, now };
                    if let Err(refusal) = change(&mut standing) {
                        return Ok(Decision::Refuse(refusal));
                    }
                }
                let Version { ordinal, row } = version;
                let shown = state::shown_version_id(&bucket, &row, ordinal);
                let write = Write::put(space::version(bucket.id, &key, ordinal), row.encode());
                Ok(Decision::Write(vec![write], shown))
            })
            .await
            .map_err(fault::catalog)?
    }

    /// The marks of a version and its id, where that is shown.
    pub(crate) fn marks(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version_id: Option<&str>,
    ) -> Result<(Marks, Option<String>), S3Error> {
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let Version { ordinal, row } = state::resolve_marked(&view, &bucket.row, key, version_id, "GET")?;
        let shown = state::shown_version_id(&bucket.row, &row, ordinal);
        let object = row.object().ok_or(ErrorCode::NoSuchKey)?;
        Ok((object.marks.clone(), shown))
    }
}
