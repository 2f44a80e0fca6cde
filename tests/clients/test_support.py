"""The suites' own tools, checked against botocore, so that a failure elsewhere is the server's."""

import datetime

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from support import signer
from support.credentials import ROOT, Credentials
from support.framing import cut, unsigned_trailer_body
from support.signer import Signer

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.fixture
def still(monkeypatch):
    """Both signers see the same moment."""
    monkeypatch.setattr(signer, "now", lambda: NOW)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: NOW.replace(tzinfo=None))


@pytest.mark.parametrize("target", ["/b/k", "/b/a%20b/%2F//..", "/b?list-type=2&prefix=a%2Fb&delimiter", "/b?b=2&a=1&a=0"])
def test_the_signer_signs_as_botocore_does(still, target):
    ours = Signer(ROOT).sign("GET", target, {"host": "127.0.0.1:9000"}, signer.EMPTY_SHA256)
    request = botocore.awsrequest.AWSRequest("GET", f"http://127.0.0.1:9000{target}")
    credentials = botocore.credentials.Credentials(ROOT.access_key, ROOT.secret_key)
    botocore.auth.S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
    assert ours.headers["authorization"] == request.headers["Authorization"]


def test_the_first_chunk_of_aws_s_documented_example_has_its_signature(monkeypatch):
    moment = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
    monkeypatch.setattr(signer, "now", lambda: moment)
    example = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    headers = {
        "host": "s3.amazonaws.com",
        "content-encoding": "aws-chunked",
        "content-length": "66824",
        "x-amz-decoded-content-length": "66560",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    target = "/examplebucket/chunkObject.txt"
    seed = Signer(example, region="us-east-1").sign("PUT", target, headers, signer.SIGNED_CHUNKS)
    assert seed.value == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    first = seed.chunk(seed.value, b"a" * 65536)
    assert first == "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"


def test_an_unsigned_trailer_body_frames_its_chunks():
    body = unsigned_trailer_body(cut(b"abcdef", 4), [("x-amz-checksum-crc32", "AAAAAA==")])
    assert body == b"4\r\nabcd\r\n2\r\nef\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
