"""The table of raw requests (tests/clients/requests/): each row is one request and what S3 answers to it."""

import dataclasses
import datetime
import hashlib
import itertools

import pytest

from support import raw, table
from support.credentials import ROOT, Credentials
from support.server import Server
from support.signer import Signer
from support.table import Names, size_or_text

ROWS = table.rows()
IDS = [f"{subject}: {row['name']}" for subject, row in ROWS]
CREATED = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
SIGNERS = {
    "well": Signer(ROOT),
    "by a wrong secret": Signer(Credentials(ROOT.access_key, "wrong")),
    "an hour ago": Signer(ROOT, shift=datetime.timedelta(hours=-1)),
    "for another service": Signer(ROOT, service="ec2"),
    "by an unknown key": Signer(Credentials("AKIAIOSFODNN7EXAMPLE", "wrong")),
}


@dataclasses.dataclass
class World:
    """One server for the whole table, and the buckets that rows share."""

    server: Server
    shared: dict = dataclasses.field(default_factory=dict)
    number: itertools.count = dataclasses.field(default_factory=itertools.count)

    def call(self, method, target, body=b"", headers=None):
        answer = raw.call(self.server, method, target, body, headers)
        assert answer.status < 300, f"setup: {method} {target}: {answer.status} {answer.body}"
        return answer

    def create(self, state):
        name = f"table-{next(self.number)}"
        locked = {"x-amz-bucket-object-lock-enabled": "true"} if state == "locked" else {}
        self.call("PUT", f"/{name}", CREATED, locked)
        for status in {"versioned": ["Enabled"], "suspended": ["Enabled", "Suspended"]}.get(state, []):
            self.version(name, status)
        return name

    def version(self, bucket, status):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
        self.call("PUT", f"/{bucket}?versioning", body.encode())

    def bucket(self, words):
        """`plain`, `versioned`, `suspended` or `locked`; one for the row alone where `own` stands before it."""
        *own, state = words.split()
        assert own in ([], ["own"]) and state in ("plain", "versioned", "suspended", "locked"), words
        if own:
            return self.create(state)
        if state not in self.shared:
            self.shared[state] = self.create(state)
        return self.shared[state]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("table"))
    server.start()
    yield World(server)
    server.stop()


def test_every_row_has_a_name_of_its_own():
    assert len(set(IDS)) == len(IDS), sorted(name for name in IDS if IDS.count(name) > 1)


@pytest.mark.parametrize(("number", "row"), list(enumerate(row for _, row in ROWS)), ids=IDS)
def test_a_row_is_answered_as_s3_answers(world, number, row):
    names = Names(key=f"row-{number}", bucket=world.bucket(row.get("bucket", "plain")), access=ROOT.access_key)
    names.learn(modified=lambda: world.call("HEAD", names.target("/{bucket}/{key}")).header("last-modified"))
    put_objects(world, row, names)
    start_uploads(world, row, names)
    take_steps(world, row, names)
    method, answer = send(world, row, names)
    if differences := table.compare(row, answer, method, names):
        told = [f"{method} {row['send'].split(' ', 1)[1]}", *differences, f"{answer.headers}", f"{answer.body[:1500]}"]
        pytest.fail("\n".join(told), pytrace=False)


def put_objects(world, row, names):
    """Each teaches {v1}, {etag1}, {v2}, … in order."""
    for number, given in enumerate(row.get("objects", []), 1):
        given = given if isinstance(given, dict) else {"body": given}
        names.body = size_or_text(given.get("body", "hello"))
        headers = {name: names.fill(value) for name, value in given.get("headers", {}).items()}
        target = names.target("/{bucket}/" + given.get("key", "{key}"))
        answer = world.call("PUT", target, names.body, headers)
        names.learn(**{f"v{number}": answer.header("x-amz-version-id"), f"etag{number}": answer.header("etag")})


def start_uploads(world, row, names):
    """Each teaches {upload1}, {upload2}, …; the parts of the last one with parts teach {part1}, {part2}, …"""
    for number, given in enumerate(row.get("uploads", []), 1):
        given = given if isinstance(given, dict) else {"key": given}
        target = names.target("/{bucket}/" + given.get("key", "{key}"))
        upload = world.call("POST", f"{target}?uploads", headers=given.get("headers")).element("UploadId")
        names.learn(**{f"upload{number}": upload})
        for part, body in enumerate(given.get("parts", []), 1):
            whole = names.target(f"{target}?partNumber={part}&uploadId={{upload{number}}}")
            answer = world.call("PUT", whole, size_or_text(body), given.get("part_headers"))
            names.learn(**{f"part{part}": answer.header("etag")})


def take_steps(world, row, names):
    """Requests before the row's own that must succeed; the last one's version is {version}."""
    for given in row.get("before", []):
        given = given if isinstance(given, dict) else {"send": given}
        method, target = given["send"].split(" ", 1)
        names.body = size_or_text(names.fill(given.get("body", "")))
        headers = {name: names.fill(value) for name, value in given.get("headers", {}).items()}
        answer = world.call(method, names.target(target), names.body, headers)
        names.learn(version=answer.header("x-amz-version-id"))


def send(world, row, names):
    method, target = row["send"].split(" ", 1)
    body, target = row.get("body", ""), names.target(target)
    names.body = size_or_text(names.fill(body) if isinstance(body, str) else body)
    headers = {name.lower(): names.fill(value) for name, value in row.get("headers", {}).items()}
    signed = row.get("signed", "well")
    if signed == "not at all":
        return method, raw.plain(world.server, method, target, names.body, headers)
    if signed == "in the query":
        target = SIGNERS["well"].presign(method, world.server.host, target, headers=headers)
        return method, raw.plain(world.server, method, target, names.body, headers)
    sent = {"host": world.server.host, "content-length": str(len(names.body)), **headers}
    payload = headers.get("x-amz-content-sha256", hashlib.sha256(names.body).hexdigest())
    signature = SIGNERS[signed].sign(method, target, sent, payload)
    with raw.Connection(world.server) as connection:
        connection.send(raw.head_bytes(method, target, signature.headers) + names.body)
        answer = connection.read(method)
        answer.body += connection.buffer  # a body where there must be none
        return method, answer
