"""Failing authentication is slowed down by its source, and nobody else behind the same address is."""

import re

import pytest

from support import boto, raw
from support.accounts import create
from support.credentials import ROOT, Credentials
from support.signer import Signer

# What loopback may fail in a minute.
FAILURES_MAX = 1000


@pytest.fixture(scope="module")
def hammered(tmp_path_factory):
    """A server at which somebody with a wrong secret fails more often than is allowed, and how it answered."""
    from support.server import Server

    server = Server(tmp_path_factory.mktemp("hammered"))
    server.start()
    victim = create(server, "victim")
    s3 = boto.client(server, victim, region="us-east-1")
    s3.create_bucket(Bucket="hammered")
    wrong = Signer(Credentials(victim.access_key, "not-the-secret-of-the-victim"))
    request = raw.signed(server, "GET", "/hammered", signer=wrong)
    codes = []
    with raw.Connection(server) as connection:
        for _ in range(12):
            connection.send(request * 100)
            codes += [connection.read().code for _ in range(100)]
    yield server, victim, codes
    server.stop()


def test_failures_become_slow_downs(hammered):
    _, _, codes = hammered
    assert set(codes[:FAILURES_MAX]) == {"SignatureDoesNotMatch"}
    assert codes[FAILURES_MAX:].count("SlowDown") > 100


def test_whoever_s_requests_verify_is_let_in(hammered):
    server, victim, _ = hammered
    # The victim itself verified from there lately; somebody else never did.
    for credentials in (ROOT, victim, create(server, "newcomer")):
        assert raw.call(server, "GET", "/", signer=Signer(credentials)).status == 200
    assert raw.plain(server, "GET", "/-/health/ready").status == 200


def test_a_key_that_does_not_exist_cannot_be_told_from_one_that_does(hammered):
    server, victim, _ = hammered
    with raw.Connection(server) as connection:
        # What has come back since is used up.
        stranger = raw.signed(server, "GET", "/", signer=Signer(Credentials("AKIANOBODYNOBODYNOBO", "x" * 40)))
        connection.send(stranger * 200)
        answers = {connection.read().code for _ in range(200)}
    assert "SlowDown" in answers
    answer = raw.call(server, "GET", "/", signer=Signer(Credentials("AKIAANOTHERANOTHERAN", "x" * 40)))
    assert (answer.status, answer.code) in ((503, "SlowDown"), (403, "InvalidAccessKeyId"))


def test_failures_are_counted_by_reason(hammered):
    server, _, _ = hammered
    text = raw.plain(server, "GET", "/-/metrics").body.decode()
    name = r'strongroom_authentication_failures_total\{reason="(\w+)"\} (\d+)'
    counted = {reason: int(value) for reason, value in re.findall(name, text)}
    assert counted["SignatureDoesNotMatch"] >= FAILURES_MAX
