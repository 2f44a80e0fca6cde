//! Draws of tags, retentions, legal holds, bucket locks, and of the time in which retentions run out.

use model::RetentionMode;

use crate::marks::{DefaultRetention, Hold, Marks, Retention, TagSet};
use crate::operation::{At, GetAttributes};
use crate::{Operation, VersionName};

use super::Sequence;

const DAY: i64 = 24 * 60 * 60;

impl Sequence {
    pub(super) fn is_locked(&self, bucket: &str) -> bool {
        self.reference.buckets.get(bucket).is_some_and(|bucket| bucket.lock.is_some())
    }

    /// Marks for a new version; with a fault now and then where nothing else can be wrong.
    pub(super) fn new_marks(&mut self, bucket: &str, clean: bool) -> Marks {
        let clean = clean && self.reference.buckets.contains_key(bucket);
        if clean && self.draw.chance(2) {
            return Marks { tags: self.draw.faulty_tags(), ..Marks::default() };
        }
        let mut marks = Marks::default();
        if self.draw.chance(25) {
            marks.tags = self.draw.tag_set();
        }
        if self.is_locked(bucket) {
            marks.hold.retention = self.draw.chance(30).then(|| self.retention());
            marks.hold.legal_hold = self.draw.chance(8).then(|| self.draw.coin());
            if clean && self.draw.chance(2) {
                marks.hold.retention = Some(self.retention_in_the_past());
            }
        } else if clean && self.draw.chance(2) {
            marks.hold.legal_hold = Some(self.draw.coin());
        }
        marks
    }

    /// Object lock wants a proof of the bytes, which is left out now and then where nothing else is wrong.
    pub(super) fn proven(&mut self, bucket: &str, marks: &Marks, clean: bool) -> bool {
        if marks.hold == Hold::default() {
            return self.draw.coin();
        }
        !(clean && self.reference.check_marks(bucket, marks).is_ok() && self.draw.chance(5))
    }

    fn mode(&self) -> RetentionMode {
        if self.draw.chance(65) { RetentionMode::Governance } else { RetentionMode::Compliance }
    }

    fn retention(&self) -> Retention {
        let ahead = *self.draw.pick(&[1, 60, 60, 3_600, DAY, 3 * DAY]);
        Retention { mode: self.mode(), until: self.reference.now + ahead }
    }

    fn retention_in_the_past(&self) -> Retention {
        Retention { mode: self.mode(), until: self.reference.now - self.draw.below(2) as i64 }
    }

    /// Mostly to the second at which a retention runs out, or the one before it.
    pub(super) fn wait(&mut self) -> Operation {
        let now = self.reference.now;
        let versions = self.reference.buckets.values().flat_map(|bucket| bucket.keys.values());
        let ends: Vec<i64> = versions
            .flat_map(|versions| versions.newest_first())
            .filter_map(|version| Some(version.marks.hold.retention?.until - now))
            .filter(|left| (1..=3 * DAY).contains(left))
            .collect();
        let seconds = match self.draw.below(10) {
            0..8 if !ends.is_empty() => *self.draw.pick(&ends) - i64::from(self.draw.chance(30)),
            _ => *self.draw.pick(&[1, 59, 3_600, DAY]),
        };
        Operation::Wait { seconds }
    }

    /// Mostly a version that is there.
    fn at(&mut self) -> At {
        let bucket = self.bucket();
        let there = self.objects(&bucket);
        if !there.is_empty() && self.draw.chance(85) {
            return self.draw.pick(&there).clone();
        }
        let key = self.key(&bucket);
        let version = self.version(&bucket, &key);
        At { bucket, key, version }
    }

    pub(super) fn kept(&self, bucket: &str) -> Vec<(String, VersionName)> {
        let keys = self.reference.buckets.get(bucket).map(|bucket| &bucket.keys);
        let kept = keys.into_iter().flatten().flat_map(|(key, versions)| {
            let kept = versions.newest_first().iter().filter(|version| version.marks.hold != Hold::default());
            kept.filter_map(|version| Some((key.clone(), self.reference.name(version.id)?)))
        });
        kept.collect()
    }

    /// All versions with bytes, the current ones also without their ids.
    fn objects(&self, bucket: &str) -> Vec<At> {
        let keys = self.reference.buckets.get(bucket).map(|bucket| &bucket.keys);
        let versions = keys.into_iter().flatten().flat_map(|(key, versions)| {
            let ids = versions.newest_first().iter().filter(|version| version.object.is_some());
            let named = ids.filter_map(|version| self.reference.name(version.id)).map(Some);
            let current = versions.current().map(|_| None);
            current.into_iter().chain(named).map(|version| (key.clone(), version))
        });
        versions.map(|(key, version)| At { bucket: bucket.to_owned(), key, version }).collect()
    }

