//! What the reference decides about object lock, tags and their time, said as sentences.

use model::RetentionMode;
use reference::marks::{DefaultRetention, Hold, Marks, Retention};
use reference::operation::{
    At, Attributes, Complete, Copy, Delete, DeleteEntry, DeleteMany, PutObject, Source, WriteConditions,
};
use reference::{Answer, Body, Operation, Outcome, Reference, VersionName};

const V1: VersionName = VersionName::Seen(1);
const DAY: i64 = 86_400;

fn locked() -> Reference {
    let mut s3 = Reference::new();
    let bucket = Operation::CreateBucket { bucket: "bucket".to_owned(), lock: true, tags: Vec::new() };
    s3.apply(&bucket).expect("a bucket");
    s3
}

fn at(key: &str, version: Option<VersionName>) -> At {
    At { bucket: "bucket".to_owned(), key: key.to_owned(), version }
}

fn keep(mode: RetentionMode, until: i64) -> Hold {
    Hold { retention: Some(Retention { mode, until }), legal_hold: None }
}

fn governed(until: i64) -> Hold {
    keep(RetentionMode::Governance, until)
}

fn put(s3: &mut Reference, hold: Hold) -> Outcome {
    s3.apply(&Operation::PutObject(PutObject {
        bucket: "bucket".to_owned(),
        key: "key".to_owned(),
        body: Body { pattern: 1, len: 10 },
        proven: true,
        attributes: Attributes::default(),
        marks: Marks { hold, tags: vec![("a".to_owned(), "1".to_owned())] },
        conditions: WriteConditions::default(),
    }))
}

fn delete(s3: &mut Reference, version: Option<VersionName>, bypass: bool) -> String {
    let (bucket, key) = ("bucket".to_owned(), "key".to_owned());
    code(s3.apply(&Operation::DeleteObject(Delete { bucket, key, version, if_match: None, bypass })))
}

fn code(outcome: Outcome) -> String {
    outcome.map_or_else(|refusal| refusal.code, |_| "fine".to_owned())
}

fn wait(s3: &mut Reference, seconds: i64) {
    s3.apply(&Operation::Wait { seconds }).expect("time passes");
}

fn set_default(s3: &mut Reference, days: i32) {
    let default = DefaultRetention { mode: RetentionMode::Governance, days: Some(days), years: None };
    let bucket = "bucket".to_owned();
    let configure = Operation::PutObjectLockConfiguration { bucket, default: Some(default) };
    s3.apply(&configure).expect("a default");
}

/// Until when a version is retained.
fn until(s3: &mut Reference, key: &str) -> Result<i64, String> {
    match s3.apply(&Operation::GetObjectRetention(at(key, None))) {
        Ok(Answer::Retention(retention)) => Ok(retention.until),
        other => Err(code(other)),
    }
}

fn copy(s3: &mut Reference, to: &str) -> Outcome {
    s3.apply(&Operation::CopyObject(Copy {
        source: Source {
            bucket: "bucket".to_owned(),
            key: "key".to_owned(),
            version: None,
            conditions: Default::default(),
        },
        bucket: "bucket".to_owned(),
        key: to.to_owned(),
        replace: false,
        attributes: Attributes::default(),
        replace_tags: false,
        marks: Marks::default(),
        conditions: WriteConditions::default(),
    }))
}

#[test]
fn governance_yields_to_a_bypass_and_compliance_to_time_alone() {
    let mut s3 = locked();
    put(&mut s3, governed(10)).expect("a version");
    assert_eq!(delete(&mut s3, Some(V1), false), "AccessDenied");
    assert_eq!(delete(&mut s3, Some(V1), true), "fine");
    put(&mut s3, keep(RetentionMode::Compliance, 10)).expect("a version");
    let second = Some(VersionName::Seen(2));
    wait(&mut s3, 9);
    assert_eq!(delete(&mut s3, second, true), "AccessDenied");
    wait(&mut s3, 1);
    assert_eq!(delete(&mut s3, second, false), "fine");
}

#[test]
fn a_marker_hides_what_is_locked_and_takes_nothing_away() {
    let mut s3 = locked();
    put(&mut s3, Hold { legal_hold: Some(true), ..governed(10) }).expect("a version");
    wait(&mut s3, 99);
    assert_eq!(delete(&mut s3, None, false), "fine");
    assert_eq!(delete(&mut s3, Some(V1), true), "AccessDenied");
    let lift = Operation::PutObjectLegalHold { at: at("key", Some(V1)), on: false };
    assert_eq!(s3.apply(&lift), Ok(Answer::Done));
    assert_eq!(delete(&mut s3, Some(V1), false), "fine");
}

