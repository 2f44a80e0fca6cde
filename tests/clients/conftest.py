"""Fixtures: one server that most suites share, private ones for restarts and crashes, clients for both."""

import json
import shutil

import boto3
import botocore
import botocore.config
import pytest

from support import boto, identities, owners
from support.command import Shell
from support.server import Server, binary


def pytest_addoption(parser):
    parser.addoption("--update", action="store_true", help="write tests/authorization/matrix.txt anew")


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not binary().exists():
        pytest.exit(f"{binary()} does not exist: build it, or name one by STRONGROOM_BINARY", returncode=2)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Shared: a test leaves it as it found it, but for buckets of its own."""
    shared = Server(tmp_path_factory.mktemp("shared"))
    shared.start()
    yield shared
    shared.stop()


@pytest.fixture
def start(tmp_path_factory):
    """Starts private servers: `start(arguments=[…], environment={…})`; each must end well."""
    started = []

    def begin(**how):
        private = Server(tmp_path_factory.mktemp("private"), **how)
        started.append(private)
        private.start()
        return private

    yield begin
    for private in started:
        private.stop()
        # Many devices with prepared volumes each: the next test may need the room.
        if private.devices:
            shutil.rmtree(private.data, ignore_errors=True)


@pytest.fixture(scope="session")
def s3(server):
    return boto.client(server)


@pytest.fixture
def bucket(s3):
    """A new bucket; it and all that a test put there are removed afterwards."""
    name = boto.fresh_name()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    boto.remove(s3, name)


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def shell(server, tmp_path):
    return Shell(server, tmp_path)


@pytest.fixture(scope="module")
def account(server, tmp_path_factory):
    """An account for one file of tests."""
    return identities.account(server, tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="module")
def iam(server, account):
    """Its root's client of IAM."""
    return identities.client(server, account)


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """A server whose buckets begin as S3's did before April 2023: ACLs count and nothing is blocked."""
    server = Server(tmp_path_factory.mktemp("opened"), arguments=["--new-buckets", "open"])
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mine(opened):
    """The account that owns the buckets of `open_bucket`."""
    return owners.root(opened)


@pytest.fixture(scope="session")
def other(opened):
    return owners.create(opened, "other")


@pytest.fixture
def open_bucket(mine):
    name = boto.fresh_name("open")
    mine.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    mine.s3.delete_bucket_policy(Bucket=name)
    mine.s3.delete_bucket_ownership_controls(Bucket=name)
    mine.s3.delete_public_access_block(Bucket=name)
    mine.s3.put_bucket_acl(Bucket=name, ACL="private")
    everything = {"Sid": "end", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*"}
    statement = {**everything, "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}
    mine.s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": [statement]}))
    boto.remove(mine.s3, name)


@pytest.fixture
def stranger(opened):
    """A client that signs nothing."""
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED, s3={"addressing_style": "path"})
    return boto3.session.Session().client(
        "s3", endpoint_url=opened.endpoint, region_name="eu-west-1", config=unsigned
    )
