//! Random sequences of operations that mean something: they are drawn beside a reference, so that they mostly speak
//! of keys, versions, tags and uploads that are there.
//!
//! No operation is drawn that has two faults at once: which of them S3 reports first is nobody's contract.

mod continuation;
mod draw;
mod listing;
mod marks;
mod multipart;
mod objects;

use crate::{Operation, Outcome, Reference};

use self::draw::Draw;

/// Draws operations without end; the same seed draws the same.
pub struct Sequence {
    draw: Draw,
    reference: Reference,
    /// Parts of 5 MiB cost time, so only few sequences have them; so do bodies of more than one chunk.
    large_parts: bool,
    large_bodies: bool,
    drawn: u32,
    last: Option<(Operation, Outcome)>,
    /// Uploads that became objects, as they were completed.
    completed: Vec<crate::operation::Complete>,
}

type Drawer = fn(&mut Sequence) -> Operation;

/// How often each sort of operation is drawn.
const WEIGHTS: [(u64, Drawer); 32] = [
    (20, Sequence::put_object),
    (10, Sequence::get_object),
    (4, Sequence::head_object),
    (9, Sequence::delete_object),
    (4, Sequence::delete_objects),
    (9, Sequence::copy_object),
    (5, Sequence::list_objects),
    (6, Sequence::list_objects_v2),
    (7, Sequence::list_versions),
    (4, Sequence::create_upload),
    (9, Sequence::upload_part),
    (2, Sequence::copy_part),
    (5, Sequence::complete_upload),
    (1, Sequence::complete_again),
    (1, Sequence::abort_upload),
    (2, Sequence::list_parts),
    (3, Sequence::list_uploads),
    (5, Sequence::put_versioning),
    (1, Sequence::get_versioning),
    (2, Sequence::create_bucket),
    (2, Sequence::delete_bucket),
    (2, Sequence::list_buckets),
    (7, Sequence::wait),
    (4, Sequence::put_tagging),
    (3, Sequence::get_tagging),
    (3, Sequence::bucket_tagging),
    (3, Sequence::put_lock),
    (1, Sequence::get_lock),
    (7, Sequence::put_retention),
    (2, Sequence::get_retention),
    (4, Sequence::legal_hold),
    (3, Sequence::get_attributes),
];

const LARGE_PARTS_PERMILLE: u64 = 20;
const LARGE_BODIES_PERCENT: u64 = 8;

impl Sequence {
    pub fn new(seed: u64) -> Self {
        let draw = Draw::new(seed);
        Self {
            large_parts: draw.below(1000) < LARGE_PARTS_PERMILLE,
            large_bodies: draw.chance(LARGE_BODIES_PERCENT),
            draw,
            reference: Reference::new(),
            drawn: 0,
            last: None,
            completed: Vec::new(),
        }
    }

    /// The first operations of a seed.
    pub fn operations(seed: u64, count: usize) -> Vec<Operation> {
        Self::new(seed).take(count).collect()
    }

    fn choose(&mut self) -> Operation {
        match self.drawn {
            0 => return self.create_first_bucket(),
            1 if self.draw.chance(60) && !self.is_locked(draw::BUCKETS[0]) => {
                let enabled = self.draw.chance(80);
                return Operation::PutBucketVersioning { bucket: draw::BUCKETS[0].to_owned(), enabled };
            }
            _ => {}
        }
        if self.draw.chance(70)
            && let Some(next) = self.continuation()
        {
            return next;
        }
        let mut roll = self.draw.below(WEIGHTS.iter().map(|(weight, _)| weight).sum());
        for (weight, drawer) in WEIGHTS {
            if roll < weight {
                return drawer(self);
            }
            roll -= weight;
        }
        self.put_object()
    }

    fn put_versioning(&mut self) -> Operation {
        Operation::PutBucketVersioning { bucket: self.bucket(), enabled: self.draw.coin() }
    }

    fn get_versioning(&mut self) -> Operation {
        Operation::GetBucketVersioning { bucket: self.bucket() }
    }

    fn create_bucket(&mut self) -> Operation {
        let (bucket, lock) = (self.draw.word(&draw::BUCKETS_TO_CREATE), self.draw.chance(30));
        Operation::CreateBucket { bucket, lock, tags: self.new_bucket_tags() }
    }

    fn create_first_bucket(&mut self) -> Operation {
        let (bucket, lock) = (draw::BUCKETS[0].to_owned(), self.draw.chance(40));
        Operation::CreateBucket { bucket, lock, tags: self.new_bucket_tags() }
    }

