"""Annotations: named texts beside a version, written, read, listed, copied and gone with it."""

import concurrent.futures
import datetime
import time

import pytest

from support import boto, raw
from support.boto import refused
from support.checksums import DIGESTS, checksum, header
from support.content import content

EU = {"LocationConstraint": "eu-west-1"}
MIB = 1 << 20
# Payloads beside the row and in the store.
SIZES = [1, 4096, 4097, 100_000, MIB]


def text(seed, size):
    """UTF-8 of that many bytes."""
    return content(seed, (size + 1) // 2).hex().encode()[:size]


def annotate(s3, bucket, name="note", payload=b"hello", key="k", **more):
    return s3.put_object_annotation(Bucket=bucket, Key=key, AnnotationName=name, AnnotationPayload=payload, **more)


def get(s3, bucket, name="note", key="k", **more):
    return s3.get_object_annotation(Bucket=bucket, Key=key, AnnotationName=name, **more)


def read(s3, bucket, name="note", key="k", **more):
    return get(s3, bucket, name, key, **more)["AnnotationPayload"].read()


def entries(s3, bucket, key="k", **more):
    return s3.list_object_annotations(Bucket=bucket, Key=key, **more).get("Annotations", [])


def names(s3, bucket, key="k", **more):
    return [entry["AnnotationName"] for entry in entries(s3, bucket, key, **more)]


def drop(s3, bucket, name="note", key="k", **more):
    return s3.delete_object_annotation(Bucket=bucket, Key=key, AnnotationName=name, **more)


@pytest.fixture
def annotated(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"body")
    return bucket


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_and_replaced(s3, annotated, size):
    before = s3.head_object(Bucket=annotated, Key="k")
    made = annotate(s3, annotated, payload=text("a", size))
    assert (made["Key"], made["AnnotationName"]) == ("k", "note") and "ObjectVersionId" not in made
    got = get(s3, annotated)
    assert got["AnnotationPayload"].read() == text("a", size)
    assert (got["ETag"], got["ContentLength"]) == (made["ETag"], size)
    assert abs(got["LastModified"] - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(seconds=60)
    annotate(s3, annotated, payload="zwei ä€😀".encode())
    assert read(s3, annotated).decode() == "zwei ä€😀" and names(s3, annotated) == ["note"]
    after = s3.head_object(Bucket=annotated, Key="k")
    for name in ("ETag", "LastModified", "ContentLength"):
        assert after[name] == before[name]


def test_what_is_deleted_is_gone_and_deleting_it_again_is_no_error(s3, annotated):
    annotate(s3, annotated)
    annotate(s3, annotated, "other", b"x" * 9000)
    for _ in range(2):
        assert boto.status(drop(s3, annotated)) == 204
        with refused("NoSuchAnnotation", 404):
            get(s3, annotated)
        assert names(s3, annotated) == ["other"]
    drop(s3, annotated, "other")
    assert entries(s3, annotated) == []


def test_a_listing_tells_each_in_order(s3, annotated):
    made = annotate(s3, annotated, "b.2", text("b", 5000), ChecksumAlgorithm="SHA256")
    for name in ("b-1", "ä", "a_9", "B"):
        annotate(s3, annotated, name)
    listed = s3.list_object_annotations(Bucket=annotated, Key="k")
    assert [entry["AnnotationName"] for entry in listed["Annotations"]] == ["B", "a_9", "b-1", "b.2", "ä"]
    entry = listed["Annotations"][3]
    assert (entry["Size"], entry["ETag"], entry["ChecksumAlgorithm"]) == (5000, made["ETag"], ["SHA256"])
    assert (listed["Bucket"], listed["Key"], listed["AnnotationCount"]) == (annotated, "k", 5)
    assert listed["MaxAnnotationResults"] == 1000 and "NextContinuationToken" not in listed


@pytest.mark.parametrize("size", [1, 2, 7])
def test_pages_with_a_prefix_join_to_the_whole(s3, annotated, size):
    wanted = [f"in.{n}" for n in range(7)]
    for name in [*wanted, "i", "in", "ia", "io", "z"]:
        annotate(s3, annotated, name)
    paginator = s3.get_paginator("list_object_annotations")
    pages = list(
        paginator.paginate(
            Bucket=annotated, Key="k", AnnotationPrefix="in.", PaginationConfig={"PageSize": size}
        )
    )
    assert [entry["AnnotationName"] for page in pages for entry in page["Annotations"]] == wanted
    assert all(len(page["Annotations"]) <= size and page["AnnotationPrefix"] == "in." for page in pages)
    assert names(s3, annotated, AnnotationPrefix="none") == []
    first = s3.list_object_annotations(Bucket=annotated, Key="k", MaxAnnotationResults=2)
    token = first["NextContinuationToken"]
    after = s3.list_object_annotations(Bucket=annotated, Key="k", ContinuationToken=token, AnnotationPrefix="a")
    assert after["ContinuationToken"] == token and after["AnnotationCount"] == 0


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"AnnotationPrefix": "a/b"}, "InvalidPrefix"),
        ({"ContinuationToken": "!"}, "InvalidArgument"),
    ],
)
def test_a_listing_that_cannot_be_is_refused(s3, annotated, how, code):
    with refused(code, 400):
        s3.list_object_annotations(Bucket=annotated, Key="k", **how)