    fn is_there(&self, at: &At) -> bool {
        self.reference.look(&at.bucket, &at.key, at.version).is_ok()
    }

    /// In a bucket without object lock a missing version would be a second fault.
    fn at_of_lock(&mut self) -> Option<At> {
        let at = self.at();
        let missing_bucket = !self.reference.buckets.contains_key(&at.bucket);
        let one_fault = missing_bucket || (self.is_there(&at) && self.draw.chance(15));
        (self.is_locked(&at.bucket) || one_fault).then_some(at)
    }

    pub(super) fn put_tagging(&mut self) -> Operation {
        let at = self.at();
        let faulty = self.draw.chance(10) && self.is_there(&at);
        match self.draw.below(5) {
            _ if faulty => Operation::PutObjectTagging { at, tags: self.draw.faulty_tags() },
            0 => Operation::DeleteObjectTagging(at),
            _ => Operation::PutObjectTagging { at, tags: self.draw.tag_set() },
        }
    }

    pub(super) fn get_tagging(&mut self) -> Operation {
        Operation::GetObjectTagging(self.at())
    }

    pub(super) fn bucket_tagging(&mut self) -> Operation {
        let bucket = self.bucket();
        let faulty = self.reference.buckets.contains_key(&bucket) && self.draw.chance(10);
        match self.draw.below(5) {
            0 => Operation::DeleteBucketTagging { bucket },
            1 | 2 => Operation::GetBucketTagging { bucket },
            _ if faulty => {
                let many = (0..51).map(|number| (number.to_string(), String::new())).collect();
                let tags = if self.draw.coin() { many } else { self.draw.faulty_tags() };
                Operation::PutBucketTagging { bucket, tags }
            }
            _ => Operation::PutBucketTagging { bucket, tags: self.draw.tag_set() },
        }
    }

    pub(super) fn put_lock(&mut self) -> Operation {
        let bucket = self.bucket();
        let versioned =
            self.reference.buckets.get(&bucket).is_some_and(|b| b.versioning == model::Versioning::Enabled);
        let count = match self.draw.below(10) {
            0 if versioned => *self.draw.pick(&[0, -1, 36_501]),
            _ => 1 + self.draw.below(2) as i32,
        };
        let period = match self.draw.below(20) {
            0 if versioned => (Some(1), Some(1)),
            1 if versioned => (None, None),
            2 => (None, Some(count)),
            _ => (Some(count), None),
        };
        let default = DefaultRetention { mode: self.mode(), days: period.0, years: period.1 };
        Operation::PutObjectLockConfiguration { bucket, default: self.draw.chance(70).then_some(default) }
    }

    pub(super) fn get_lock(&mut self) -> Operation {
        Operation::GetObjectLockConfiguration { bucket: self.bucket() }
    }

    pub(super) fn put_retention(&mut self) -> Operation {
        let Some(at) = self.at_of_lock() else { return self.put_object() };
        let standing = match self.reference.look(&at.bucket, &at.key, at.version) {
            Ok(found) => Some(found.marks.hold),
            Err(_) => None,
        };
        let bypass = self.draw.chance(35);
        let past = self.retention_in_the_past();
        let may_be_past = self.is_locked(&at.bucket)
            && standing.is_some_and(|hold| hold.may_become(Some(past), bypass, self.reference.now));
        let new = match (self.draw.below(100), standing.and_then(|hold| hold.retention)) {
            (0..5, _) if may_be_past => Some(past),
            (0..25, _) => None,
            (25..75, Some(old)) => {
                let until = old.until + *self.draw.pick(&[-DAY, -60, -1, 0, 1, 60, DAY]);
                let mode = if self.draw.chance(80) { old.mode } else { self.mode() };
                Some(Retention { mode, until: until.max(self.reference.now + 1) })
            }
            _ => Some(self.retention()),
        };
        Operation::PutObjectRetention { at, retention: new, bypass }
    }

    pub(super) fn get_retention(&mut self) -> Operation {
        self.at_of_lock().map_or_else(|| self.get_object(), Operation::GetObjectRetention)
    }

    pub(super) fn legal_hold(&mut self) -> Operation {
        let Some(at) = self.at_of_lock() else { return self.put_object() };
        match self.draw.below(3) {
            0 => Operation::GetObjectLegalHold(at),
            _ => Operation::PutObjectLegalHold { at, on: self.draw.coin() },
        }
    }

