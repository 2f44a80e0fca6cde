//! What the reference decides, said as sentences: where a test of the server fails, here stands what is right.

use model::StorageClass;
use reference::marks::Marks;
use reference::operation::{
    Attributes, Complete, Copy, Delete, DeleteEntry, DeleteMany, Filter, ListVersions, PutObject, Read,
    Source, Tags, WriteConditions,
};
use reference::{Answer, Body, Operation, Outcome, Reference, Refusal, UploadName, VersionName};

const FIVE_MIB: u32 = 5 << 20;

fn with_bucket(versioning: Option<bool>) -> Reference {
    let mut s3 = Reference::new();
    s3.apply(&Operation::CreateBucket { bucket: "bucket".to_owned(), lock: false, tags: Vec::new() })
        .expect("a bucket");
    if let Some(enabled) = versioning {
        switch(&mut s3, enabled);
    }
    s3
}

fn switch(s3: &mut Reference, enabled: bool) {
    let switched = s3.apply(&Operation::PutBucketVersioning { bucket: "bucket".to_owned(), enabled });
    assert_eq!(switched, Ok(Answer::Done));
}

/// The version that a put of one letter made.
fn put(s3: &mut Reference, key: &str, pattern: u8) -> Option<VersionName> {
    match s3.apply(&Operation::PutObject(PutObject {
        bucket: "bucket".to_owned(),
        key: key.to_owned(),
        body: Body { pattern, len: 10 },
        attributes: Attributes::default(),
        marks: Marks::default(),
        proven: false,
        conditions: WriteConditions::default(),
    })) {
        Ok(Answer::Put { version, .. }) => version,
        other => unreachable!("a put answers {other:?}"),
    }
}

fn read(version: Option<VersionName>) -> Read {
    Read {
        bucket: "bucket".to_owned(),
        key: "key".to_owned(),
        version,
        range: None,
        part_number: None,
        conditions: Default::default(),
    }
}

/// Which letter a get of the key reads.
fn get(s3: &mut Reference, version: Option<VersionName>) -> Result<u8, Refusal> {
    match s3.apply(&Operation::GetObject(read(version)))? {
        Answer::Object(object) => {
            let known =
                (0..9).find(|pattern| Some(Body { pattern: *pattern, len: 10 }.bytes()) == object.body);
            Ok(known.expect("a known body"))
        }
        other => unreachable!("a get answers {other:?}"),
    }
}

fn delete(s3: &mut Reference, version: Option<VersionName>, if_match: Option<Tags>) -> Outcome {
    let (bucket, key) = ("bucket".to_owned(), "key".to_owned());
    s3.apply(&Operation::DeleteObject(Delete { bucket, key, version, if_match, bypass: false }))
}

fn copy(from: &str, version: Option<VersionName>, to: &str) -> Copy {
    Copy {
        source: Source {
            bucket: "bucket".to_owned(),
            key: from.to_owned(),
            version,
            conditions: Default::default(),
        },
        bucket: "bucket".to_owned(),
        key: to.to_owned(),
        replace: false,
        replace_tags: false,
        marks: Marks::default(),
        attributes: Attributes::default(),
        conditions: WriteConditions::default(),
    }
}

fn code(outcome: Outcome) -> String {
    outcome.err().map_or("fine".to_owned(), |refusal| refusal.code)
}

const V1: VersionName = VersionName::Seen(1);
const V2: VersionName = VersionName::Seen(2);

#[test]
fn a_put_into_a_suspended_bucket_replaces_the_null_version_and_names_none() {
    let mut s3 = with_bucket(None);
    put(&mut s3, "key", 0);
    switch(&mut s3, true);
    assert_eq!(put(&mut s3, "key", 1), Some(V1));
    switch(&mut s3, false);
    assert_eq!(put(&mut s3, "key", 2), None);
    assert_eq!(get(&mut s3, Some(VersionName::Null)), Ok(2));
    assert_eq!(get(&mut s3, Some(V1)), Ok(1));
}

#[test]
fn a_delete_hides_the_key_behind_a_marker_and_removing_the_marker_uncovers_it() {
    let mut s3 = with_bucket(Some(true));
    put(&mut s3, "key", 1);
    assert_eq!(delete(&mut s3, None, None), Ok(Answer::Deleted { marker: true, version: Some(V2) }));
    let hidden = Refusal { code: "NoSuchKey".to_owned(), marker: Some(V2) };
    assert_eq!(get(&mut s3, None), Err(hidden));
    assert_eq!(get(&mut s3, Some(V2)).map_err(|refusal| refusal.code), Err("MethodNotAllowed".to_owned()));
    assert_eq!(delete(&mut s3, Some(V2), None), Ok(Answer::Deleted { marker: true, version: Some(V2) }));
    assert_eq!(get(&mut s3, None), Ok(1));
}

