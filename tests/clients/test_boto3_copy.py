"""CopyObject: what travels with the bytes, what may be replaced, which sources are refused."""

import datetime

import pytest

from support import boto, raw
from support.boto import refused
from support.content import content, md5

EARLIER = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
DATA = content("copy", 2 * 1024 * 1024 + 5)


@pytest.fixture
def source(s3, bucket):
    s3.put_object(
        Bucket=bucket, Key="from", Body=DATA, ContentType="text/x-from", CacheControl="no-cache", Metadata={"a": "1"}
    )
    return {"Bucket": bucket, "Key": "from"}


def test_a_copy_has_the_bytes_and_the_metadata(s3, bucket, source):
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == f'"{md5(DATA)}"'
    got = s3.get_object(Bucket=bucket, Key="to")
    assert boto.body(got) == DATA
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/x-from", "no-cache", {"a": "1"})
    assert copied["CopyObjectResult"]["LastModified"] == got["LastModified"]


def test_a_copy_outlives_its_source(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    s3.delete_object(**source)
    assert boto.body(s3.get_object(Bucket=bucket, Key="to")) == DATA
    s3.copy_object(Bucket=bucket, Key="again", CopySource={"Bucket": bucket, "Key": "to"})
    s3.delete_object(Bucket=bucket, Key="to")
    assert boto.body(s3.get_object(Bucket=bucket, Key="again")) == DATA


def test_replace_takes_the_new_metadata_only(s3, bucket, source):
    s3.copy_object(
        Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}, ContentType="text/x-to"
    )
    got = s3.head_object(Bucket=bucket, Key="to")
    assert (got["ContentType"], got["Metadata"], "CacheControl" in got) == ("text/x-to", {"b": "2"}, False)


def test_metadata_given_without_replace_is_not_taken(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"a": "1"}


def test_a_copy_onto_itself_must_change_something(s3, bucket, source):
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="from", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"})
    got = s3.get_object(**source)
    assert got["Metadata"] == {"c": "3"} and boto.body(got) == DATA
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source, StorageClass="STANDARD_IA")
    assert s3.head_object(**source)["StorageClass"] == "STANDARD_IA"


def test_between_buckets_and_with_awkward_keys(s3, bucket):
    other = boto.fresh_name()
    s3.create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    key = "a folder/with+plus & 100%/ü?x=y"
    s3.put_object(Bucket=bucket, Key=key, Body=b"awkward")
    s3.copy_object(Bucket=other, Key=key, CopySource={"Bucket": bucket, "Key": key})
    assert boto.body(s3.get_object(Bucket=other, Key=key)) == b"awkward"
    boto.remove(s3, other)


@pytest.mark.parametrize("form", ["/{bucket}/from", "{bucket}/from", "{bucket}/fr%6Fm", "%2F{bucket}%2Ffrom"])
def test_the_source_may_be_written_in_several_ways(server, s3, bucket, source, form):
    named = {"x-amz-copy-source": form.format(bucket=bucket)}
    assert raw.call(server, "PUT", f"/{bucket}/to", headers=named).status == 200
    assert boto.body(s3.get_object(Bucket=bucket, Key="to")) == DATA


def test_absent_sources_are_told(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "absent"})
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": boto.fresh_name("absent"), "Key": "k"})
    with refused("InvalidArgument", 400):
        s3.copy_object(Bucket=bucket, Key="to", CopySource="no-slash")


def test_conditions_on_the_source(s3, bucket, source):
    etag = s3.head_object(**source)["ETag"]
    to = {"Bucket": bucket, "Key": "to", "CopySource": source}
    s3.copy_object(**to, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=EARLIER)
    s3.copy_object(**to, CopySourceIfNoneMatch='"other"')
    s3.copy_object(**to, CopySourceIfModifiedSince=EARLIER)
    for asked in (
        {"CopySourceIfMatch": '"other"'},
        {"CopySourceIfNoneMatch": etag},
        {"CopySourceIfUnmodifiedSince": EARLIER},
        {"CopySourceIfNoneMatch": etag, "CopySourceIfModifiedSince": EARLIER},
    ):
        with refused("PreconditionFailed", 412):
            s3.copy_object(**to, **asked)


def test_conditions_on_the_destination(s3, bucket, source):
    etag = s3.copy_object(Bucket=bucket, Key="to", CopySource=source, IfNoneMatch="*")["CopyObjectResult"]["ETag"]
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=source, IfNoneMatch="*")
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=source, IfMatch='"other"')


def test_a_version_can_be_the_source(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"first")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"second")
    copied = s3.copy_object(
        Bucket=versioned, Key="k", CopySource={"Bucket": versioned, "Key": "k", "VersionId": first}
    )
    assert copied["CopySourceVersionId"] == first and copied["VersionId"] not in (first, None)
    assert boto.body(s3.get_object(Bucket=versioned, Key="k")) == b"first"


def test_a_delete_marker_is_no_source(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=versioned, Key="to", CopySource={"Bucket": versioned, "Key": "k"})
    with refused("InvalidRequest", 400):
        s3.copy_object(
            Bucket=versioned, Key="to", CopySource={"Bucket": versioned, "Key": "k", "VersionId": marker}
        )


def test_a_copy_may_ask_for_another_checksum(s3, bucket, source):
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source, ChecksumAlgorithm="SHA256")
    checksum = copied["CopyObjectResult"]["ChecksumSHA256"]
    assert s3.head_object(Bucket=bucket, Key="to", ChecksumMode="ENABLED")["ChecksumSHA256"] == checksum


def test_a_managed_copy_of_a_large_object_goes_by_parts(s3, bucket):
    data = content("large copy", 12 * 1024 * 1024)
    s3.put_object(Bucket=bucket, Key="large", Body=data)
    config = boto.boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=config)
    got = s3.get_object(Bucket=bucket, Key="copied")
    assert boto.body(got) == data and got["ETag"].endswith('-3"')
