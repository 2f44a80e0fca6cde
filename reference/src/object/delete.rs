//! DeleteObject and DeleteObjects.
//!
//! Sources: AWS "Deleting object versions", "How to perform conditional deletes", "Managing Object Lock".

use model::Versioning;

use crate::condition::check_delete;
use crate::marks::Marks;
use crate::operation::{Delete, DeleteMany, Tags};
use crate::outcome::{DeleteError, Deleted};
use crate::store::Reference;
use crate::versions::Id;
use crate::{Answer, Outcome, Refusal, VersionName};

const ENTRIES_MAX: usize = 1000;

/// The delete marker that one delete made or removed.
type Marker = Option<Id>;

impl Reference {
    pub(crate) fn delete_object(&mut self, asked: &Delete) -> Outcome {
        self.check_bypass(&asked.bucket, asked.bypass)?;
        self.check_version(&asked.bucket, asked.version)?;
        if asked.version.is_some() && asked.if_match.is_some() {
            return Err("NotImplemented".into());
        }
        let marker = self.delete(asked)?;
        // A version that the request named is echoed, whether it was there or not.
        let version = asked.version.or_else(|| marker.map(|id| self.show(id)));
        Ok(Answer::Deleted { marker: marker.is_some(), version: self.echo(version) })
    }

    pub(crate) fn delete_objects(&mut self, asked: &DeleteMany) -> Outcome {
        let entries = &asked.entries;
        self.bucket(&asked.bucket)?;
        if entries.is_empty() || entries.len() > ENTRIES_MAX {
            return Err("MalformedXML".into());
        }
        self.check_bypass(&asked.bucket, asked.bypass)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        // The request names versions by what was shown before it.
        let named: Vec<Option<VersionName>> = entries.iter().map(|entry| self.echo(entry.version)).collect();
        for (entry, version) in entries.iter().zip(named) {
            let delete = Delete {
                bucket: asked.bucket.clone(),
                key: entry.key.clone(),
                version,
                if_match: entry.etag.clone().map(|etag| Tags::These(vec![etag])),
                bypass: asked.bypass,
            };
            let named = self.check_version(&asked.bucket, version).map_err(|_| "NoSuchVersion".into());
            match named.and_then(|()| self.delete(&delete)) {
                Ok(marker) if !asked.quiet => {
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

    /// Where there is no object lock there is nothing to bypass.
    fn check_bypass(&self, bucket: &str, bypass: bool) -> Result<(), Refusal> {
        let locked = self.bucket(bucket)?.lock.is_some();
        if bypass && !locked { Err("InvalidArgument".into()) } else { Ok(()) }
    }

    /// A name that means no version is echoed as just that.
    fn echo(&self, version: Option<VersionName>) -> Option<VersionName> {
        version.map(|name| match self.id(name) {
            Id::Minted(0) => VersionName::Unknown,
            _ => name,
        })
    }

    fn delete(&mut self, asked: &Delete) -> Result<Marker, Refusal> {
        let key = &asked.key;
        let wanted = asked.version.map(|name| self.id(name));
        let minted = self.mint();
        let versions = self.bucket(&asked.bucket)?.keys.get(key);
        let current = versions.and_then(|versions| versions.current());
        check_delete(asked.if_match.as_ref(), current.map(|current| current.etag.as_str()))?;
        if let Some(doomed) = wanted.and_then(|id| versions?.find(id)) {
            self.check_removal(doomed.marks.hold, asked.bypass)?;
        }
        let bucket = self.bucket_mut(&asked.bucket)?;
        let state = bucket.versioning;
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        let marker = match (wanted, state) {
            (Some(id), _) => versions.remove(id).filter(|gone| gone.object.is_none()).map(|gone| gone.id),
            (None, Versioning::Unversioned) => {
                versions.remove(Id::Null);
                None
            }
            // A marker is made even for a key that never was.
            (None, Versioning::Enabled | Versioning::Suspended) => {
                Some(versions.push(state, minted, None, Marks::default()))
            }
        };
        if versions.is_empty() {
            bucket.keys.remove(key);
        }
        Ok(marker)
    }
}
