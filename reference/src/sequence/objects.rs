//! Draws of operations on objects.

use crate::marks::Marks;
use crate::operation::{
    Attributes, Copy, Delete, DeleteEntry, DeleteMany, Moment, PutObject, Read, ReadConditions, Source, Tags,
    WriteConditions,
};
use crate::versions::Versions;
use crate::{Operation, VersionName};

use super::Sequence;
use super::draw::KEYS;

const ETAG_OF_NOTHING: &str = "00000000000000000000000000000000";

impl Sequence {
    /// Mostly a key that is there.
    pub(super) fn key(&mut self, bucket: &str) -> String {
        let keys = self.reference.buckets.get(bucket).map(|bucket| bucket.keys.keys().cloned().collect());
        let keys: Vec<String> = keys.unwrap_or_default();
        if keys.is_empty() || self.draw.chance(30) {
            self.draw.word(&KEYS)
        } else {
            self.draw.pick(&keys).clone()
        }
    }

    fn versions(&self, bucket: &str, key: &str) -> Option<&Versions> {
        self.reference.buckets.get(bucket)?.keys.get(key)
    }

    /// None, or one that the key has, or seldom one that it has not.
    pub(super) fn version(&mut self, bucket: &str, key: &str) -> Option<VersionName> {
        match self.draw.below(100) {
            0..55 => None,
            55..92 => {
                let versions = self.versions(bucket, key)?;
                let names = versions.newest_first().iter().filter_map(|v| self.reference.name(v.id));
                let names: Vec<VersionName> = names.collect();
                (!names.is_empty()).then(|| *self.draw.pick(&names))
            }
            92..95 => Some(VersionName::Null),
            95..98 => Some(VersionName::Unknown),
            _ => Some(VersionName::Seen(1)),
        }
    }

    fn current_etag(&self, bucket: &str, key: &str) -> Option<String> {
        Some(self.versions(bucket, key)?.current()?.etag.clone())
    }

    /// Mostly the one that is there.
    fn etag(&mut self, bucket: &str, key: &str) -> String {
        let current = self.current_etag(bucket, key).filter(|_| self.draw.chance(60));
        current.unwrap_or_else(|| ETAG_OF_NOTHING.to_owned())
    }

    fn tags(&mut self, bucket: &str, key: &str) -> Tags {
        let etag = self.etag(bucket, key);
        match self.draw.below(6) {
            0 => Tags::Any,
            1 => Tags::These(vec![ETAG_OF_NOTHING.to_owned(), etag]),
            _ => Tags::These(vec![etag]),
        }
    }

    fn read_conditions(&mut self, bucket: &str, key: &str) -> ReadConditions {
        let mut conditions = ReadConditions::default();
        match self.draw.below(100) {
            0..80 => {}
            80..85 => conditions.if_match = Some(self.tags(bucket, key)),
            85..91 => conditions.if_none_match = Some(self.tags(bucket, key)),
            91..93 => conditions.if_modified_since = Some(Moment::LongAgo),
            93..95 => {
                conditions.if_unmodified_since = Some(*self.draw.pick(&[Moment::LongAgo, Moment::FarAhead]));
            }
            95..98 => {
                conditions.if_match = Some(self.tags(bucket, key));
                conditions.if_unmodified_since = Some(Moment::LongAgo);
            }
            _ => {
                conditions.if_none_match = Some(self.tags(bucket, key));
                conditions.if_modified_since = Some(Moment::LongAgo);
            }
        }
        conditions
    }

    pub(super) fn write_conditions(&mut self, bucket: &str, key: &str) -> WriteConditions {
        match self.draw.below(100) {
            0..85 => WriteConditions::default(),
            85..92 => WriteConditions { if_none_match: true, ..WriteConditions::default() },
            _ => WriteConditions { if_match: Some(self.etag(bucket, key)), if_none_match: false },
        }
    }

    pub(super) fn put_object(&mut self) -> Operation {
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let conditions = self.write_conditions(&bucket, &key);
        let large = self.large_bodies && self.draw.chance(30);
        let (body, attributes) = (self.draw.body(large), self.draw.attributes());
        let clean = conditions == WriteConditions::default();
        let marks = self.new_marks(&bucket, clean);
        let proven = self.proven(&bucket, &marks, clean);
        Operation::PutObject(PutObject { bucket, key, body, proven, attributes, marks, conditions })
    }

    pub(super) fn get_object(&mut self) -> Operation {
        Operation::GetObject(self.read())
    }

    pub(super) fn head_object(&mut self) -> Operation {
        Operation::HeadObject(self.read())
    }

    fn read(&mut self) -> Read {
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let version = self.version(&bucket, &key);
        let conditions = self.read_conditions(&bucket, &key);
        let plain = conditions == ReadConditions::default();
        let (mut range, mut part_number) = (None, None);
        match self.draw.below(100) {
            0..30 if plain => range = Some(self.draw.word(&RANGES)),
            30..45 if plain => part_number = Some(1 + self.draw.below(3) as i32),
            _ => {}
        }
        Read { bucket, key, version, range, part_number, conditions }
    }