    fn delete_bucket(&mut self) -> Operation {
        // The first bucket is where most happens; deleting it would end most of the sequence.
        let bucket = self.draw.word(&draw::BUCKETS[1..]);
        if self.draw.coin() { Operation::HeadBucket { bucket } } else { Operation::DeleteBucket { bucket } }
    }

    /// Mostly the first bucket, sometimes another, seldom one that is not there.
    fn bucket(&mut self) -> String {
        let there: Vec<String> = self.reference.buckets.keys().cloned().collect();
        match self.draw.below(100) {
            0..80 => draw::BUCKETS[0].to_owned(),
            80..98 if !there.is_empty() => self.draw.pick(&there).clone(),
            _ => "missing-bucket".to_owned(),
        }
    }
}

impl Iterator for Sequence {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        let operation = self.choose();
        let outcome = self.reference.apply(&operation);
        if let (Operation::CompleteMultipartUpload(asked), Ok(_)) = (&operation, &outcome) {
            self.completed.push(asked.clone());
        }
        self.drawn += 1;
        self.last = Some((operation.clone(), outcome));
        Some(operation)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_sequence() {
        assert_eq!(Sequence::operations(5, 60), Sequence::operations(5, 60));
        assert_ne!(Sequence::operations(5, 60), Sequence::operations(6, 60));
    }

    /// A sequence that mostly fails, or never fails, would test little.
    #[test]
    fn every_operation_is_seen_to_succeed_and_nearly_every_error_to_occur() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let (mut good, mut all) = (0, 0);
        for seed in 0..400 {
            let mut reference = Reference::new();
            for operation in Sequence::operations(seed, 60) {
                let name = format!("{operation:?}");
                let name = name.split([' ', '(']).next().unwrap_or_default();
                let (sort, fine) = match reference.apply(&operation) {
                    Ok(_) => (format!("{name} ok"), 1),
                    Err(refusal) => (refusal.code, 0),
                };
                *seen.entry(sort).or_default() += 1;
                good += fine;
                all += 1;
            }
        }
        let missing: Vec<_> = EXPECTED.iter().filter(|sort| !seen.contains_key(**sort)).collect();
        assert!(missing.is_empty(), "never drawn: {missing:?}; drawn: {seen:#?}");
        assert!(good * 100 / all >= 65, "{good} of {all} succeed");
    }

    const EXPECTED: [&str; 59] = [
        "AbortMultipartUpload ok",
        "AccessDenied",
        "BadRequest",
        "BucketAlreadyOwnedByYou",
        "BucketNotEmpty",
        "CompleteMultipartUpload ok",
        "CopyObject ok",
        "CreateBucket ok",
        "CreateMultipartUpload ok",
        "DeleteBucket ok",
        "DeleteBucketTagging ok",
        "DeleteObject ok",
        "DeleteObjectTagging ok",
        "DeleteObjects ok",
        "EntityTooSmall",
        "GetBucketTagging ok",
        "GetBucketVersioning ok",
        "GetObject ok",
        "GetObjectAttributes ok",
        "GetObjectLegalHold ok",
        "GetObjectLockConfiguration ok",
        "GetObjectRetention ok",
        "GetObjectTagging ok",
        "HeadBucket ok",
        "HeadObject ok",
        "InvalidArgument",
        "InvalidBucketName",
        "InvalidBucketState",
        "InvalidPart",
        "InvalidPartNumber",
        "InvalidPartOrder",
        "InvalidRange",
        "InvalidRequest",
        "InvalidTag",
        "ListBuckets ok",
        "ListMultipartUploads ok",
        "ListObjectVersions ok",
        "ListObjects ok",
        "ListObjectsV2 ok",
        "ListParts ok",
        "MalformedXML",
        "MethodNotAllowed",
        "NoSuchBucket",
        "NoSuchKey",
        "NoSuchObjectLockConfiguration",
        "NoSuchTagSet",
        "NoSuchUpload",
        "NoSuchVersion",
        "NotImplemented",
        "NotModified",
        "ObjectLockConfigurationNotFoundError",
        "PreconditionFailed",
        "PutBucketTagging ok",
        "PutObject ok",
        "PutObjectLegalHold ok",
        "PutObjectLockConfiguration ok",
        "PutObjectRetention ok",
        "PutObjectTagging ok",
        "Wait ok",
    ];
}
