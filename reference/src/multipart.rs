//! Multipart uploads.
//!
//! Sources: AWS "Uploading and copying objects using multipart upload", "CompleteMultipartUpload", "UploadPartCopy".

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use crate::body::{etag_of_parts, hex, md5};
use crate::marks::Marks;
use crate::operation::{Attributes, Complete, CopyPart};
use crate::outcome;
use crate::store::{Bucket, Reference};
use crate::versions::{Id, Stored};
use crate::{Answer, Outcome, Refusal, UploadName};

const PART_NUMBER_MAX: i32 = 10_000;
const PART_BYTES_MIN: usize = 5 << 20;
const PAGE_MAX: i32 = 1000;

#[derive(Debug)]
pub struct Upload {
    attributes: Attributes,
    marks: Marks,
    parts: BTreeMap<i32, Part>,
}

#[derive(Clone, Debug)]
struct Part {
    body: Bytes,
    md5: [u8; 16],
}

/// What is remembered of an upload that became an object, so that completing it again answers the same.
#[derive(Debug)]
pub struct Completed {
    key: String,
    parts: Vec<(i32, String)>,
    id: Id,
    stored: Rc<Stored>,
}

impl Upload {
    /// The parts as a client lists them to complete the upload.
    pub fn etags(&self) -> Vec<(i32, String)> {
        self.parts.iter().map(|(number, part)| (*number, hex(&part.md5))).collect()
    }
}

impl Bucket {
    fn upload(&mut self, key: &str, name: UploadName) -> Result<&mut Upload, Refusal> {
        self.uploads.get_mut(&(key.to_owned(), name)).ok_or_else(|| "NoSuchUpload".into())
    }
}

impl Reference {
    pub(crate) fn create_upload(
        &mut self,
        bucket: &str,
        key: &str,
        attributes: &Attributes,
        marks: &Marks,
    ) -> Outcome {
        self.check_marks(bucket, marks)?;
        let name = self.start_upload();
        let upload = Upload { attributes: attributes.clone(), marks: marks.clone(), parts: BTreeMap::new() };
        self.bucket_mut(bucket)?.uploads.insert((key.to_owned(), name), upload);
        Ok(Answer::Started(name))
    }

    pub(crate) fn upload_part(
        &mut self,
        bucket: &str,
        key: &str,
        upload: UploadName,
        number: i32,
        body: Bytes,
    ) -> Outcome {
        check_number(number)?;
        let upload = self.bucket_mut(bucket)?.upload(key, upload)?;
        let part = Part { md5: md5(&body), body };
        let etag = hex(&part.md5);
        upload.parts.insert(number, part);
        Ok(Answer::Part { etag, source: None })
    }

    pub(crate) fn copy_part(&mut self, asked: &CopyPart) -> Outcome {
        check_number(asked.number)?;
        self.bucket(&asked.source.bucket)?;
        self.bucket_mut(&asked.bucket)?.upload(&asked.key, asked.upload)?;
        let source = self.source(&asked.source)?;
        let (shown, stored) = (source.shown(), source.stored);
        let size = stored.body.len() as u64;
        let bytes = match asked.range {
            None => stored.body.clone(),
            Some((first, last)) if first <= last && last < size => {
                stored.body.slice(first as usize..=last as usize)
            }
            Some((first, _)) if first >= size => return Err("InvalidRequest".into()),
            Some(_) => return Err("InvalidArgument".into()),
        };
        let answer = self.upload_part(&asked.bucket, &asked.key, asked.upload, asked.number, bytes)?;
        let source = shown.map(|id| self.show(id));
        match answer {
            Answer::Part { etag, .. } => Ok(Answer::Part { etag, source }),
            other => Ok(other),
        }
    }

    pub(crate) fn complete_upload(&mut self, asked: &Complete) -> Outcome {
        if let Some(done) = self.completed_before(asked)? {
            return Ok(done);
        }
        let upload = self.bucket_mut(&asked.bucket)?.upload(&asked.key, asked.upload)?;
        let parts = chosen(upload, &asked.parts)?;
        let (stored, marks) = (assemble(&upload.attributes, &parts), upload.marks.clone());
        let etag = stored.etag.clone();
        let id = self.commit(&asked.bucket, &asked.key, &asked.conditions, stored, marks)?;
        self.remember(asked, id)?;
        Ok(Answer::Put { etag, version: self.show_made(id) })
    }

