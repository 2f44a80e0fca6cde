//! The codecs on representative requests and answers, and on any bytes.

use std::fmt::Debug;

use api::s3::{
    AbortMultipartUpload, AbortMultipartUploadOutput, Bucket, CommonPrefix, CompleteMultipartUpload,
    CompletedPart, CopyObject, CopyObjectOutput, CopyObjectResult, CreateBucket, DeleteMarkerEntry,
    DeleteObjects, GetBucketAcl, GetBucketAclOutput, GetBucketLocation, GetBucketLocationOutput,
    GetBucketPolicy, GetBucketPolicyOutput, GetBucketVersioning, GetBucketVersioningOutput, GetObject,
    GetObjectAttributes, GetObjectOutput, Grant, Grantee, ListBuckets, ListBucketsOutput, ListObjectVersions,
    ListObjectVersionsOutput, ListObjectsV2, ListObjectsV2Output, Object, ObjectVersion, PutBucketAcl,
    PutBucketLifecycleConfiguration, PutBucketPolicy, PutBucketTagging, PutBucketWebsite, PutObject,
    PutPublicAccessBlock,
};
use api::{ErrorCode, S3Error};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use model::Timestamp;
use proptest::prelude::{any, prop, proptest};
use proptest::strategy::Strategy;

use super::{Codec, FromXml, RequestView, ResponseDraft, ToXml, XmlReader, XmlWriter};

const MOMENT: Timestamp = Timestamp::from_millis(1_795_328_670_123);

