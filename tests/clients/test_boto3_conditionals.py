"""Preconditions on reads and writes: which hold, which win over which, what a failed one says."""

import concurrent.futures
import datetime

import pytest

from support import boto, raw
from support.boto import refused

EARLIER = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
LATER = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)


@pytest.fixture
def etag(s3, bucket):
    return s3.put_object(Bucket=bucket, Key="k", Body=b"hello")["ETag"]


HOLDING = [
    {"IfMatch": "own"},
    {"IfMatch": "*"},
    {"IfNoneMatch": '"other"'},
    {"IfModifiedSince": EARLIER},
    {"IfUnmodifiedSince": LATER},
    # RFC 9110: the ETags' conditions win over the dates'.
    {"IfMatch": "own", "IfUnmodifiedSince": EARLIER},
    {"IfNoneMatch": '"other"', "IfModifiedSince": LATER - datetime.timedelta(days=1)},
]


@pytest.mark.parametrize("asked", HOLDING, ids=[" ".join(one) for one in HOLDING])
def test_a_precondition_that_holds_gives_the_object(s3, bucket, etag, asked):
    asked = {name: etag if value == "own" else value for name, value in asked.items()}
    assert boto.body(s3.get_object(Bucket=bucket, Key="k", **asked)) == b"hello"
    assert s3.head_object(Bucket=bucket, Key="k", **asked)["ContentLength"] == 5


@pytest.mark.parametrize("asked", [{"IfMatch": '"other"'}, {"IfUnmodifiedSince": EARLIER}])
def test_a_precondition_that_fails_is_412(s3, bucket, etag, asked):
    with refused("PreconditionFailed", 412) as error:
        s3.get_object(Bucket=bucket, Key="k", **asked)
    name = {"IfMatch": "If-Match", "IfUnmodifiedSince": "If-Unmodified-Since"}[next(iter(asked))]
    assert error["Condition"] == name
    with refused("412", 412):
        s3.head_object(Bucket=bucket, Key="k", **asked)


@pytest.mark.parametrize("asked", [{"if-none-match": "own"}, {"if-none-match": "*"}, {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, {"if-none-match": '"x", own'}])
def test_not_modified_is_304_without_a_body(server, s3, bucket, etag, asked):
    sent = {name: value.replace("own", etag) for name, value in asked.items()}
    if "if-modified-since" in sent:
        # A date in the future is no date to compare with; the object's own is.
        sent["if-modified-since"] = boto.headers(s3.head_object(Bucket=bucket, Key="k"))["last-modified"]
    for method in ("GET", "HEAD"):
        answer = raw.call(server, method, f"/{bucket}/k", headers=sent)
        assert answer.status == 304 and answer.body == b""
        assert answer.header("etag") == etag and answer.header("last-modified")


def test_an_unreadable_date_is_no_precondition(server, bucket, etag):
    for name in ("if-modified-since", "if-unmodified-since"):
        assert raw.call(server, "GET", f"/{bucket}/k", headers={name: "yesterday"}).body == b"hello"


def test_put_if_none_match_writes_once(s3, bucket):
    assert boto.status(s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")) == 200
    with refused("PreconditionFailed", 412) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert error["Condition"] == "If-None-Match"
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"1"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfNoneMatch="*")


def test_put_if_match_writes_over_what_was_seen(s3, bucket, etag):
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfMatch=etag)["ETag"]
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"third", IfMatch=etag)
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == second
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="absent", Body=b"x", IfMatch=etag)


def test_put_takes_no_other_form(server, bucket):
    answer = raw.call(server, "PUT", f"/{bucket}/k", b"x", {"if-none-match": '"abc"'})
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_of_racing_creations_exactly_one_wins(s3, bucket):
    def create(n):
        try:
            s3.put_object(Bucket=bucket, Key="race", Body=str(n).encode(), IfNoneMatch="*")
            return n
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict")
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        winners = [n for n in pool.map(create, range(24)) if n is not None]
    assert len(winners) == 1
    assert boto.body(s3.get_object(Bucket=bucket, Key="race")) == str(winners[0]).encode()


def test_of_racing_swaps_of_one_state_exactly_one_wins(s3, bucket, etag):
    def swap(n):
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=str(n).encode(), IfMatch=etag)
            return 1
        except s3.exceptions.ClientError:
            return 0

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(swap, range(16))) == 1


def test_delete_if_match_deletes_what_was_seen(s3, bucket, etag):
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="k", IfMatch='"other"')
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"
    assert boto.status(s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)) == 204
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")


def test_complete_if_none_match_is_decided_at_the_end(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="m", UploadId=upload, PartNumber=1, Body=b"parts")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.put_object(Bucket=bucket, Key="m", Body=b"first")
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload=parts, IfNoneMatch="*")
    s3.delete_object(Bucket=bucket, Key="m")
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload=parts, IfNoneMatch="*")
    assert boto.body(s3.get_object(Bucket=bucket, Key="m")) == b"parts"