@pytest.mark.parametrize("size", ["0", "-1", "x"])
def test_a_page_of_nothing_is_refused(server, annotated, size):
    answer = raw.call(server, "GET", f"/{annotated}/k?annotation&max-annotation-results={size}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("aws.x", "InvalidAnnotationName"),
        ("S3", "InvalidAnnotationName"),
        ("a b", "InvalidAnnotationName"),
        ("a/b", "InvalidAnnotationName"),
        ("😀", "InvalidAnnotationName"),
        ("", "InvalidAnnotationName"),
        ("ä" * 257, "AnnotationNameTooLong"),
    ],
)
def test_a_name_that_is_none_is_refused(s3, annotated, name, code):
    with refused(code, 400):
        annotate(s3, annotated, name)
    assert entries(s3, annotated) == []


def test_the_longest_name_under_the_longest_key(s3, bucket):
    key, name = "ä" * 512, "ä" * 256
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    annotate(s3, bucket, name, text("long", 20_000), key=key)
    assert read(s3, bucket, name, key=key) == text("long", 20_000)
    assert names(s3, bucket, key=key) == [name]


@pytest.mark.parametrize(
    ("payload", "code", "status"),
    [
        (b"", "InvalidRequest", 400),
        (b"x" * (MIB + 1), "EntityTooLarge", 400),
        (b"a\xff", "UnsupportedMediaType", 415),
        (b"x" * 70_000 + b"\xc3", "UnsupportedMediaType", 415),
    ],
)
def test_a_payload_that_is_none_changes_nothing(s3, annotated, payload, code, status):
    annotate(s3, annotated)
    with refused(code, status):
        annotate(s3, annotated, payload=payload)
    with refused(code, status):
        annotate(s3, annotated, "new", payload)
    assert read(s3, annotated) == b"hello" and names(s3, annotated) == ["note"]


def test_what_is_not_there_is_told(s3, annotated):
    with refused("NoSuchAnnotation", 404):
        get(s3, annotated)
    for call in (annotate, get, drop):
        with refused("NoSuchKey", 404):
            call(s3, annotated, key="none")
        with refused("NoSuchBucket", 404):
            call(s3, boto.fresh_name("none"))
    with refused("NoSuchKey", 404):
        entries(s3, annotated, key="none")


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_checksums_are_proven_kept_and_shown_on_request(server, s3, annotated, algorithm):
    payload, target, name = b"sum me", f"/{annotated}/k?annotation&annotationName=n", header(algorithm)
    value = checksum(algorithm, payload)
    put = raw.call(server, "PUT", target, payload, {name: value})
    assert (put.status, put.header(name), put.header("x-amz-checksum-type")) == (200, value, "FULL_OBJECT")
    got = raw.call(server, "GET", target, headers={"x-amz-checksum-mode": "ENABLED"})
    assert (got.body, got.header(name), got.header("x-amz-checksum-type")) == (payload, value, "FULL_OBJECT")
    assert raw.call(server, "GET", target).header(name) is None
    refusal = raw.call(server, "PUT", target, payload, {name: checksum(algorithm, b"other")})
    assert (refusal.status, refusal.code) == (400, "BadDigest")
    assert read(s3, annotated, "n") == payload


def test_without_a_checksum_it_gets_crc64nvme(server, s3, annotated):
    assert raw.call(server, "PUT", f"/{annotated}/k?annotation&annotationName=n", b"x").status == 200
    assert entries(s3, annotated)[0]["ChecksumAlgorithm"] == ["CRC64NVME"]


