//! DeleteObject and DeleteObjects.
//!
//! Sources: AWS "Deleting object versions", "How to perform conditional deletes".

use model::Versioning;

use crate::condition::check_delete;
use crate::operation::{Delete, DeleteEntry, Tags};
use crate::outcome::{DeleteError, Deleted};
use crate::store::Reference;
use crate::versions::Id;
use crate::{Answer, Outcome, Refusal, VersionName};

const ENTRIES_MAX: usize = 1000;

/// The delete marker that one delete made or removed.
type Marker = Option<Id>;

impl Reference {
    pub(crate) fn delete_object(&mut self, asked: &Delete) -> Outcome {
        let marker = self.delete(&asked.bucket, &asked.key, asked.version, asked.if_match.as_ref())?;
        // A version that the request named is echoed, whether it was there or not.
        let version = asked.version.or_else(|| marker.map(|id| self.show(id)));
        Ok(Answer::Deleted { marker: marker.is_some(), version: self.echo(version) })
    }

    pub(crate) fn delete_objects(&mut self, bucket: &str, quiet: bool, entries: &[DeleteEntry]) -> Outcome {
        self.bucket(bucket)?;
        if entries.is_empty() || entries.len() > ENTRIES_MAX {
            return Err("MalformedXML".into());
        }
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        // The request names versions by what was shown before it.
        let named: Vec<Option<VersionName>> = entries.iter().map(|entry| self.echo(entry.version)).collect();
        for (entry, version) in entries.iter().zip(named) {
            let tags = entry.etag.clone().map(|etag| Tags::These(vec![etag]));
            match self.delete(bucket, &entry.key, version, tags.as_ref()) {
                Ok(marker) if !quiet => {
                    let marker = marker.map(|id| self.show(id));
                    deleted.push(Deleted { key: entry.key.clone(), version, marker });
                }
                Ok(_) => {}
                Err(refusal) => {
                    errors.push(DeleteError { key: entry.key.clone(), version, code: refusal.code });
                }
            }
        }
        Ok(Answer::DeletedMany { deleted, errors })
    }

    /// A name that means no version is echoed as just that.
    fn echo(&self, version: Option<VersionName>) -> Option<VersionName> {
        version.map(|name| match self.id(name) {
            Id::Minted(0) => VersionName::Unknown,
            _ => name,
        })
    }

    fn delete(
        &mut self,
        bucket: &str,
        key: &str,
        version: Option<VersionName>,
        if_match: Option<&Tags>,
    ) -> Result<Marker, Refusal> {
        let wanted = version.map(|name| self.id(name));
        let minted = self.mint();
        let bucket = self.bucket_mut(bucket)?;
        let state = bucket.versioning;
        let current = bucket.keys.get(key).and_then(|versions| versions.current());
        check_delete(if_match, current.map(|current| current.etag.as_str()))?;
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        let marker = match (wanted, state) {
            (Some(id), _) => versions.remove(id).filter(|gone| gone.object.is_none()).map(|gone| gone.id),
            (None, Versioning::Unversioned) => {
                versions.remove(Id::Null);
                None
            }
            // A marker is made even for a key that never was.
            (None, Versioning::Enabled | Versioning::Suspended) => Some(versions.push(state, minted, None)),
        };
        if versions.is_empty() {
            bucket.keys.remove(key);
        }
        Ok(marker)
    }
}
