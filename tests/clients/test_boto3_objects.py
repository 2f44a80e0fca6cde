"""Objects by boto3: bytes in, the same bytes out, whatever their number and whatever their key."""

import concurrent.futures
import datetime

import pytest

from support import boto
from support.boto import refused
from support.content import content, md5

KIB, MIB = 1024, 1024 * 1024
LENGTHS = [0, 1, 2, 511, 4095, 4096, 4097, 16 * KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB - 1, MIB, MIB + 1]


@pytest.mark.parametrize("length", [*LENGTHS, 3 * MIB + 17, 9 * MIB])
def test_bytes_come_back_as_they_went(s3, bucket, length):
    data = content(f"length {length}", length)
    put = s3.put_object(Bucket=bucket, Key="k", Body=data)
    assert put["ETag"] == f'"{md5(data)}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ContentLength"] == length and got["ETag"] == put["ETag"]
    assert boto.body(got) == data


KEYS = [
    "a",
    "a/b",
    "a/b/c",
    "/leading",
    "trailing/",
    "double//slash",
    ".",
    "..",
    "../up",
    "a/../b",
    "a/./b",
    " space in front and end ",
    "plus+and%20percent%",
    "100%25",
    "question?mark&ampersand=equals",
    "hash#tag;semi:colon,comma",
    "quotes'\"`",
    "<xml>&amp;</xml>",
    "brackets[]{}()|\\^~",
    "ünïcödé",
    "日本語/キー",
    "emoji 🎉",
    "combining e\u0301",
    "tab\tnewline\n",
    "x" * 1024,
    "ü" * 512,
]


@pytest.mark.parametrize("key", KEYS, ids=[ascii(key)[:24] for key in KEYS])
def test_any_key_names_its_own_object(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert boto.body(s3.get_object(Bucket=bucket, Key=key)) == key.encode()
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key=key)


def test_a_key_and_keys_below_it_live_side_by_side(s3, bucket):
    keys = ["a", "a/", "a/b", "a/b/c", "a//b"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in keys:
        assert boto.body(s3.get_object(Bucket=bucket, Key=key)) == key.encode()


def test_the_last_put_wins(s3, bucket):
    for text in (b"first, and longer", b"second"):
        s3.put_object(Bucket=bucket, Key="k", Body=text)
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"second"
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 6


def test_head_tells_what_get_tells(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentType="text/plain", Metadata={"a": "b"})
    head, got = s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")
    for name in ("ETag", "ContentLength", "ContentType", "LastModified", "Metadata", "AcceptRanges"):
        assert head[name] == got[name], name
    assert head["AcceptRanges"] == "bytes" and "StorageClass" not in head
    age = datetime.datetime.now(datetime.UTC) - head["LastModified"]
    assert datetime.timedelta(seconds=-2) < age < datetime.timedelta(seconds=60)


def test_an_absent_key_is_told_as_absent(s3, bucket):
    with refused("NoSuchKey", 404) as error:
        s3.get_object(Bucket=bucket, Key="absent")
    assert error["Key"] == "absent"
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="absent")


def test_deleting_what_is_absent_is_no_error(s3, bucket):
    assert boto.status(s3.delete_object(Bucket=bucket, Key="absent")) == 204


def test_a_put_into_an_absent_bucket_is_refused(s3):
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket=boto.fresh_name("absent"), Key="k", Body=b"x" * 100_000)


def test_a_key_over_1024_bytes_is_refused(s3, bucket):
    for key in ("x" * 1025, "ü" * 513):
        with refused("KeyTooLongError", 400) as error:
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
        assert error["MaxSizeAllowed"] == "1024"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_many_writers_of_one_key_leave_one_whole_object(s3, bucket):
    bodies = [content(f"writer {n}", 200_000 + n) for n in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: s3.put_object(Bucket=bucket, Key="k", Body=data), bodies * 4))
    got = s3.get_object(Bucket=bucket, Key="k")
    data = boto.body(got)
    assert data in bodies and got["ETag"] == f'"{md5(data)}"'


def test_what_was_written_is_read_and_listed_at_once(s3, bucket):
    for n in range(50):
        s3.put_object(Bucket=bucket, Key=f"k{n:02}", Body=str(n).encode())
        assert boto.body(s3.get_object(Bucket=bucket, Key=f"k{n:02}")) == str(n).encode()
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == n + 1
    for n in range(50):
        s3.delete_object(Bucket=bucket, Key=f"k{n:02}")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 49 - n


def test_the_resource_s_whole_walk(server, bucket, tmp_path):
    s3 = boto.resource(server)
    (tmp_path / "up").write_bytes(b"resource\n")
    s3.Bucket(bucket).upload_file(str(tmp_path / "up"), "folder/up")
    assert [(one.key, one.size) for one in s3.Bucket(bucket).objects.filter(Prefix="folder/")] == [("folder/up", 9)]
    s3.Bucket(bucket).download_file("folder/up", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == b"resource\n"
    assert s3.Object(bucket, "folder/up").content_length == 9
    s3.Bucket(bucket).objects.all().delete()
    assert list(s3.Bucket(bucket).objects.all()) == []


def test_waiters_see_objects_come_and_go(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key="k", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    s3.delete_object(Bucket=bucket, Key="k")
    s3.get_waiter("object_not_exists").wait(Bucket=bucket, Key="k", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    s3.get_waiter("bucket_exists").wait(Bucket=bucket, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