#[test]
fn a_key_that_never_was_gets_a_marker_too() {
    let mut s3 = with_bucket(Some(true));
    assert_eq!(delete(&mut s3, None, None), Ok(Answer::Deleted { marker: true, version: Some(V1) }));
    let emptied = s3.apply(&Operation::DeleteBucket { bucket: "bucket".to_owned() });
    assert_eq!(code(emptied), "BucketNotEmpty");
}

#[test]
fn without_versioning_a_delete_leaves_nothing() {
    let mut s3 = with_bucket(None);
    put(&mut s3, "key", 1);
    assert_eq!(delete(&mut s3, None, None), Ok(Answer::Deleted { marker: false, version: None }));
    assert_eq!(delete(&mut s3, None, None), Ok(Answer::Deleted { marker: false, version: None }));
    assert_eq!(s3.apply(&Operation::DeleteBucket { bucket: "bucket".to_owned() }), Ok(Answer::Done));
}

#[test]
fn deleting_a_version_that_is_not_there_succeeds_and_echoes_it() {
    let mut s3 = with_bucket(Some(true));
    put(&mut s3, "key", 1);
    let gone = Answer::Deleted { marker: false, version: Some(VersionName::Unknown) };
    assert_eq!(delete(&mut s3, Some(VersionName::Unknown), None), Ok(gone));
    assert_eq!(code(s3.apply(&Operation::GetObject(read(Some(VersionName::Unknown))))), "NoSuchVersion");
}

#[test]
fn a_conditional_delete_looks_at_the_current_object_only() {
    let mut s3 = with_bucket(Some(true));
    assert_eq!(code(delete(&mut s3, None, Some(Tags::Any))), "NoSuchKey");
    put(&mut s3, "key", 1);
    let other = Tags::These(vec!["0".repeat(32)]);
    assert_eq!(code(delete(&mut s3, None, Some(other.clone()))), "PreconditionFailed");
    assert_eq!(code(delete(&mut s3, None, Some(Tags::Any))), "fine");
    // Now a marker is current, and the object below it does not count.
    assert_eq!(code(delete(&mut s3, None, Some(Tags::Any))), "NoSuchKey");
}

#[test]
fn a_conditional_put_over_a_marker_finds_no_object() {
    let mut s3 = with_bucket(Some(true));
    put(&mut s3, "key", 1);
    delete(&mut s3, None, None).expect("a marker");
    let mut conditional = |if_match: Option<&str>, if_none_match| {
        code(s3.apply(&Operation::PutObject(PutObject {
            bucket: "bucket".to_owned(),
            key: "key".to_owned(),
            body: Body { pattern: 2, len: 10 },
            attributes: Attributes::default(),
            marks: Marks::default(),
            proven: false,
            conditions: WriteConditions { if_match: if_match.map(str::to_owned), if_none_match },
        })))
    };
    assert_eq!(conditional(Some("0"), false), "NoSuchKey");
    assert_eq!(conditional(None, true), "fine");
    assert_eq!(conditional(None, true), "PreconditionFailed");
}

#[test]
fn a_copy_onto_itself_needs_a_change_or_names_a_version_to_restore() {
    let mut s3 = with_bucket(Some(true));
    put(&mut s3, "key", 1);
    put(&mut s3, "key", 2);
    assert_eq!(code(s3.apply(&Operation::CopyObject(copy("key", None, "key")))), "InvalidRequest");
    let class = Some(StorageClass::Standard);
    let same_class =
        Copy { attributes: Attributes { class, ..Attributes::default() }, ..copy("key", None, "key") };
    assert_eq!(code(s3.apply(&Operation::CopyObject(same_class))), "fine");
    assert_eq!(code(s3.apply(&Operation::CopyObject(copy("key", Some(V1), "key")))), "fine");
    assert_eq!(get(&mut s3, None), Ok(1));
}

#[test]
fn a_copy_may_not_name_a_marker() {
    let mut s3 = with_bucket(Some(true));
    delete(&mut s3, None, None).expect("a marker");
    assert_eq!(code(s3.apply(&Operation::CopyObject(copy("key", Some(V1), "other")))), "InvalidRequest");
    assert_eq!(code(s3.apply(&Operation::CopyObject(copy("key", None, "other")))), "NoSuchKey");
}

/// An upload to `key` of these parts; the parts as a client lists them.
fn upload(s3: &mut Reference, lens: &[u32]) -> (UploadName, Vec<(i32, String)>) {
    let (bucket, key) = ("bucket".to_owned(), "key".to_owned());
    let started = Operation::CreateMultipartUpload {
        bucket: bucket.clone(),
        key: key.clone(),
        attributes: Attributes::default(),
        marks: Marks::default(),
    };
    let Ok(Answer::Started(upload)) = s3.apply(&started) else { unreachable!("an upload starts") };
    let mut parts = Vec::new();
    for (number, len) in (1..).zip(lens) {
        let body = Body { pattern: 3, len: *len };
        let part = Operation::UploadPart { bucket: bucket.clone(), key: key.clone(), upload, number, body };
        let Ok(Answer::Part { etag, .. }) = s3.apply(&part) else { unreachable!("a part is taken") };
        parts.push((number, etag));
    }
    (upload, parts)
}

