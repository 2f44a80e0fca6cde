"""Ranges and parts of objects: what is a range, what is none, and what lies beyond the end."""

import pytest

from support import boto, raw
from support.boto import refused
from support.content import content

LENGTH = 3 * 1024 * 1024 + 100
DATA = content("ranges", LENGTH)


@pytest.fixture(scope="module")
def place(s3):
    name = boto.fresh_name("ranges")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="k", Body=DATA)
    s3.put_object(Bucket=name, Key="empty", Body=b"")
    yield name
    boto.remove(s3, name)


SATISFIABLE = [
    ("bytes=0-", 0, LENGTH),
    ("bytes=0-0", 0, 1),
    ("bytes=5-9", 5, 10),
    ("bytes=1048570-1048590", 1048570, 1048591),
    ("bytes=1000000-3000000", 1000000, 3000001),
    (f"bytes={LENGTH - 1}-", LENGTH - 1, LENGTH),
    (f"bytes=10-{LENGTH + 1000}", 10, LENGTH),
    ("bytes=-1", LENGTH - 1, LENGTH),
    ("bytes=-100", LENGTH - 100, LENGTH),
    (f"bytes=-{LENGTH + 5}", 0, LENGTH),
]


@pytest.mark.parametrize(("asked", "start", "end"), SATISFIABLE)
def test_a_range_gives_its_bytes(s3, place, asked, start, end):
    got = s3.get_object(Bucket=place, Key="k", Range=asked)
    assert boto.status(got) == 206
    assert got["ContentRange"] == f"bytes {start}-{end - 1}/{LENGTH}"
    assert got["ContentLength"] == end - start
    assert boto.body(got) == DATA[start:end]
    head = s3.head_object(Bucket=place, Key="k", Range=asked)
    assert boto.status(head) == 206 and head["ContentLength"] == end - start


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=a-b", "bytes=", "chars=0-1", "bytes=0-1,5-6", "0-5", "bytes=--5"])
def test_what_is_no_single_range_gives_the_whole_object(s3, place, asked):
    got = s3.get_object(Bucket=place, Key="k", Range=asked)
    assert boto.status(got) == 200 and "ContentRange" not in got
    assert len(boto.body(got)) == LENGTH


@pytest.mark.parametrize("asked", [f"bytes={LENGTH}-", "bytes=99999999-100000000", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_actual_size(server, place, asked):
    answer = raw.call(server, "GET", f"/{place}/k", headers={"range": asked})
    assert answer.status == 416 and answer.code == "InvalidRange"
    assert answer.element("ActualObjectSize") == str(LENGTH)
    assert answer.element("RangeRequested") == asked
    assert answer.header("content-range") == f"bytes */{LENGTH}"


def test_an_empty_object_has_no_range(s3, place):
    assert boto.body(s3.get_object(Bucket=place, Key="empty")) == b""
    for asked in ("bytes=0-", "bytes=0-0"):
        with refused("InvalidRange", 416):
            s3.get_object(Bucket=place, Key="empty", Range=asked)
    # As S3 does: the last bytes of nothing are nothing, with 200.
    assert boto.body(s3.get_object(Bucket=place, Key="empty", Range="bytes=-1")) == b""


def test_a_range_and_a_condition_that_fails(s3, place):
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=place, Key="k", Range="bytes=0-1", IfMatch='"no"')
    with refused("304", 304):
        s3.get_object(Bucket=place, Key="k", Range="bytes=0-1", IfNoneMatch=s3.head_object(Bucket=place, Key="k")["ETag"])


def test_an_object_of_one_put_is_its_own_part_one(s3, place):
    got = s3.get_object(Bucket=place, Key="k", PartNumber=1)
    assert boto.status(got) == 206 and boto.body(got) == DATA and "PartsCount" not in got
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=place, Key="k", PartNumber=2)


def test_a_part_and_a_range_exclude_each_other(s3, place):
    with refused("InvalidRequest", 400):
        s3.get_object(Bucket=place, Key="k", PartNumber=1, Range="bytes=0-1")


@pytest.mark.parametrize("number", [0, 10001, -1])
def test_a_part_number_out_of_bounds_is_refused(s3, place, number):
    with refused("InvalidArgument", 400) as error:
        s3.get_object(Bucket=place, Key="k", PartNumber=number)
    assert error["ArgumentName"] == "partNumber"


def test_ranges_of_one_connection_read_the_whole(server, place):
    step, got = 700_001, b""
    with raw.Connection(server) as connection:
        for start in range(0, LENGTH, step):
            asked = {"range": f"bytes={start}-{start + step - 1}"}
            connection.send(raw.signed(server, "GET", f"/{place}/k", headers=asked))
            got += connection.read().body
    assert got == DATA
