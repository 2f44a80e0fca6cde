"""Tags of objects and buckets: set, read, counted, copied, bounded."""

import pytest
import requests

from support import boto
from support.boto import refused

LOCATION = {"LocationConstraint": "eu-west-1"}


def tag_set(**tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(s3, bucket, key="k", **version):
    return s3.get_object_tagging(Bucket=bucket, Key=key, **version)["TagSet"]


def test_tags_are_set_read_counted_and_removed(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert tags_of(s3, bucket) == [] and "TagCount" not in s3.get_object(Bucket=bucket, Key="k")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tag_set(team="a b", ä="")})
    assert tags_of(s3, bucket) == tag_set(team="a b", ä="")
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tag_set(only="one")})
    assert tags_of(s3, bucket) == tag_set(only="one")
    assert boto.status(s3.delete_object_tagging(Bucket=bucket, Key="k")) == 204
    assert tags_of(s3, bucket) == []


def test_a_put_a_copy_and_an_upload_bring_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b%20c=d%2Be")
    assert tags_of(s3, bucket) == tag_set(a="1", **{"b c": "d+e"})
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="other", CopySource=source, TaggingDirective="REPLACE", Tagging="z=9")
    assert (tags_of(s3, bucket, "same"), tags_of(s3, bucket, "other")) == (tags_of(s3, bucket), tag_set(z="9"))
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", Tagging="p=1")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert tags_of(s3, bucket, "parts") == tag_set(p="1")


def test_each_version_has_tags_of_its_own(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1", Tagging="v=1")["VersionId"]
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    assert tags_of(s3, versioned) == [] and tags_of(s3, versioned, VersionId=first) == tag_set(v="1")
    changed = s3.put_object_tagging(
        Bucket=versioned, Key="k", VersionId=first, Tagging={"TagSet": tag_set(v="one")}
    )
    assert changed["VersionId"] == first
    assert tags_of(s3, versioned, VersionId=first) == tag_set(v="one")
    assert s3.get_object_tagging(Bucket=versioned, Key="k")["VersionId"] == second
    assert boto.body(s3.get_object(Bucket=versioned, Key="k", VersionId=first)) == b"1"


BAD = {
    "a key twice": (tag_set(a="1") + tag_set(a="2"), "InvalidTag"),
    "eleven": ([{"Key": str(n), "Value": ""} for n in range(11)], "BadRequest"),
    "a long key": (tag_set(**{"k" * 129: ""}), "InvalidTag"),
    "a long value": (tag_set(a="v" * 257), "InvalidTag"),
    "AWS's own": (tag_set(**{"aws:a": "1"}), "InvalidTag"),
    "letters that no tag has": (tag_set(a="<>"), "InvalidTag"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_set_that_is_none_changes_nothing(s3, bucket, what):
    tags, code = BAD[what]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="old=1")
    with refused(code, 400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert tags_of(s3, bucket) == tag_set(old="1")


@pytest.mark.parametrize("header", ["a=1&a=2", "%zz=1"])
def test_a_header_that_is_no_query_stores_nothing(s3, bucket, header):
    with refused("InvalidArgument", 400) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging=header)
    assert error["ArgumentName"] == "x-amz-tagging"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_tags_of_nothing_are_not_found(s3, versioned):
    with refused("NoSuchKey", 404):
        tags_of(s3, versioned)
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("MethodNotAllowed", 405):
        tags_of(s3, versioned, VersionId=marker)


def test_a_form_brings_tags(s3, bucket):
    tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag></TagSet></Tagging>"
    tagging = tagging.replace("&amp;", "+")
    fields = {"tagging": tagging}
    made = s3.generate_presigned_post(bucket, "k", Fields=fields, Conditions=[{"tagging": tagging}], ExpiresIn=60)
    answer = requests.post(made["url"], data=made["fields"], files={"file": ("f", b"x")}, timeout=30)
    assert answer.status_code == 204, answer.text
    assert tags_of(s3, bucket) == tag_set(**{"a b": "1+2"})


def test_a_bucket_has_tags(s3, bucket):
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": str(n), "Value": "v"} for n in range(50)]})
    assert len(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 50
    with refused("BadRequest", 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": str(n), "Value": "v"} for n in range(51)]})
    assert boto.status(s3.delete_bucket_tagging(Bucket=bucket)) == 204
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)


def test_a_bucket_is_born_with_tags_and_takes_them_along(s3):
    name = boto.fresh_name()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={**LOCATION, "Tags": tag_set(a="1")})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tag_set(a="1")
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=name)
    s3.delete_bucket(Bucket=name)
