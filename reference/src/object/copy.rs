//! CopyObject, and the source that UploadPartCopy reads too.
//!
//! Of several faults the answer tells the first in this order: a bucket is missing, the request itself is wrong, the
//! source is missing or not as its conditions want it, the destination is not as its conditions want it.
//!
//! Source: AWS "CopyObject".

use crate::condition::check_source;
use crate::marks::Marks;
use crate::operation::{Attributes, Copy, Source};
use crate::store::Reference;
use crate::versions::Stored;
use crate::{Answer, Outcome, Refusal, VersionName};

use super::put::check_key;
use super::read::Found;

impl Reference {
    pub(crate) fn copy_object(&mut self, asked: &Copy) -> Outcome {
        check_key(&asked.key)?;
        self.bucket(&asked.bucket)?;
        self.bucket(&asked.source.bucket)?;
        if is_idle(asked) {
            return Err("InvalidRequest".into());
        }
        let source = self.source(&asked.source)?;
        self.check_marks(&asked.bucket, &asked.marks)?;
        let (shown, stored) = (source.shown(), source.stored);
        let tags = if asked.replace_tags { asked.marks.tags.clone() } else { source.marks.tags };
        // Object lock is never copied.
        let marks = Marks { tags, hold: asked.marks.hold };
        let copied = Stored::whole(stored.body.clone(), &self::attributes(asked, &stored));
        let etag = copied.etag.clone();
        let version = self.commit(&asked.bucket, &asked.key, &asked.conditions, copied, marks)?;
        let version = self.show_made(version);
        Ok(Answer::Copied { etag, version, source: shown.map(|id| self.show(id)) })
    }

    /// The object to copy from.
    pub(crate) fn source(&mut self, source: &Source) -> Result<Found, Refusal> {
        let found = self.find(&source.bucket, &source.key, source.version).map_err(|refusal| {
            match source.version {
                // A copy may not name a delete marker.
                Some(_) if refusal.code == "MethodNotAllowed" => "InvalidRequest".into(),
                _ => Refusal::new(&refusal.code),
            }
        })?;
        check_source(&source.conditions, &found.stored.etag)?;
        Ok(found)
    }
}

/// A copy of an object onto itself that changes nothing. One that names a version restores it, and is no such copy.
fn is_idle(asked: &Copy) -> bool {
    let source = &asked.source;
    let same = (&source.bucket, &source.key) == (&asked.bucket, &asked.key);
    let named: Option<VersionName> = source.version;
    same && named.is_none() && !asked.replace && asked.attributes.class.is_none()
}

/// The storage class is never copied; the rest is unless the client replaces it.
fn attributes(asked: &Copy, source: &Stored) -> Attributes {
    if asked.replace {
        return asked.attributes.clone();
    }
    Attributes {
        content_type: Some(source.content_type.clone()),
        metadata: source.metadata.clone(),
        class: asked.attributes.class,
    }
}
