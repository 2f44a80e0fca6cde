//! Draws of operations on multipart uploads.

use crate::body::etag;
use crate::operation::{Complete, CopyPart, WriteConditions};
use crate::{Operation, UploadName};

use super::Sequence;

/// Bucket, key and name.
type Place = (String, String, UploadName);

impl Sequence {
    /// Mostly one in progress; else one that never was, or is over.
    fn upload(&mut self) -> Place {
        let buckets = self.reference.buckets.iter();
        let open: Vec<Place> = buckets
            .flat_map(|(bucket, state)| {
                state.uploads.keys().map(|(key, upload)| (bucket.clone(), key.clone(), *upload))
            })
            .collect();
        if !open.is_empty() && self.draw.chance(95) {
            return self.draw.pick(&open).clone();
        }
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let name = if self.draw.coin() { 0 } else { 1 + self.draw.below(5) as u32 };
        (bucket, key, UploadName(name))
    }

    /// Most requests about an upload that is not there would say the same.
    fn lacks_uploads(&mut self) -> bool {
        self.reference.buckets.values().all(|bucket| bucket.uploads.is_empty()) && self.draw.chance(75)
    }

    pub(super) fn create_upload(&mut self) -> Operation {
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let (attributes, marks) = (self.draw.attributes(), self.new_marks(&bucket, true));
        Operation::CreateMultipartUpload { bucket, key, attributes, marks }
    }

    pub(super) fn upload_part(&mut self) -> Operation {
        if self.lacks_uploads() {
            return self.create_upload();
        }
        let (bucket, key, upload) = self.upload();
        let large = self.large_parts && self.draw.chance(70);
        let known = self.reference.buckets.get(&bucket).is_some_and(|state| {
            // Only a part of an upload that is there may have a wrong number: one fault at a time.
            state.uploads.contains_key(&(key.clone(), upload))
        });
        let number = match self.draw.below(100) {
            0..90 => 1 + self.draw.below(4) as i32,
            90..94 => 10_000,
            94..97 if known => 10_001,
            97.. if known => 0,
            _ => 1,
        };
        Operation::UploadPart { bucket, key, upload, number, body: self.draw.part_body(large) }
    }

    pub(super) fn copy_part(&mut self) -> Operation {
        if self.lacks_uploads() {
            return self.create_upload();
        }
        let (bucket, key, upload) = self.upload();
        let mut source = self.source();
        source.conditions = Default::default();
        let range = match self.draw.below(10) {
            0..5 => None,
            5..8 => Some((0, 0)),
            8 => Some((1, 3)),
            _ => Some((0, 99_999_999)),
        };
        Operation::UploadPartCopy(CopyPart {
            source,
            range,
            bucket,
            key,
            upload,
            number: 1 + self.draw.below(4) as i32,
        })
    }

    pub(super) fn complete_upload(&mut self) -> Operation {
        if self.lacks_uploads() {
            return self.create_upload();
        }
        let (bucket, key, upload) = self.upload();
        let mut parts = self.parts_there(&bucket, &key, upload);
        let mut conditions = WriteConditions::default();
        match self.draw.below(100) {
            _ if parts.is_empty() => parts.push((1, etag(b""))),
            0..60 => {}
            60..70 => parts.truncate(1),
            70..76 => parts.reverse(),
            76..80 => parts.clear(),
            80..85 => parts[0].1 = etag(b"something else"),
            // Of one part no order or size can be wrong, so a failed condition is the only fault.
            _ => {
                parts.truncate(1);
                conditions = self.write_conditions(&bucket, &key);
            }
        }
        Operation::CompleteMultipartUpload(Complete { bucket, key, upload, parts, conditions })
    }

    fn parts_there(&self, bucket: &str, key: &str, upload: UploadName) -> Vec<(i32, String)> {
        let upload =
            self.reference.buckets.get(bucket).and_then(|state| state.uploads.get(&(key.to_owned(), upload)));
        upload.map(|upload| upload.etags()).unwrap_or_default()
    }

    /// As a client does that never saw the first answer.
    pub(super) fn complete_again(&mut self) -> Operation {
        if self.completed.is_empty() {
            return self.complete_upload();
        }
        let mut again = self.draw.pick(&self.completed).clone();
        again.conditions = WriteConditions::default();
        Operation::CompleteMultipartUpload(again)
    }

    pub(super) fn abort_upload(&mut self) -> Operation {
        if self.lacks_uploads() {
            return self.create_upload();
        }
        let (bucket, key, upload) = self.upload();
        Operation::AbortMultipartUpload { bucket, key, upload }
    }

    pub(super) fn list_parts(&mut self) -> Operation {
        if self.lacks_uploads() {
            return self.create_upload();
        }
        let (bucket, key, upload) = self.upload();
        let after = self.draw.chance(30).then(|| self.draw.below(5) as i32);
        let max = self.draw.coin().then(|| 1 + self.draw.below(3) as i32);
        Operation::ListParts { bucket, key, upload, after, max }
    }
}
