"""Paths exactly as they are sent: nothing is normalised, so every spelling names what it says."""

import pytest

from support import boto
from support.credentials import ROOT
from support.raw import Connection, call, head_bytes
from support.signer import EMPTY_SHA256, Signer

# The path as sent, after the bucket; the key that it names.
SPELLINGS = [
    ("/a//b", "a//b"),
    ("//a", "/a"),
    ("///", "//"),
    ("/a/./b", "a/./b"),
    ("/a/../b", "a/../b"),
    ("/..", ".."),
    ("/../../etc/passwd", "../../etc/passwd"),
    ("/%2E%2E/x", "../x"),
    ("/a%2Fb", "a/b"),
    ("/a+b", "a+b"),
    ("/a%2Bb", "a+b"),
    ("/a%20b", "a b"),
    ("/a%25b", "a%b"),
    ("/a%2525b", "a%25b"),
    ("/%C3%BC", "ü"),
    ("/%c3%bc", "ü"),
    ("/%F0%9F%8E%89", "🎉"),
    ("/a:b;c=d@e!f$g&h'i(j)k*l,m", "a:b;c=d@e!f$g&h'i(j)k*l,m"),
    ("/a%3Fb", "a?b"),
    ("/a%23b", "a#b"),
    ("/%61", "a"),
    ("/a/", "a/"),
    ("/~", "~"),
    ("/%7E", "~"),
    ("/%0A", "\n"),
    ("/.hidden", ".hidden"),
]


@pytest.mark.parametrize(("path", "key"), SPELLINGS, ids=[path for path, _ in SPELLINGS])
def test_a_spelling_names_its_key(server, s3, bucket, path, key):
    assert call(server, "PUT", f"/{bucket}{path}", key.encode()).status == 200
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert call(server, "GET", f"/{bucket}{path}").body == key.encode()
    assert call(server, "DELETE", f"/{bucket}{path}").status == 204
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("path", ["/%", "/%2", "/%zz", "/%FF", "/%C3%28", "/%ED%A0%80"])
def test_a_path_that_is_no_utf_8_or_no_escape_is_refused(server, s3, bucket, path):
    answer = call(server, "PUT", f"/{bucket}{path}", b"x")
    assert answer.status == 400 and answer.code in ("InvalidURI", "InvalidArgument")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_zero_byte_in_a_key_is_refused_or_kept_whole(server, s3, bucket):
    answer = call(server, "PUT", f"/{bucket}/a%00b", b"x")
    assert answer.status in (200, 400)
    kept = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert kept == (["a\0b"] if answer.status == 200 else [])
    # XML cannot name it, so a list of keys to delete cannot either: only a delete of its own.
    assert call(server, "DELETE", f"/{bucket}/a%00b").status == 204


@pytest.mark.parametrize("spelling", ["/{bucket}", "/{bucket}/"])
def test_a_bucket_may_end_with_a_slash(server, s3, bucket, spelling):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = call(server, "GET", spelling.format(bucket=bucket) + "?list-type=2")
    assert answer.status == 200 and answer.element("Key") == "k"


def test_two_slashes_are_no_bucket(server, bucket):
    answer = call(server, "GET", f"//{bucket}")
    assert answer.status in (400, 404, 405)


def test_an_absolute_target_is_its_path(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    signature = Signer(ROOT).sign("GET", f"/{bucket}/k", {"host": server.host}, EMPTY_SHA256)
    with Connection(server) as connection:
        connection.send(head_bytes("GET", f"{server.endpoint}/{bucket}/k", signature.headers))
        assert connection.read().body == b"hello"


@pytest.mark.parametrize("name", ["UPPER", "under_score", "ab", "a..b", "%2E%2E", "a%2Fb", "x" * 64])
def test_a_path_whose_bucket_has_no_legal_name_is_told(server, name):
    answer = call(server, "GET", f"/{name}/k")
    assert (answer.status, answer.code) in ((400, "InvalidBucketName"), (404, "NoSuchBucket"))


def test_health_lives_beside_buckets(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="-/health/live", Body=b"an object")
    assert boto.body(s3.get_object(Bucket=bucket, Key="-/health/live")) == b"an object"
    assert call(server, "GET", "/-/health/live").status == 200