    /// The answer given before, while the object that was made then is still the current one.
    fn completed_before(&mut self, asked: &Complete) -> Result<Option<Answer>, Refusal> {
        let bucket = self.bucket(&asked.bucket)?;
        let done = bucket.completed.get(&asked.upload);
        let done = done.filter(|done| done.key == asked.key && done.parts == asked.parts);
        let Some(done) = done else { return Ok(None) };
        let current = bucket.keys.get(&asked.key).and_then(|versions| versions.current());
        if !current.is_some_and(|current| Rc::ptr_eq(current, &done.stored)) {
            return Ok(None);
        }
        let (id, etag) = (done.id, done.stored.etag.clone());
        Ok(Some(Answer::Put { etag, version: self.show_made(id) }))
    }

    fn remember(&mut self, asked: &Complete, id: Id) -> Result<(), Refusal> {
        let bucket = self.bucket_mut(&asked.bucket)?;
        bucket.uploads.remove(&(asked.key.clone(), asked.upload));
        let current = bucket.keys.get(&asked.key).and_then(|versions| versions.current());
        if let Some(stored) = current.cloned() {
            let done = Completed { key: asked.key.clone(), parts: asked.parts.clone(), id, stored };
            bucket.completed.insert(asked.upload, done);
        }
        Ok(())
    }

    pub(crate) fn abort_upload(&mut self, bucket: &str, key: &str, upload: UploadName) -> Outcome {
        let removed = self.bucket_mut(bucket)?.uploads.remove(&(key.to_owned(), upload));
        removed.map(|_| Answer::Done).ok_or_else(|| "NoSuchUpload".into())
    }

    pub(crate) fn list_parts(
        &mut self,
        bucket: &str,
        key: &str,
        upload: UploadName,
        after: Option<i32>,
        max: Option<i32>,
    ) -> Outcome {
        let upload = self.bucket_mut(bucket)?.upload(key, upload)?;
        let max = match max {
            Some(max) if max < 0 => return Err("InvalidArgument".into()),
            max => max.unwrap_or(PAGE_MAX).min(PAGE_MAX) as usize,
        };
        let mut rest = upload.parts.range(after.unwrap_or(0) + 1..);
        let parts: Vec<outcome::Part> = rest
            .by_ref()
            .take(max)
            .map(|(number, part)| outcome::Part {
                number: *number,
                etag: hex(&part.md5),
                size: part.body.len() as u64,
            })
            .collect();
        let next = rest.next().and_then(|_| parts.last()).map(|last| last.number);
        Ok(Answer::Parts { parts, next })
    }
}

fn check_number(number: i32) -> Result<(), Refusal> {
    if (1..=PART_NUMBER_MAX).contains(&number) { Ok(()) } else { Err("InvalidArgument".into()) }
}

/// The parts that the client lists, if they are there, in order, and large enough.
fn chosen(upload: &Upload, listed: &[(i32, String)]) -> Result<Vec<Part>, Refusal> {
    if listed.is_empty() {
        return Err("MalformedXML".into());
    }
    if !listed.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return Err("InvalidPartOrder".into());
    }
    let mut parts = Vec::new();
    for (number, wanted) in listed {
        let part = upload.parts.get(number).filter(|part| hex(&part.md5) == *wanted).ok_or("InvalidPart")?;
        parts.push(part.clone());
    }
    if parts.iter().rev().skip(1).any(|part| part.body.len() < PART_BYTES_MIN) {
        return Err("EntityTooSmall".into());
    }
    Ok(parts)
}

fn assemble(attributes: &Attributes, parts: &[Part]) -> Stored {
    let digests: Vec<[u8; 16]> = parts.iter().map(|part| part.md5).collect();
    let body = parts.iter().map(|part| &part.body[..]).collect::<Vec<_>>().concat();
    Stored {
        etag: etag_of_parts(&digests),
        parts: parts.iter().map(|part| part.body.len() as u64).collect(),
        ..Stored::whole(body.into(), attributes)
    }
}