/// Decodes a request on bucket `b`, key `k`.
fn decode<O: Codec>(
    query: &[(&str, &str)],
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<O::Input, S3Error> {
    let query: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    O::decode(&RequestView {
        bucket: Some("b"),
        key: Some("k"),
        labels: &[],
        query: &query,
        headers: &map,
        body,
    })
}

fn body(draft: &ResponseDraft) -> &str {
    let text = std::str::from_utf8(&draft.body).unwrap();
    text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap_or(text)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_put_is_read_from_its_headers() {
    let headers = [
        ("Content-Type", "text/plain"),
        ("x-amz-meta-Colour", "red"),
        ("x-amz-meta-colour", "blue"),
        ("x-amz-meta-name", "Ä"),
        ("x-amz-object-lock-retain-until-date", "2026-11-22T06:24:30.123Z"),
        ("content-length", "12"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "TRUE"),
    ];
    let input = decode::<PutObject>(&[], &headers, b"").unwrap();
    assert_eq!((input.bucket.as_str(), input.key.as_str()), ("b", "k"));
    assert_eq!(input.content_type, some("text/plain"));
    let metadata = [("colour", "red,blue"), ("name", "Ä")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(input.metadata, metadata);
    assert_eq!(input.object_lock_retain_until_date, Some(MOMENT));
    assert_eq!((input.content_length, input.bucket_key_enabled), (Some(12), Some(true)));
    const {
        assert!(
            PutObject::STREAMS_IN && !PutObject::XML_IN && GetObject::STREAMS_OUT && DeleteObjects::XML_IN
        )
    };
}

#[test]
fn an_object_is_answered_in_headers() {
    let output = GetObjectOutput {
        e_tag: some("\"abc\""),
        last_modified: Some(MOMENT),
        delete_marker: Some(true),
        content_length: Some(7),
        expires: some("whenever"),
        object_lock_retain_until_date: Some(MOMENT),
        metadata: vec![("a".to_owned(), "plain".to_owned()), ("b".to_owned(), "Ä".to_owned())],
        ..GetObjectOutput::default()
    };
    let draft = GetObject::encode(&output).unwrap();
    let expected = [
        ("etag", "\"abc\""),
        ("last-modified", "Sun, 22 Nov 2026 06:24:30 GMT"),
        ("x-amz-delete-marker", "true"),
        ("content-length", "7"),
        ("expires", "whenever"),
        ("x-amz-object-lock-retain-until-date", "2026-11-22T06:24:30.123Z"),
        ("x-amz-meta-a", "plain"),
        ("x-amz-meta-b", "=?UTF-8?B?w4Q=?="),
    ];
    assert_eq!(draft.headers.len(), expected.len());
    for (name, value) in expected {
        assert_eq!(draft.headers[name], value);
    }
    assert_eq!((draft.status, draft.body.len()), (StatusCode::OK, 0));
    let aborted = AbortMultipartUpload::encode(&AbortMultipartUploadOutput::default()).unwrap();
    assert_eq!(aborted.status, StatusCode::NO_CONTENT);
}

#[test]
fn a_value_that_makes_no_sense_is_an_invalid_argument() {
    let refusal = decode::<ListObjectsV2>(&[("max-keys", "many")], &[], b"").unwrap_err();
    assert_eq!(refusal.message, "Provided max-keys not an integer or within integer range");
    assert_eq!(refusal.elements[0], ("ArgumentName", "max-keys".to_owned()));
    assert_eq!(refusal.elements[1], ("ArgumentValue", "many".to_owned()));
    assert!(decode::<ListObjectsV2>(&[("max-keys", "2147483648")], &[], b"").is_err());
    assert_eq!(decode::<ListObjectsV2>(&[("max-keys", "")], &[], b"").unwrap().max_keys, None);
    assert!(decode::<PutObject>(&[], &[("x-amz-object-lock-retain-until-date", "soon")], b"").is_err());
    assert!(decode::<ListObjectsV2>(&[("fetch-owner", "maybe")], &[], b"").is_err());
}

#[test]
fn a_condition_whose_date_cannot_be_read_is_no_condition() {
    let headers = [("if-modified-since", "soon"), ("if-unmodified-since", "Sun, 22 Nov 2026 06:24:30 GMT")];
    let input = decode::<GetObject>(&[], &headers, b"").unwrap();
    assert_eq!(input.if_modified_since, None);
    assert_eq!(input.if_unmodified_since, Some(MOMENT.truncated_to_seconds()));
    let expires = [("response-expires", "Sun, 22 Nov 2026 06:24:30 GMT")];
    assert!(decode::<GetObject>(&expires, &[], b"").unwrap().response_expires.is_some());
}

#[test]
fn lists_in_headers_are_split_at_commas_and_joined_over_lines() {
    let headers = [("x-amz-object-attributes", "ETag, Checksum"), ("x-amz-object-attributes", "ObjectSize")];
    let input = decode::<GetObjectAttributes>(&[], &headers, b"").unwrap();
    assert_eq!(input.object_attributes, ["ETag", "Checksum", "ObjectSize"]);
}

#[test]
fn parts_are_read_with_and_without_a_namespace() {
    for xmlns in ["", " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", " xmlns=\"urn:other\""] {
        let body = format!(
            "<?xml version=\"1.0\"?><CompleteMultipartUpload{xmlns}><!-- two --><Part><PartNumber> 1 </PartNumber>\
             <ETag>&quot;a&quot;</ETag><Unknown><Deep/></Unknown></Part>\n<Part><ETag><![CDATA[\"b\"]]></ETag>\
             <PartNumber>2</PartNumber></Part></CompleteMultipartUpload>\n"
        );
        let input = decode::<CompleteMultipartUpload>(&[("uploadId", "u")], &[], body.as_bytes()).unwrap();
        let part = |tag: &str, number| CompletedPart {
            e_tag: some(tag),
            part_number: Some(number),
            ..CompletedPart::default()
        };
        assert_eq!(input.multipart_upload.unwrap().parts, [part("\"a\"", 1), part("\"b\"", 2)]);
        assert_eq!(input.upload_id, some("u"));
    }
}

#[test]
fn keys_survive_escaping() {
    let body = b"<d:Delete xmlns:d=\"x\"><d:Quiet>true</d:Quiet><d:Object><d:Key> a&amp;b&#x1;&#13;&lt; </d:Key><d:VersionId/>\
        </d:Object></d:Delete>";
    let delete = decode::<DeleteObjects>(&[("delete", "")], &[], body).unwrap().delete.unwrap();
    assert_eq!(delete.quiet, Some(true));
    assert_eq!(delete.objects[0].key, some(" a&b\u{1}\r< "));
    assert_eq!(delete.objects[0].version_id, some(""));
}

#[test]
fn what_is_not_the_document_that_was_asked_for_is_malformed() {
    for body in [
        "<Delete>",
        "<Delete></Other>",
        "<Other/>",
        "<Delete/><Delete/>",
        "<Delete/>x",
        "x<Delete/>",
        "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
        "<Delete><Object><Key>&#0;</Key></Object></Delete>",
        "<Delete><Object><Key>\0</Key></Object></Delete>",
        "<!DOCTYPE d [<!ENTITY e \"e\">]><Delete><Object><Key>&e;</Key></Object></Delete>",
        "<Delete><Object><Key>a<b/></Key></Object></Delete>",
        "<Delete><Quiet>perhaps</Quiet></Delete>",
        "<Delete><Object><Size>1.5</Size></Object></Delete>",
        "{}",
        " ",
    ] {
        let refusal = decode::<DeleteObjects>(&[], &[], body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::MalformedXML, "{body}");
    }
    assert!(decode::<DeleteObjects>(&[], &[], b"<Delete>\xff</Delete>").is_err());
}

#[test]
fn depth_and_elements_are_bounded() {
    let deep = format!("<Delete>{}{}</Delete>", "<a>".repeat(40), "</a>".repeat(40));
    assert_eq!(decode::<DeleteObjects>(&[], &[], deep.as_bytes()).unwrap_err().code, ErrorCode::MalformedXML);
    let long = format!("<Delete>{}</Delete>", "<a/>".repeat(200_000));
    assert_eq!(decode::<DeleteObjects>(&[], &[], long.as_bytes()).unwrap_err().code, ErrorCode::MalformedXML);
}

#[test]
fn a_body_that_is_needed_and_missing_is_refused() {
    let refusal = decode::<PutBucketTagging>(&[], &[], b"").unwrap_err();
    assert_eq!(refusal.code, ErrorCode::MissingRequestBodyError);
    assert_eq!(decode::<CreateBucket>(&[], &[], b"").unwrap().create_bucket_configuration, None);
    assert_eq!(decode::<PutBucketPolicy>(&[], &[], b"{}").unwrap().policy, some("{}"));
}

#[test]
fn roots_are_those_that_s3_writes() {
    let location =
        |place: Option<&str>| GetBucketLocationOutput { location_constraint: place.map(str::to_owned) };
    let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    let draft = GetBucketLocation::encode(&location(Some("eu-west-1"))).unwrap();
    assert_eq!(body(&draft), format!("<LocationConstraint {xmlns}>eu-west-1</LocationConstraint>"));
    assert_eq!(draft.headers["content-type"], "application/xml");
    let draft = GetBucketLocation::encode(&location(None)).unwrap();
    assert_eq!(body(&draft), format!("<LocationConstraint {xmlns}></LocationConstraint>"));

    let draft = GetBucketVersioning::encode(&GetBucketVersioningOutput::default()).unwrap();
    assert_eq!(body(&draft), format!("<VersioningConfiguration {xmlns}></VersioningConfiguration>"));

    let copied =
        CopyObjectResult { e_tag: some("\"a\""), last_modified: Some(MOMENT), ..CopyObjectResult::default() };
    let draft = CopyObject::encode(&CopyObjectOutput {
        copy_object_result: Some(copied),
        ..CopyObjectOutput::default()
    })
    .unwrap();
    assert_eq!(
        body(&draft),
        format!(
            "<CopyObjectResult {xmlns}><ETag>&quot;a&quot;</ETag><LastModified>2026-11-22T06:24:30.000Z\
             </LastModified></CopyObjectResult>"
        )
    );

    let policy = GetBucketPolicyOutput { policy: some("{\"Version\":\"2012-10-17\"}") };
    let draft = GetBucketPolicy::encode(&policy).unwrap();
    assert_eq!(
        (body(&draft), draft.headers["content-type"].as_bytes()),
        ("{\"Version\":\"2012-10-17\"}", &b"application/json"[..])
    );
}

#[test]
fn a_list_of_buckets_has_its_element_even_when_it_is_empty() {
    let text = |output: &ListBucketsOutput| body(&ListBuckets::encode(output).unwrap()).to_owned();
    assert!(text(&ListBucketsOutput::default()).contains("<Buckets></Buckets>"));
    let bucket = Bucket { name: some("one"), creation_date: Some(MOMENT), ..Bucket::default() };
    let filled = ListBucketsOutput { buckets: vec![bucket], ..ListBucketsOutput::default() };
    assert!(text(&filled).starts_with("<ListAllMyBucketsResult xmlns="));
    assert!(
        text(&filled).contains("<Buckets><Bucket><Name>one</Name><CreationDate>2026-11-22T06:24:30.000Z")
    );
}

#[test]
fn a_listing_writes_control_characters_as_references() {
    let object = Object { key: some("a\u{1}\n\"<é"), size: Some(3), ..Object::default() };
    let output = ListObjectsV2Output {
        contents: vec![object],
        common_prefixes: vec![CommonPrefix { prefix: some("p/") }],
        is_truncated: Some(false),
        prefix: some(""),
        ..ListObjectsV2Output::default()
    };
    let draft = ListObjectsV2::encode(&output).unwrap();
    let text = body(&draft);
    assert!(text.contains("<Contents><Key>a&#x1;&#xa;&quot;&lt;é</Key><Size>3</Size></Contents>"), "{text}");
    assert!(text.contains("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"));
    assert!(text.contains("<IsTruncated>false</IsTruncated>") && text.contains("<Prefix></Prefix>"));
}

#[test]
fn versions_and_delete_markers_are_listed_in_one_order() {
    let at = |millis| Some(Timestamp::from_millis(millis));
    let version = |key: &str, millis, latest| ObjectVersion {
        key: some(key),
        last_modified: at(millis),
        is_latest: Some(latest),
        ..ObjectVersion::default()
    };
    let marker = |key: &str, millis, latest| DeleteMarkerEntry {
        key: some(key),
        last_modified: at(millis),
        is_latest: Some(latest),
        ..DeleteMarkerEntry::default()
    };
    let output = ListObjectVersionsOutput {
        versions: vec![version("a", 9, true), version("b", 5, false), version("b", 1, false)],
        delete_markers: vec![marker("b", 5, true), marker("b", 3, false), marker("c", 1, true)],
        ..ListObjectVersionsOutput::default()
    };
    let draft = ListObjectVersions::encode(&output).unwrap();
    let order: Vec<&str> = body(&draft)
        .split('<')
        .filter_map(|tag| tag.strip_suffix('>').filter(|tag| ["Version", "DeleteMarker"].contains(tag)))
        .collect();
    assert_eq!(order, ["Version", "DeleteMarker", "Version", "DeleteMarker", "Version", "DeleteMarker"]);
}

#[test]
fn a_grantee_carries_its_type_as_an_attribute() {
    let grantee = Grantee { r#type: some("CanonicalUser"), id: some("1"), ..Grantee::default() };
    let grant = Grant { grantee: Some(grantee), permission: some("READ") };
    let output = GetBucketAclOutput { grants: vec![grant.clone()], ..GetBucketAclOutput::default() };
    let draft = GetBucketAcl::encode(&output).unwrap();
    assert!(body(&draft).contains("xsi:type=\"CanonicalUser\"><ID>1</ID></Grantee>"));
    let policy = decode::<PutBucketAcl>(&[], &[], &draft.body).unwrap().access_control_policy.unwrap();
    assert_eq!(policy.grants, [grant]);
}

/// Reads `text`, writes what was read and expects to read the same again.
fn round_trip<T: FromXml + ToXml + PartialEq + Debug>(root: &'static str, text: &str) -> T {
    let first: T = XmlReader::document(text.as_bytes(), root).unwrap().unwrap();
    let mut writer = XmlWriter::document(root, super::xml_out::NAMESPACE);
    first.write(root, &mut writer);
    let second: T = XmlReader::document(&writer.into_bytes(), root).unwrap().unwrap();
    assert_eq!(first, second);
    first
}

#[test]
fn configurations_read_back_what_they_wrote() {
    let rule: api::s3::LifecycleRule = round_trip(
        "Rule",
        "<Rule><ID>r</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key>\
         <Value/></Tag></And></Filter><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>GLACIER\
         </StorageClass></Transition><Expiration><Date>2026-11-22T00:00:00Z</Date></Expiration></Rule>",
    );
    assert_eq!(rule.filter.unwrap().and.unwrap().tags.len(), 2);
    let rule: api::s3::ReplicationRule = round_trip(
        "Rule",
        "<Rule><Priority>1</Priority><Filter><Prefix/></Filter><Destination><Bucket>arn</Bucket><Metrics><Status>\
         Enabled</Status></Metrics></Destination></Rule>",
    );
    assert_eq!(rule.priority, Some(1));
    let inventory: api::s3::InventoryConfiguration = round_trip(
        "InventoryConfiguration",
        "<InventoryConfiguration><Destination><S3BucketDestination><Encryption><SSE-S3/></Encryption>\
         </S3BucketDestination></Destination><OptionalFields><Field>Size</Field></OptionalFields></InventoryConfiguration>",
    );
    assert_eq!(inventory.optional_fields, ["Size"]);
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode_with_all(&bytes);
    }

    #[test]
    fn any_elements_decode_or_are_refused(body in documents()) {
        decode_with_all(body.as_bytes());
    }

    #[test]
    fn any_text_survives_an_element(text in "\\PC*|[\\x01-\\x20<&\"'>]*") {
        let mut writer = XmlWriter::document("Key", super::xml_out::NAMESPACE);
        text.write("Key", &mut writer);
        let read: Option<String> = XmlReader::document(&writer.into_bytes(), "Key").unwrap();
        assert_eq!(read, Some(text));
    }
}

/// Texts made of the words that the documents are made of.
fn documents() -> impl Strategy<Value = String> {
    let words = [
        "<Delete>",
        "</Delete>",
        "<Object>",
        "</Object>",
        "<Key>",
        "</Key>",
        "<Tagging>",
        "</Tagging>",
        "<TagSet/>",
        "<Rule>",
        "</Rule>",
        "<LifecycleConfiguration xmlns='a'>",
        "</LifecycleConfiguration>",
        "&amp;",
        "&#x10ffff;",
        "&#xd800;",
        "&",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?a?>",
        "<!DOCTYPE a>",
        "<a:b c=\"d\"",
        "/>",
        "1",
        "é",
        " ",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..40).prop_map(|words| words.concat())
}

fn decode_with_all(body: &[u8]) {
    let _ = decode::<DeleteObjects>(&[], &[], body);
    let _ = decode::<CompleteMultipartUpload>(&[], &[], body);
    let _ = decode::<CreateBucket>(&[], &[], body);
    let _ = decode::<PutBucketAcl>(&[], &[], body);
    let _ = decode::<PutBucketTagging>(&[], &[], body);
    let _ = decode::<PutBucketLifecycleConfiguration>(&[], &[], body);
    let _ = decode::<PutBucketWebsite>(&[], &[], body);
    let _ = decode::<PutBucketPolicy>(&[], &[], body);
    let _ = decode::<PutPublicAccessBlock>(&[], &[], body);
}