def test_a_condition_asks_for_the_object_s_etag(s3, annotated):
    etag = s3.head_object(Bucket=annotated, Key="k")["ETag"]
    annotate(s3, annotated, ObjectIfMatch=etag)
    for call in (annotate, drop):
        with refused("PreconditionFailed", 412):
            call(s3, annotated, ObjectIfMatch='"00000000000000000000000000000000"')
    assert read(s3, annotated) == b"hello"
    drop(s3, annotated, ObjectIfMatch=etag)
    assert entries(s3, annotated) == []


def test_each_version_has_annotations_of_its_own_and_they_go_with_it(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    assert annotate(s3, versioned, payload=b"one")["ObjectVersionId"] == first
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    assert entries(s3, versioned) == []
    annotate(s3, versioned, payload=text("two", 9000))
    annotate(s3, versioned, "late", b"x", VersionId=first)
    assert names(s3, versioned, VersionId=first) == ["late", "note"]
    assert get(s3, versioned, VersionId=first)["ObjectVersionId"] == first
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("NoSuchKey", 404):
        get(s3, versioned)
    with refused("MethodNotAllowed", 405):
        annotate(s3, versioned, VersionId=marker)
    assert read(s3, versioned, VersionId=second) == text("two", 9000)
    s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert read(s3, versioned) == b"one"
    with refused("NoSuchVersion", 404):
        entries(s3, versioned, VersionId=second)


def test_an_overwritten_object_takes_its_annotations_along(s3, annotated):
    annotate(s3, annotated, payload=text("a", 9000))
    s3.put_object(Bucket=annotated, Key="k", Body=b"new")
    assert entries(s3, annotated) == []
    annotate(s3, annotated)
    s3.delete_object(Bucket=annotated, Key="k")
    s3.put_object(Bucket=annotated, Key="k", Body=b"again")
    assert entries(s3, annotated) == []


@pytest.mark.parametrize("directive", [None, "COPY", "EXCLUDE"])
def test_a_copy_takes_them_along_unless_told_not_to(s3, annotated, directive):
    for size in SIZES:
        annotate(s3, annotated, f"n{size}", text(str(size), size), ChecksumAlgorithm="SHA1")
    how = {"AnnotationDirective": directive} if directive else {}
    source = {"Bucket": annotated, "Key": "k"}
    s3.copy_object(Bucket=annotated, Key="copy", CopySource=source, **how)
    s3.delete_object(Bucket=annotated, Key="k")
    if directive == "EXCLUDE":
        assert entries(s3, annotated, key="copy") == []
        return
    assert sorted(names(s3, annotated, key="copy")) == sorted(f"n{size}" for size in SIZES)
    for size in SIZES:
        assert read(s3, annotated, f"n{size}", key="copy") == text(str(size), size)
    assert {entry["ChecksumAlgorithm"][0] for entry in entries(s3, annotated, key="copy")} == {"SHA1"}


def test_a_copy_onto_itself_and_from_a_version_keep_them(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    annotate(s3, versioned)
    source = {"Bucket": versioned, "Key": "k"}
    s3.copy_object(Bucket=versioned, Key="k", CopySource=source, MetadataDirective="REPLACE")
    assert read(s3, versioned) == b"hello"
    drop(s3, versioned)
    s3.copy_object(Bucket=versioned, Key="c", CopySource={**source, "VersionId": first})
    assert (names(s3, versioned), names(s3, versioned, key="c")) == ([], ["note"])


def test_a_directive_that_is_none_is_refused(server, annotated):
    headers = {"x-amz-copy-source": f"/{annotated}/k", "x-amz-object-annotation-directive": "MOVE"}
    answer = raw.call(server, "PUT", f"/{annotated}/c", headers=headers)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_thousand_and_no_more_copied_and_gone_with_their_version(server, s3, annotated):
    payload = text("thousand", 4096)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: annotate(s3, annotated, f"n{n:04}", payload), range(1000)))
    for key in ("k", "copy"):
        with refused("AnnotationLimitExceeded", 400):
            annotate(s3, annotated, "more", key=key)
        annotate(s3, annotated, "n0000", b"replaced", key=key)
        if key == "k":
            s3.copy_object(Bucket=annotated, Key="copy", CopySource={"Bucket": annotated, "Key": "k"})
    assert names(s3, annotated, key="copy") == [f"n{n:04}" for n in range(1000)]
    start = time.monotonic()
    s3.delete_object(Bucket=annotated, Key="k")
    assert time.monotonic() - start < 2
    drop(s3, annotated, "n0999", key="copy")
    annotate(s3, annotated, "more", key="copy")


