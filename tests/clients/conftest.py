"""Fixtures: one server that most suites share, private ones for restarts and crashes, clients for both."""

import pytest

from support import boto, identities
from support.command import Shell
from support.server import Server, binary


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
