"""RenameObject: an object under another key at once, with all that it is."""

import pytest

from support import boto
from support.boto import refused
from support.content import content

MIB = 1 << 20


def rename(s3, bucket, source, target, **conditions):
    return s3.rename_object(Bucket=bucket, Key=target, RenameSource=source, **conditions)


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("size", [0, 100, 100_000, 9 * MIB])
def test_an_object_keeps_all_but_its_key(s3, bucket, size):
    body = content("renamed", size)
    s3.put_object(Bucket=bucket, Key="old", Body=body, ContentType="text/x", Metadata={"a": "1"}, Tagging="t=1")
    before = s3.head_object(Bucket=bucket, Key="old")
    rename(s3, bucket, "old", "new/name")
    assert keys(s3, bucket) == ["new/name"]
    after = s3.get_object(Bucket=bucket, Key="new/name")
    assert boto.body(after) == body
    for name in ("ETag", "LastModified", "ContentType", "Metadata"):
        assert after[name] == before[name]
    assert s3.get_object_tagging(Bucket=bucket, Key="new/name")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_parts_move_along(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="old")["UploadId"]
    parts = []
    for number in (1, 2):
        body = content(f"part {number}", 5 * MIB)
        sent = s3.upload_part(Bucket=bucket, Key="old", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="old", UploadId=upload, MultipartUpload={"Parts": parts})
    rename(s3, bucket, f"/{bucket}/old", "new")
    s3.put_object(Bucket=bucket, Key="old", Body=b"another")
    second = s3.get_object(Bucket=bucket, Key="new", PartNumber=2)
    assert second["PartsCount"] == 2 and boto.body(second) == content("part 2", 5 * MIB)
    s3.delete_object(Bucket=bucket, Key="old")
    assert boto.body(s3.get_object(Bucket=bucket, Key="new")) == content("part 1", 5 * MIB) + content("part 2", 5 * MIB)


def test_conditions_hold_for_both_keys(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="old", Body=b"old")["ETag"]
    s3.put_object(Bucket=bucket, Key="new", Body=b"new")
    other = '"00000000000000000000000000000000"'
    for condition in ({"DestinationIfNoneMatch": "*"}, {"DestinationIfMatch": other}, {"SourceIfMatch": other}, {"SourceIfNoneMatch": etag}):
        with refused("PreconditionFailed", 412):
            rename(s3, bucket, "old", "new", **condition)
    assert keys(s3, bucket) == ["new", "old"]
    rename(s3, bucket, "old", "new", SourceIfMatch=etag)
    assert boto.body(s3.get_object(Bucket=bucket, Key="new")) == b"old" and keys(s3, bucket) == ["new"]


def test_what_cannot_be_renamed_stays(s3, bucket):
    with refused("NoSuchKey", 404):
        rename(s3, bucket, "nothing", "new")
    s3.put_object(Bucket=bucket, Key="old", Body=b"old")
    for source, target in (("old", "old"), ("old", "folder/"), ("/elsewhere/old", "new")):
        with refused("InvalidArgument", 400):
            rename(s3, bucket, source, target)
    assert keys(s3, bucket) == ["old"]


def test_a_bucket_with_versions_renames_nothing(s3, versioned):
    s3.put_object(Bucket=versioned, Key="old", Body=b"old")
    with refused("InvalidRequest", 400):
        rename(s3, versioned, "old", "new")
    assert keys(s3, versioned) == ["old"]