fn complete(s3: &mut Reference, upload: UploadName, parts: &[(i32, String)]) -> Outcome {
    s3.apply(&Operation::CompleteMultipartUpload(Complete {
        bucket: "bucket".to_owned(),
        key: "key".to_owned(),
        upload,
        parts: parts.to_vec(),
        conditions: WriteConditions::default(),
    }))
}

#[test]
fn parts_before_the_last_have_five_mebibytes() {
    let mut s3 = with_bucket(None);
    let (small, parts) = upload(&mut s3, &[FIVE_MIB - 1, 1]);
    assert_eq!(code(complete(&mut s3, small, &parts)), "EntityTooSmall");
    let (large, parts) = upload(&mut s3, &[FIVE_MIB, 1]);
    assert_eq!(code(complete(&mut s3, large, &[])), "MalformedXML");
    let reversed: Vec<_> = parts.iter().rev().cloned().collect();
    assert_eq!(code(complete(&mut s3, large, &reversed)), "InvalidPartOrder");
    assert_eq!(code(complete(&mut s3, large, &parts)), "fine");
}

#[test]
fn completing_again_answers_the_same_until_the_object_is_replaced() {
    let mut s3 = with_bucket(None);
    let (upload, parts) = upload(&mut s3, &[7]);
    let first = complete(&mut s3, upload, &parts);
    assert_eq!(complete(&mut s3, upload, &parts), first);
    let other = [(1, "0".repeat(32))];
    assert_eq!(code(complete(&mut s3, upload, &other)), "NoSuchUpload");
    put(&mut s3, "key", 1);
    assert_eq!(code(complete(&mut s3, upload, &parts)), "NoSuchUpload");
}

#[test]
fn a_copy_of_a_multipart_object_was_put_whole() {
    let mut s3 = with_bucket(None);
    let (upload, parts) = upload(&mut s3, &[FIVE_MIB, 10]);
    complete(&mut s3, upload, &parts).expect("an object");
    let part = Operation::GetObject(Read { part_number: Some(2), ..read(None) });
    let Ok(Answer::Object(object)) = s3.apply(&part) else { unreachable!("the second part is read") };
    let start = u64::from(FIVE_MIB);
    assert_eq!((object.range, object.parts_count), (Some((start, start + 9)), Some(2)));
    assert!(object.etag.ends_with("-2"));
    let Ok(Answer::Copied { etag, .. }) = s3.apply(&Operation::CopyObject(copy("key", None, "copy"))) else {
        unreachable!("it is copied")
    };
    assert!(!etag.contains('-'));
}

#[test]
fn uploads_in_progress_do_not_keep_a_bucket() {
    let mut s3 = with_bucket(None);
    upload(&mut s3, &[1]);
    assert_eq!(s3.apply(&Operation::DeleteBucket { bucket: "bucket".to_owned() }), Ok(Answer::Done));
}

#[test]
fn a_batch_deletes_each_for_itself_and_quiet_tells_only_errors() {
    let mut s3 = with_bucket(None);
    put(&mut s3, "a", 1);
    put(&mut s3, "b", 1);
    let entry = |key: &str, etag: Option<&str>| DeleteEntry {
        key: key.to_owned(),
        version: None,
        etag: etag.map(str::to_owned),
    };
    let entries = vec![entry("a", None), entry("b", Some("0")), entry("c", None)];
    let batch = Operation::DeleteObjects(DeleteMany {
        bucket: "bucket".to_owned(),
        quiet: true,
        bypass: false,
        entries,
    });
    let Ok(Answer::DeletedMany { deleted, errors }) = s3.apply(&batch) else { unreachable!("a batch") };
    assert!(deleted.is_empty());
    let errors: Vec<(&str, &str)> = errors.iter().map(|e| (e.key.as_str(), e.code.as_str())).collect();
    assert_eq!(errors, [("b", "PreconditionFailed")]);
}

#[test]
fn versions_are_listed_newest_first_and_continue_within_a_key() {
    let mut s3 = with_bucket(Some(true));
    put(&mut s3, "key", 1);
    put(&mut s3, "key", 2);
    let mut page = |key_marker: Option<&str>, version_marker| {
        let asked = ListVersions {
            filter: Filter { bucket: "bucket".to_owned(), max: Some(1), ..Filter::default() },
            key_marker: key_marker.map(str::to_owned),
            version_marker,
        };
        match s3.apply(&Operation::ListObjectVersions(asked)) {
            Ok(Answer::Versions(page)) => page,
            other => unreachable!("a listing answers {other:?}"),
        }
    };
    let first = page(None, None);
    assert_eq!((first.versions[0].version, first.versions[0].latest, first.truncated), (V2, true, true));
    assert_eq!((first.next_key.as_deref(), first.next_version), (Some("key"), Some(V2)));
    let second = page(Some("key"), Some(V2));
    assert_eq!((second.versions[0].version, second.versions[0].latest, second.truncated), (V1, false, false));
    assert!(page(Some("key"), None).versions.is_empty());
}