    pub(super) fn get_attributes(&mut self) -> Operation {
        let at = self.at();
        let all = ["ETag", "ObjectParts", "StorageClass", "ObjectSize"];
        let mut names: Vec<String> =
            all.iter().filter(|_| self.draw.chance(60)).map(|name| (*name).to_owned()).collect();
        match self.draw.below(10) {
            0 if self.is_there(&at) => names.clear(),
            1 if self.is_there(&at) => names.push("Colour".to_owned()),
            _ => names.push("ETag".to_owned()),
        }
        Operation::GetObjectAttributes(GetAttributes { at, names })
    }

    pub(super) fn new_bucket_tags(&self) -> TagSet {
        if self.draw.chance(15) { self.draw.tag_set() } else { TagSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::operation::DeleteEntry;
    use crate::{Answer, Reference};

    use super::*;

    /// In which state a delete finds the version that it names.
    fn state(reference: &Reference, bucket: &str, entry: &DeleteEntry, bypass: bool) -> Option<String> {
        let hold = reference.look(bucket, &entry.key, Some(entry.version?)).ok()?.marks.hold;
        if hold.legal_hold == Some(true) {
            return Some("held".to_owned());
        }
        let retention = hold.retention?;
        let bypassed = if bypass { " and bypassed" } else { "" };
        Some(match retention.until > reference.now {
            false => "run out".to_owned(),
            true => format!("{}{bypassed}", retention.mode.name()),
        })
    }

    /// Of the version that was made: whether a retention was given to it that nobody asked for.
    fn by_default(reference: &Reference, operation: &Operation) -> Option<&'static str> {
        let (sort, bucket, key, asked) = match operation {
            Operation::PutObject(asked) => ("put", &asked.bucket, &asked.key, asked.marks.hold.retention),
            Operation::CopyObject(asked) => ("copy", &asked.bucket, &asked.key, asked.marks.hold.retention),
            Operation::CompleteMultipartUpload(asked) => ("complete", &asked.bucket, &asked.key, None),
            _ => return None,
        };
        let made = reference.look(bucket, key, None).ok()?.marks.hold.retention;
        (made.is_some() && asked.is_none()).then_some(sort)
    }

    #[test]
    fn every_way_in_which_a_version_is_kept_or_lost_occurs() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for seed in 0..1_000 {
            let mut reference = Reference::new();
            for operation in Sequence::operations(seed, 40) {
                let found = match &operation {
                    Operation::DeleteObject(asked) => {
                        let (key, version) = (asked.key.clone(), asked.version);
                        let entry = DeleteEntry { key, version, etag: None };
                        let state = state(&reference, &asked.bucket, &entry, asked.bypass);
                        state.into_iter().map(|state| format!("delete {state}")).collect()
                    }
                    Operation::DeleteObjects(asked) => {
                        let states = asked.entries.iter();
                        let states =
                            states.filter_map(|entry| state(&reference, &asked.bucket, entry, asked.bypass));
                        states.map(|state| format!("batch {state}")).collect()
                    }
                    Operation::PutObjectRetention { at, .. } => {
                        let standing = reference.look(&at.bucket, &at.key, at.version).ok();
                        let standing = standing.and_then(|found| found.marks.hold.retention);
                        let active = standing.filter(|standing| standing.until > reference.now);
                        active.map(|_| "retain".to_owned()).into_iter().collect()
                    }
                    _ => Vec::<String>::new(),
                };
                let outcome = reference.apply(&operation);
                let single = !matches!(outcome, Ok(Answer::DeletedMany { .. }));
                let code = outcome.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "ok");
                for state in found {
                    let sort = if single { format!("{state}: {code}") } else { state };
                    *seen.entry(sort).or_default() += 1;
                }
                if outcome.is_ok()
                    && let Some(sort) = by_default(&reference, &operation)
                {
                    *seen.entry(format!("default of a {sort}")).or_default() += 1;
                }
            }
        }
        let rare: Vec<_> = EXPECTED.iter().filter(|sort| seen.get(**sort).is_none_or(|n| *n < 3)).collect();
        assert!(rare.is_empty(), "hardly drawn: {rare:?}; drawn: {seen:#?}");
    }

    const EXPECTED: [&str; 17] = [
        "batch COMPLIANCE",
        "batch COMPLIANCE and bypassed",
        "batch GOVERNANCE",
        "batch GOVERNANCE and bypassed",
        "batch held",
        "batch run out",
        "default of a complete",
        "default of a copy",
        "default of a put",
        "delete COMPLIANCE and bypassed: AccessDenied",
        "delete COMPLIANCE: AccessDenied",
        "delete GOVERNANCE and bypassed: ok",
        "delete GOVERNANCE: AccessDenied",
        "delete held: AccessDenied",
        "delete run out: ok",
        "retain: AccessDenied",
        "retain: ok",
    ];
}
