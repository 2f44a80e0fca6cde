//! GetObject and HeadObject.

use std::ops::Range;
use std::rc::Rc;

use model::{StorageClass, Versioning};

use crate::condition::check_read;
use crate::marks::Marks;
use crate::operation::{At, Read};
use crate::outcome::Object;
use crate::range;
use crate::store::Reference;
use crate::versions::{Id, Stored};
use crate::{Answer, Outcome, Refusal, VersionName};

/// What a read answers with.
struct Slice {
    /// Of the whole object, end exclusive.
    span: Range<u64>,
    /// Whether the answer is a 206 with a Content-Range.
    partial: bool,
    parts_count: Option<i32>,
}

/// The object that a request names.
pub struct Found {
    pub state: Versioning,
    pub id: Id,
    pub stored: Rc<Stored>,
    pub marks: Marks,
}

/// Why there is none.
pub enum Unfound {
    Refused(Refusal),
    /// A delete marker is in the way.
    Marker(Id, &'static str),
}

impl From<Refusal> for Unfound {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<&str> for Unfound {
    fn from(code: &str) -> Self {
        Self::Refused(code.into())
    }
}

impl Found {
    /// Its id, where a copy tells it.
    pub fn shown(&self) -> Option<Id> {
        (self.state != Versioning::Unversioned).then_some(self.id)
    }
}

impl Reference {
    pub(crate) fn read_object(&mut self, asked: &Read, with_body: bool) -> Outcome {
        let Found { state, id, stored, marks } = self.find(&asked.bucket, &asked.key, asked.version)?;
        check_read(&asked.conditions, &stored.etag)?;
        let slice = slice(asked, &stored)?;
        let Range { start, end } = slice.span;
        Ok(Answer::Object(Box::new(Object {
            etag: stored.etag.clone(),
            version: self.show_read(state, id),
            content_type: stored.content_type.clone(),
            metadata: stored.metadata.clone(),
            class: (stored.class != StorageClass::Standard).then_some(stored.class),
            len: end - start,
            range: (slice.partial && end > start).then(|| (start, end - 1)),
            parts_count: slice.parts_count,
            tag_count: (!marks.tags.is_empty()).then_some(marks.tags.len() as i32),
            hold: marks.hold,
            body: with_body.then(|| stored.body.slice(start as usize..end as usize)),
        })))
    }

    /// The object that a read or a copy names.
    pub(crate) fn find(
        &mut self,
        bucket: &str,
        key: &str,
        version: Option<VersionName>,
    ) -> Result<Found, Refusal> {
        self.look(bucket, key, version).map_err(|unfound| match unfound {
            Unfound::Refused(refusal) => refusal,
            Unfound::Marker(id, code) => Refusal { marker: Some(self.show(id)), ..Refusal::new(code) },
        })
    }

    /// As `find`, but it shows no id.
    pub(crate) fn look(
        &self,
        bucket: &str,
        key: &str,
        version: Option<VersionName>,
    ) -> Result<Found, Unfound> {
        self.check_version(bucket, version)?;
        let wanted = version.map(|name| self.id(name));
        let bucket = self.bucket(bucket)?;
        let state = bucket.versioning;
        let versions = bucket.keys.get(key);
        let found = match wanted {
            Some(id) => versions.and_then(|versions| versions.find(id)).ok_or("NoSuchVersion")?,
            None => versions.and_then(|versions| versions.newest()).ok_or("NoSuchKey")?,
        };
        let (id, marks) = (found.id, found.marks.clone());
        match found.object.clone() {
            Some(stored) => Ok(Found { state, id, stored, marks }),
            // Naming a delete marker is not allowed; meeting one is not finding the key.
            None if wanted.is_some() => Err(Unfound::Marker(id, "MethodNotAllowed")),
            None => Err(Unfound::Marker(id, "NoSuchKey")),
        }
    }
}

impl Reference {
    /// What may change of a version, and its id where that is shown. A delete marker has nothing of the sort, be it
    /// named or met.
    pub(crate) fn marks_mut(&mut self, at: &At) -> Result<(&mut Marks, Option<VersionName>), Refusal> {
        let found = self.look(&at.bucket, &at.key, at.version).map_err(|unfound| match unfound {
            Unfound::Refused(refusal) => refusal,
            Unfound::Marker(id, _) => {
                Refusal { marker: Some(self.show(id)), ..Refusal::new("MethodNotAllowed") }
            }
        })?;
        let shown = self.show_read(found.state, found.id);
        let versions = self.bucket_mut(&at.bucket)?.keys.get_mut(&at.key).ok_or("NoSuchKey")?;
        let version = versions.find_mut(found.id).ok_or("NoSuchVersion")?;
        Ok((&mut version.marks, shown))
    }
}

fn slice(asked: &Read, stored: &Stored) -> Result<Slice, Refusal> {
    let size = stored.body.len() as u64;
    let whole = Slice { span: 0..size, partial: false, parts_count: None };
    match (&asked.range, asked.part_number) {
        (Some(_), Some(_)) => Err("InvalidRequest".into()),
        (Some(range), None) => Ok(match range::choose(range, size)? {
            Some((first, last)) => Slice { span: first..last + 1, partial: true, parts_count: None },
            None => whole,
        }),
        (None, Some(number)) => part(number, stored),
        (None, None) => Ok(whole),
    }
}

/// An object that was put whole is its own only part.
fn part(number: i32, stored: &Stored) -> Result<Slice, Refusal> {
    let whole = [stored.body.len() as u64];
    let (sizes, parts_count) = match stored.parts.len() {
        0 => (&whole[..], None),
        count => (&stored.parts[..], Some(count as i32)),
    };
    let at = usize::try_from(number - 1).map_err(|_| "InvalidArgument")?;
    let size = sizes.get(at).ok_or("InvalidPartNumber")?;
    let start: u64 = sizes[..at].iter().sum();
    Ok(Slice { span: start..start + size, partial: true, parts_count })
}
