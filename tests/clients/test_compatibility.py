"""docs/compatibility.md is true: every operation of the pinned models stands in it and answers as it says."""

import pathlib
import re

import pytest

from support import boto, operations
from support.server import REPOSITORY, Server

DOCUMENT = REPOSITORY / "docs" / "compatibility.md"
SECTION = re.compile(r"^## (.*?)$", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Za-z0-9]+) \| (works|refuses|elsewhere) \| (.*?) \|$", re.MULTILINE)
SERVICES = {"S3": "s3", "S3 Control": "s3control", "IAM": "iam", "STS": "sts"}
# No request to this endpoint can ask for these.
ELSEWHERE = {("s3", "ListDirectoryBuckets"), ("s3", "WriteGetObjectResponse"), ("s3control", "CreateBucket")}


def read():
    """Service, operation, state and what is shown by or missing."""
    _, *parts = SECTION.split(DOCUMENT.read_text())
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return [(service, *row) for title, service in SERVICES.items() for row in ROW.findall(sections[title])]


ROWS = read()


def told(state, *services):
    return [(service, name) for service, name, says, _ in ROWS if says == state and service in services]


@pytest.fixture(scope="module")
def untidy(tmp_path_factory):
    """A server of its own, for operations of which nobody asks what they leave behind."""
    private = Server(tmp_path_factory.mktemp("untidy"))
    private.start()
    yield private
    private.stop()


@pytest.mark.parametrize("service", SERVICES.values())
def test_every_operation_stands_there_once(service):
    names = [name for where, name, _, _ in ROWS if where == service]
    assert sorted(names) == sorted(operations.names(service))


def test_no_other_operation_is_elsewhere():
    assert set(told("elsewhere", *SERVICES.values())) == ELSEWHERE


@pytest.mark.parametrize(("service", "name"), told("refuses", "s3"))
def test_what_is_refused_says_so(server, s3, bucket, service, name):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    answer = operations.send(server, name, bucket)
    assert answer.status == 501, answer.body
    assert answer.code == "NotImplemented" or operations.request(name, bucket)[0] == "HEAD"
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


@pytest.mark.parametrize(("service", "name"), told("works", "s3"))
def test_what_works_is_not_refused(server, s3, service, name):
    # A bucket that is not there: nothing is changed, and the operation still is asked.
    absent = boto.fresh_name("absent")
    answer = operations.send(server, name, absent)
    assert answer.status != 501, answer.body
    if name == "CreateBucket":
        s3.delete_bucket(Bucket=absent)


@pytest.mark.parametrize("service", ["s3control", "iam", "sts"])
def test_the_other_services_refuse_what_they_say(untidy, service):
    for _, name in told("refuses", service):
        answer = operations.send(untidy, name, "bucket", service=service)
        assert (answer.status, answer.code) == (501, "NotImplemented"), (name, answer.body)
    for _, name in told("works", service):
        answer = operations.send(untidy, name, "bucket", service=service)
        assert answer.status != 501, (name, answer.body)


@pytest.mark.parametrize(("name", "shown"), [(name, by) for _, name, says, by in ROWS if says == "works"])
def test_what_works_is_shown_by_a_test(name, shown):
    for one in shown.split(", "):
        path, _, test = one.strip("`").partition("::")
        text = (REPOSITORY / "tests" / "clients" / pathlib.Path(path).name).read_text()
        assert re.search(rf"^def {re.escape(test)}\(", text, re.MULTILINE), f"{name}: {one}"