def test_a_locked_version_keeps_its_annotations_as_they_are(s3):
    bucket = boto.fresh_name("locked")
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=EU)
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    annotate(s3, bucket)
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    named = {"Bucket": bucket, "Key": "k"}
    retain, free = {"Mode": "GOVERNANCE", "RetainUntilDate": until}, {"BypassGovernanceRetention": True}
    for how in ("retention", "legal hold"):
        if how == "retention":
            s3.put_object_retention(**named, Retention=retain)
        else:
            s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
        for change in (annotate, drop):
            with refused("AccessDenied", 403):
                change(s3, bucket)
        with refused("AccessDenied", 403):
            annotate(s3, bucket, "new")
        assert read(s3, bucket) == b"hello" and names(s3, bucket) == ["note"]
        copied = s3.copy_object(Bucket=bucket, Key="k", CopySource=named, MetadataDirective="REPLACE")
        annotate(s3, bucket, "new", VersionId=copied["VersionId"])
        s3.delete_object(**named, VersionId=copied["VersionId"])
        s3.put_object_retention(**named, Retention={}, **free)
        s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    drop(s3, bucket)
    s3.delete_object(**named, VersionId=version)
    boto.remove(s3, bucket)


def test_a_renamed_object_keeps_them(s3, annotated):
    annotate(s3, annotated, payload=text("r", 9000))
    s3.rename_object(Bucket=annotated, Key="new", RenameSource="k")
    assert read(s3, annotated, key="new") == text("r", 9000)
    time.sleep(1.5)
    assert read(s3, annotated, key="new") == text("r", 9000)


def test_the_last_of_many_writers_stands_and_none_is_counted_twice(s3, annotated):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: annotate(s3, annotated, f"n{n % 4}", text(str(n), 5000 + n)), range(40)))
    assert names(s3, annotated) == ["n0", "n1", "n2", "n3"]
    for entry in entries(s3, annotated):
        assert len(read(s3, annotated, entry["AnnotationName"])) == entry["Size"]
    for name in names(s3, annotated):
        drop(s3, annotated, name)
    assert entries(s3, annotated) == []


@pytest.mark.parametrize("versions", [False, True])
def test_an_object_overwritten_under_a_payload_gets_none_of_it(server, s3, annotated, versions):
    if versions:
        s3.put_bucket_versioning(Bucket=annotated, VersioningConfiguration={"Status": "Enabled"})
    request = raw.signed(server, "PUT", f"/{annotated}/k?annotation&annotationName=n", text("slow", 100_000))
    with raw.Connection(server) as connection:
        connection.send(request[:-50_000])
        time.sleep(0.3)
        s3.put_object(Bucket=annotated, Key="k", Body=b"other")
        connection.send(request[-50_000:])
        answer = connection.read("PUT")
    assert (answer.status, answer.code) == (409, "OperationAborted")
    assert entries(s3, annotated) == []


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_what_stands_and_frees_what_went(start, end):
    private = start()
    s3 = boto.client(private)
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration=EU)
    for key in ("k", "gone"):
        s3.put_object(Bucket="kept", Key=key, Body=b"x")
        for size in SIZES:
            annotate(s3, "kept", f"n{size}", text(str(size), size), key=key)
    s3.copy_object(Bucket="kept", Key="copy", CopySource={"Bucket": "kept", "Key": "gone"})
    s3.delete_object(Bucket="kept", Key="gone")
    getattr(private, end)()
    private.start()
    s3 = boto.client(private)
    for _ in range(2):
        for key in ("k", "copy"):
            assert len(names(s3, "kept", key=key)) == len(SIZES)
            for size in SIZES:
                assert read(s3, "kept", f"n{size}", key=key) == text(str(size), size)
        # By then the sweep and the reclaimer went over all that was left.
        time.sleep(1.5)
    for key in ("k", "copy"):
        s3.delete_object(Bucket="kept", Key=key)
    s3.delete_bucket(Bucket="kept")
