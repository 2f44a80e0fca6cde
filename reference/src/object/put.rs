//! PutObject, and what every operation shares that makes a version.

use std::rc::Rc;

use model::{ObjectKey, Versioning};

use crate::body::etag;
use crate::condition::check_write;
use crate::operation::{Attributes, PutObject, WriteConditions};
use crate::store::Reference;
use crate::versions::{Id, Stored};
use crate::{Answer, Outcome, Refusal, VersionName};

const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";

impl Stored {
    /// An object put whole.
    pub fn whole(body: bytes::Bytes, attributes: &Attributes) -> Self {
        Self {
            etag: etag(&body),
            body,
            content_type: attributes.content_type.clone().unwrap_or_else(|| CONTENT_TYPE_DEFAULT.to_owned()),
            metadata: attributes.metadata.clone(),
            class: attributes.class.unwrap_or_default(),
            parts: Vec::new(),
        }
    }
}

pub fn check_key(key: &str) -> Result<(), Refusal> {
    ObjectKey::new(key).map(|_| ()).map_err(|_| "KeyTooLongError".into())
}

impl Reference {
    pub(crate) fn put_object(&mut self, asked: &PutObject) -> Outcome {
        check_key(&asked.key)?;
        let stored = Stored::whole(asked.body.bytes(), &asked.attributes);
        let etag = stored.etag.clone();
        let version = self.commit(&asked.bucket, &asked.key, &asked.conditions, stored)?;
        Ok(Answer::Put { etag, version: self.show_made(version) })
    }

    /// Makes the object the current one, if the conditions hold.
    pub(crate) fn commit(
        &mut self,
        bucket: &str,
        key: &str,
        conditions: &WriteConditions,
        stored: Stored,
    ) -> Result<Id, Refusal> {
        let minted = self.mint();
        let bucket = self.bucket_mut(bucket)?;
        let current = bucket.keys.get(key).and_then(|versions| versions.current());
        check_write(conditions, current.map(|current| current.etag.as_str()))?;
        let state = bucket.versioning;
        Ok(bucket.keys.entry(key.to_owned()).or_default().push(state, minted, Some(Rc::new(stored))))
    }

    /// An answer to a write names the version that it made, unless that is the null version.
    pub(crate) fn show_made(&mut self, id: Id) -> Option<VersionName> {
        match id {
            Id::Null => None,
            minted => Some(self.show(minted)),
        }
    }

    /// An answer to a read names the version wherever versioning was ever enabled, also the null one.
    pub(crate) fn show_read(&mut self, state: Versioning, id: Id) -> Option<VersionName> {
        (state != Versioning::Unversioned).then(|| self.show(id))
    }
}