    pub(super) fn delete_object(&mut self) -> Operation {
        let bucket = self.bucket();
        let (key, version) = self.doomed(&bucket);
        // A condition is for the current version only; beside another it is a fault of its own.
        let clean = version.is_none() || self.draw.chance(5) && self.is_version(&bucket, &key, version);
        let if_match = (clean && self.draw.chance(25)).then(|| self.tags(&bucket, &key));
        // What has no object lock has nothing to bypass: a fault of its own.
        let clean = if_match.is_none() && self.reference.buckets.contains_key(&bucket);
        let bypass = self.bypass(&bucket) || (clean && self.draw.chance(2));
        Operation::DeleteObject(Delete { bucket, key, version, if_match, bypass })
    }

    /// Elsewhere nothing can be bypassed.
    fn bypass(&mut self, bucket: &str) -> bool {
        self.is_locked(bucket) && self.draw.chance(30)
    }

    pub(super) fn delete_objects(&mut self) -> Operation {
        let bucket = self.bucket();
        let there = self.reference.buckets.contains_key(&bucket);
        let count = if self.draw.chance(8) && there { 0 } else { 1 + self.draw.below(5) };
        let mut entries: Vec<DeleteEntry> = (0..count).map(|_| self.delete_entry(&bucket)).collect();
        for at in 0..entries.len() {
            let key = entries[at].key.clone();
            let version = if self.draw.chance(30) { self.version(&bucket, &key) } else { None };
            entries.extend(version.map(|version| DeleteEntry { key, version: Some(version), etag: None }));
        }
        // In which order a batch deletes is nobody's contract, so no key is named twice, but by different versions.
        entries.sort_by(|a, b| (&a.key, a.version).cmp(&(&b.key, b.version)));
        entries.dedup_by(|b, a| a.key == b.key && (a.version.is_none() || a.version == b.version));
        let bypass = self.bypass(&bucket) || (there && !entries.is_empty() && self.draw.chance(2));
        Operation::DeleteObjects(DeleteMany { bucket, quiet: self.draw.chance(30), bypass, entries })
    }

    /// Often what object lock keeps, or kept.
    fn doomed(&mut self, bucket: &str) -> (String, Option<VersionName>) {
        let kept = self.kept(bucket);
        if !kept.is_empty() && self.draw.chance(40) {
            let (key, version) = self.draw.pick(&kept).clone();
            return (key, Some(version));
        }
        let key = self.key(bucket);
        let version = self.version(bucket, &key);
        (key, version)
    }

    fn delete_entry(&mut self, bucket: &str) -> DeleteEntry {
        let (key, version) = self.doomed(bucket);
        let etag = (version.is_none() && self.draw.chance(20)).then(|| self.etag(bucket, &key));
        DeleteEntry { key, version, etag }
    }

    pub(super) fn source(&mut self) -> Source {
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let version = self.version(&bucket, &key);
        let conditions =
            if version.is_none() { self.read_conditions(&bucket, &key) } else { ReadConditions::default() };
        Source { bucket, key, version, conditions }
    }

    pub(super) fn copy_object(&mut self) -> Operation {
        if self.draw.chance(30) {
            return self.copy_onto_itself();
        }
        let source = self.source();
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let replace = self.draw.coin();
        let attributes = if replace { self.draw.attributes() } else { Attributes::default() };
        // Two conditions that fail, one at each end, would be two faults.
        let plain = source.conditions == ReadConditions::default();
        let conditions =
            if plain { self.write_conditions(&bucket, &key) } else { WriteConditions::default() };
        let clean = plain && conditions == WriteConditions::default() && self.has_source(&source);
        self.copy(Copy { conditions, ..copy(source, bucket, key, replace, attributes) }, clean)
    }

    /// A copy that changes nothing is refused, so it is only drawn of an object that is there.
    fn copy_onto_itself(&mut self) -> Operation {
        let bucket = self.bucket();
        let key = self.key(&bucket);
        let version = self.version(&bucket, &key);
        let replace = self.draw.coin() || self.current_etag(&bucket, &key).is_none();
        let attributes = if replace { self.draw.attributes() } else { Attributes::default() };
        let source =
            Source { bucket: bucket.clone(), key: key.clone(), version, conditions: Default::default() };
        let clean = replace && self.has_source(&source);
        self.copy(copy(source, bucket, key, replace, attributes), clean)
    }

    fn is_version(&self, bucket: &str, key: &str, version: Option<VersionName>) -> bool {
        self.reference.look(bucket, key, version).is_ok()
    }

    fn has_source(&self, source: &Source) -> bool {
        self.reference.look(&source.bucket, &source.key, source.version).is_ok()
    }

    /// With marks for what it makes.
    fn copy(&mut self, copy: Copy, clean: bool) -> Operation {
        let mut marks = self.new_marks(&copy.bucket, clean);
        let replace_tags = !marks.tags.is_empty() || self.draw.chance(20);
        if !clean && self.reference.check_marks(&copy.bucket, &marks).is_err() {
            marks = Marks::default();
        }
        Operation::CopyObject(Copy { marks, replace_tags, ..copy })
    }
}

fn copy(source: Source, bucket: String, key: String, replace: bool, attributes: Attributes) -> Copy {
    Copy {
        source,
        bucket,
        key,
        replace,
        attributes,
        replace_tags: false,
        marks: Marks::default(),
        conditions: WriteConditions::default(),
    }
}

const RANGES: [&str; 12] = [
    "bytes=0-",
    "bytes=0-0",
    "bytes=2-4",
    "bytes=-3",
    "bytes=-0",
    "bytes=-99999999",
    "bytes=90-200",
    "bytes=4000-70000",
    "bytes=99999999-",
    "bytes=9-2",
    "bytes=0-1,3-4",
    "words=0-1",
];