#[test]
fn the_null_version_can_be_locked_later_and_then_stays() {
    let mut s3 = Reference::new();
    let bucket = "bucket".to_owned();
    let make = Operation::CreateBucket { bucket: bucket.clone(), lock: false, tags: Vec::new() };
    s3.apply(&make).expect("a bucket");
    put(&mut s3, Hold::default()).expect("the null version");
    let lock = Operation::PutObjectLockConfiguration { bucket: bucket.clone(), default: None };
    assert_eq!(code(s3.apply(&lock)), "InvalidBucketState");
    s3.apply(&Operation::PutBucketVersioning { bucket: bucket.clone(), enabled: true }).expect("versions");
    s3.apply(&lock).expect("object lock");
    assert_eq!(
        code(s3.apply(&Operation::PutBucketVersioning { bucket, enabled: false })),
        "InvalidBucketState"
    );
    let null = at("key", Some(VersionName::Null));
    s3.apply(&Operation::PutObjectLegalHold { at: null, on: true }).expect("a legal hold");
    put(&mut s3, Hold::default()).expect("a version above it");
    assert_eq!(delete(&mut s3, Some(VersionName::Null), true), "AccessDenied");
}

#[test]
fn a_default_counts_from_the_put_the_copy_and_the_completion() {
    let mut s3 = locked();
    put(&mut s3, Hold::default()).expect("a version without a default");
    set_default(&mut s3, 1);
    assert_eq!(until(&mut s3, "key"), Err("NoSuchObjectLockConfiguration".to_owned()));
    put(&mut s3, governed(5)).expect("a version with its own");
    assert_eq!(until(&mut s3, "key"), Ok(5));
    let (bucket, key) = ("bucket".to_owned(), "parts".to_owned());
    let start = Operation::CreateMultipartUpload {
        bucket: bucket.clone(),
        key: key.clone(),
        attributes: Attributes::default(),
        marks: Marks::default(),
    };
    let Ok(Answer::Started(upload)) = s3.apply(&start) else { unreachable!("an upload starts") };
    let body = Body { pattern: 1, len: 1 };
    let part = Operation::UploadPart { bucket: bucket.clone(), key: key.clone(), upload, number: 1, body };
    let Ok(Answer::Part { etag, .. }) = s3.apply(&part) else { unreachable!("a part") };
    wait(&mut s3, 100);
    copy(&mut s3, "copy").expect("a copy");
    let conditions = WriteConditions::default();
    let complete = Complete { bucket, key, upload, parts: vec![(1, etag)], conditions };
    s3.apply(&Operation::CompleteMultipartUpload(complete)).expect("an object");
    assert_eq!((until(&mut s3, "copy"), until(&mut s3, "parts")), (Ok(100 + DAY), Ok(100 + DAY)));
}

#[test]
fn a_copy_takes_tags_along_but_no_lock() {
    let mut s3 = locked();
    put(&mut s3, governed(10)).expect("a version");
    copy(&mut s3, "copy").expect("a copy");
    assert_eq!(until(&mut s3, "copy"), Err("NoSuchObjectLockConfiguration".to_owned()));
    let tags = s3.apply(&Operation::GetObjectTagging(at("copy", None)));
    assert!(matches!(tags, Ok(Answer::Tags { tags, .. }) if tags.len() == 1));
}

#[test]
fn without_object_lock_nothing_is_locked_and_nothing_bypassed() {
    let mut s3 = Reference::new();
    let bucket = Operation::CreateBucket { bucket: "bucket".to_owned(), lock: false, tags: Vec::new() };
    s3.apply(&bucket).expect("a bucket");
    assert_eq!(code(put(&mut s3, governed(10))), "InvalidRequest");
    assert_eq!(delete(&mut s3, None, true), "InvalidArgument");
}

#[test]
fn a_batch_tells_of_each_locked_version_for_itself() {
    let mut s3 = locked();
    put(&mut s3, governed(10)).expect("a version");
    put(&mut s3, keep(RetentionMode::Compliance, 10)).expect("another");
    let mut batch = |bypass| {
        let entry = |number| DeleteEntry {
            key: "key".to_owned(),
            version: Some(VersionName::Seen(number)),
            etag: None,
        };
        let entries = vec![entry(1), entry(2)];
        let asked = DeleteMany { bucket: "bucket".to_owned(), quiet: false, bypass, entries };
        match s3.apply(&Operation::DeleteObjects(asked)) {
            Ok(Answer::DeletedMany { deleted, errors }) => (deleted.len(), errors.len()),
            other => unreachable!("a batch answers {other:?}"),
        }
    };
    assert_eq!(batch(false), (0, 2));
    assert_eq!(batch(true), (1, 1));
}
