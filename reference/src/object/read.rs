//! GetObject and HeadObject.

use std::ops::Range;
use std::rc::Rc;

use model::{StorageClass, Versioning};

use crate::condition::check_read;
use crate::operation::Read;
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

impl Reference {
    pub(crate) fn read_object(&mut self, asked: &Read, with_body: bool) -> Outcome {
        let (state, id, stored) = self.find(&asked.bucket, &asked.key, asked.version)?;
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
            body: with_body.then(|| stored.body.slice(start as usize..end as usize)),
        })))
    }

    /// The object that a read or a copy names.
    pub(crate) fn find(
        &mut self,
        bucket: &str,
        key: &str,
        version: Option<VersionName>,
    ) -> Result<(Versioning, Id, Rc<Stored>), Refusal> {
        let wanted = version.map(|name| self.id(name));
        let bucket = self.bucket(bucket)?;
        let state = bucket.versioning;
        let versions = bucket.keys.get(key);
        let found = match wanted {
            Some(id) => versions.and_then(|versions| versions.find(id)).ok_or("NoSuchVersion")?,
            None => versions.and_then(|versions| versions.newest()).ok_or("NoSuchKey")?,
        };
        let id = found.id;
        match found.object.clone() {
            Some(stored) => Ok((state, id, stored)),
            // Naming a delete marker is not allowed; meeting one is not finding the key.
            None => {
                let code = if wanted.is_some() { "MethodNotAllowed" } else { "NoSuchKey" };
                Err(Refusal { marker: Some(self.show(id)), ..Refusal::new(code) })
            }
        }
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
