//! PutObject, and what every operation shares that makes a version.

use std::rc::Rc;

use model::{ObjectKey, Versioning};

use crate::body::etag;
use crate::condition::check_write;
use crate::marks::{Hold, Marks};
use crate::operation::{Attributes, PutObject, WriteConditions};
use crate::store::Reference;
use crate::tagging::check_header;
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
        self.check_marks(&asked.bucket, &asked.marks)?;
        if asked.marks.hold != Hold::default() && !asked.proven {
            return Err("InvalidRequest".into());
        }
        let stored = Stored::whole(asked.body.bytes(), &asked.attributes);
        let etag = stored.etag.clone();
        let version =
            self.commit(&asked.bucket, &asked.key, &asked.conditions, stored, asked.marks.clone())?;
        Ok(Answer::Put { etag, version: self.show_made(version) })
    }

    /// Whether a client may ask for these.
    pub(crate) fn check_marks(&self, bucket: &str, marks: &Marks) -> Result<(), Refusal> {
        self.check_hold(bucket, marks.hold)?;
        check_header(&marks.tags)
    }

    /// Makes the object the current one, if the conditions hold.
    pub(crate) fn commit(
        &mut self,
        bucket: &str,
        key: &str,
        conditions: &WriteConditions,
        stored: Stored,
        mut marks: Marks,
    ) -> Result<Id, Refusal> {
        let (minted, now) = (self.mint(), self.now);
        let bucket = self.bucket_mut(bucket)?;
        let current = bucket.keys.get(key).and_then(|versions| versions.current());
        check_write(conditions, current.map(|current| current.etag.as_str()))?;
        let state = bucket.versioning;
        marks.hold = bucket.settle(marks.hold, now);
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        Ok(versions.push(state, minted, Some(Rc::new(stored)), marks))
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
