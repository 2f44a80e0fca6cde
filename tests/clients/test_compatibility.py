"""docs/compatibility.md is true: every operation of the pinned model stands in it and answers as it says."""

import pathlib
import re

import pytest

from support import boto, operations
from support.server import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "compatibility.md"
ROW = re.compile(r"^\| ([A-Za-z0-9]+) \| (works|refuses|elsewhere) \| (.*?) \|$", re.MULTILINE)
# No request to this endpoint can ask for these.
ELSEWHERE = {"ListDirectoryBuckets", "WriteGetObjectResponse"}

ROWS = ROW.findall(DOCUMENT.read_text()) if DOCUMENT.exists() else []


def told(state):
    return [name for name, says, _ in ROWS if says == state]


def test_every_operation_stands_there_once():
    names = [name for name, _, _ in ROWS]
    assert sorted(names) == sorted(operations.NAMES)
    assert set(told("elsewhere")) == ELSEWHERE


@pytest.mark.parametrize("name", told("refuses"))
def test_what_is_refused_says_so(server, s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    answer = operations.send(server, name, bucket)
    assert answer.status == 501, answer.body
    assert answer.code == "NotImplemented" or operations.request(name, bucket)[0] == "HEAD"
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


@pytest.mark.parametrize("name", told("works"))
def test_what_works_is_not_refused(server, s3, name):
    # A bucket that is not there: nothing is changed, and the operation still is asked.
    absent = boto.fresh_name("absent")
    answer = operations.send(server, name, absent)
    assert answer.status != 501, answer.body
    if name == "CreateBucket":
        s3.delete_bucket(Bucket=absent)


@pytest.mark.parametrize(("name", "shown"), [(name, by) for name, says, by in ROWS if says == "works"])
def test_what_works_is_shown_by_a_test(name, shown):
    path, _, test = shown.strip("`").partition("::")
    text = (REPOSITORY / "tests" / "clients" / pathlib.Path(path).name).read_text()
    assert re.search(rf"^def {re.escape(test)}\(", text, re.MULTILINE), f"{name}: {shown}"
