"""DeleteObjects: a thousand at once, quiet or not, each with its own outcome."""

import base64
import hashlib

import pytest

from support import boto, raw
from support.boto import refused


def delete(s3, bucket, *objects, **how):
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": list(objects), **how})


def test_what_is_there_and_what_is_not_are_both_deleted(s3, bucket):
    for key in ("a", "b & c", "d/é"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    gone = delete(s3, bucket, {"Key": "a"}, {"Key": "b & c"}, {"Key": "d/é"}, {"Key": "absent"})
    assert [one["Key"] for one in gone["Deleted"]] == ["a", "b & c", "d/é", "absent"]
    assert "Errors" not in gone and s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_quiet_tells_errors_only(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    gone = delete(s3, bucket, {"Key": "a"}, Quiet=True)
    assert "Deleted" not in gone and "Errors" not in gone


def test_a_thousand_at_once_and_no_more(s3, bucket):
    for n in range(0, 1000, 100):
        s3.put_object(Bucket=bucket, Key=f"k{n}", Body=b"")
    gone = delete(s3, bucket, *({"Key": f"k{n}"} for n in range(1000)))
    assert len(gone["Deleted"]) == 1000 and s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with refused("MalformedXML", 400):
        delete(s3, bucket, *({"Key": f"k{n}"} for n in range(1001)))


def test_an_empty_list_is_malformed(s3, bucket):
    with refused("MalformedXML", 400):
        delete(s3, bucket)


def test_versions_and_markers(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="a", Body=b"1")["VersionId"]
    made = delete(s3, versioned, {"Key": "a"})["Deleted"][0]
    assert made["DeleteMarker"] is True and made["DeleteMarkerVersionId"] and "VersionId" not in made
    gone = delete(
        s3,
        versioned,
        {"Key": "a", "VersionId": version},
        {"Key": "a", "VersionId": made["DeleteMarkerVersionId"]},
    )["Deleted"]
    assert gone[0] == {"Key": "a", "VersionId": version}
    assert gone[1]["DeleteMarker"] is True and gone[1]["VersionId"] == made["DeleteMarkerVersionId"]
    assert "Versions" not in s3.list_object_versions(Bucket=versioned)


def test_one_that_fails_does_not_stop_the_others(s3, versioned):
    s3.put_object(Bucket=versioned, Key="a", Body=b"")
    etag = s3.put_object(Bucket=versioned, Key="b", Body=b"b")["ETag"]
    gone = delete(
        s3, versioned, {"Key": "a", "ETag": '"other"'}, {"Key": "b", "ETag": etag}, {"Key": "c", "VersionId": "nonsense"}
    )
    assert [one["Key"] for one in gone["Deleted"]] == ["b"]
    told = {one["Key"]: one["Code"] for one in gone["Errors"]}
    assert told["a"] == "PreconditionFailed" and told["c"] in ("NoSuchVersion", "InvalidArgument")


@pytest.mark.parametrize("headers", [{}, {"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}])
def test_the_list_must_be_proven(server, bucket, headers):
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    answer = raw.call(server, "POST", f"/{bucket}?delete", body, headers)
    assert answer.status == 400
    assert answer.code == ("BadDigest" if headers else "InvalidRequest")


def test_malformed_lists_are_refused(server, bucket):
    for body in (b"", b"<Delete>", b"<Other/>", b"<Delete><Object/></Delete>", b"\xff\xfe", b"<Delete>" * 200):
        proof = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = raw.call(server, "POST", f"/{bucket}?delete", body, {"content-md5": proof})
        assert answer.status == 400 and answer.code in ("MalformedXML", "MissingRequestBodyError"), body
