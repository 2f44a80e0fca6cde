"""Version 4 signatures in the header: what is covered, for whom, for when; and what is refused."""

import datetime

import pytest

from support import boto
from support.credentials import ROOT, Credentials
from support.raw import Connection, call, head_bytes, plain
from support.signer import EMPTY_SHA256, Signer


def refusal(answer):
    return answer.status, answer.code


def test_an_unknown_key_is_told(server):
    answer = call(server, "GET", "/", signer=Signer(Credentials("UNKNOWNKEY0000000000", "x")))
    assert refusal(answer) == (403, "InvalidAccessKeyId")
    assert answer.element("AWSAccessKeyId") == "UNKNOWNKEY0000000000"


@pytest.mark.parametrize("name", ["x-amz-meta-a", "x-amz-acl", "x-amz-copy-source", "x-amz-tagging"])
def test_an_amz_header_that_is_not_signed_is_refused(server, s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="source", Body=b"source")
    value = f"/{bucket}/source" if name.endswith("source") else "a=1"
    answer = call(server, "PUT", f"/{bucket}/k", b"x", {name: value}, unsigned=(name,))
    assert refusal(answer) == (403, "AccessDenied")
    assert answer.element("HeadersNotSigned") == name
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["source"]


def test_the_host_must_be_signed(server):
    assert call(server, "GET", "/", unsigned=("host",)).status == 403


@pytest.mark.parametrize("minutes", [-16, 16, -60 * 24, 60 * 24])
def test_a_date_too_far_off_is_refused(server, minutes):
    skewed = Signer(ROOT, shift=datetime.timedelta(minutes=minutes))
    answer = call(server, "GET", "/", signer=skewed)
    assert refusal(answer) == (403, "RequestTimeTooSkewed")
    assert answer.element("RequestTime") and answer.element("ServerTime")
    assert answer.element("MaxAllowedSkewMilliseconds") == "900000"


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_date_a_little_off_is_taken(server, minutes):
    assert call(server, "GET", "/", signer=Signer(ROOT, shift=datetime.timedelta(minutes=minutes))).status == 200


def test_a_signature_is_for_its_method_path_query_and_headers(server, bucket):
    target = f"/{bucket}?prefix=a"
    signature = Signer(ROOT).sign("GET", target, {"host": server.host, "x-amz-meta-a": "1"}, EMPTY_SHA256)

    def replay(method="GET", target=target, **headers):
        with Connection(server) as connection:
            connection.send(head_bytes(method, target, {**signature.headers, **headers}))
            return connection.read(method).status

    assert replay() == 200
    assert replay(method="HEAD") == 403
    assert replay(target=f"/{bucket}?prefix=b") == 403
    assert replay(target=f"/{bucket}?prefix=a&versions") == 403
    assert replay(target=f"/{bucket}/?prefix=a") == 403
    assert replay(**{"x-amz-meta-a": "2"}) == 403
    assert replay(**{"host": "elsewhere"}) == 403


@pytest.mark.parametrize("service", ["ec2", "execute-api", ""])
def test_another_service_s_signature_is_refused(server, service):
    answer = call(server, "GET", "/", signer=Signer(ROOT, service=service))
    assert answer.status in (400, 403, 501)
    assert answer.code in ("AuthorizationHeaderMalformed", "SignatureDoesNotMatch", "NotImplemented")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=00",
        f"AWS4-HMAC-SHA256 Credential={ROOT.access_key}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=zz",
        f"AWS4-HMAC-SHA256 Credential={ROOT.access_key}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=, Signature={'0' * 64}",
        "Basic dXNlcjpwYXNz",
        "Bearer token",
        "AWS4-HMAC-SHA256 " + "x" * 5000,
    ],
)
def test_an_authorization_that_is_none_is_refused(server, bucket, value):
    date = {"x-amz-date": "20260101T000000Z", "x-amz-content-sha256": EMPTY_SHA256}
    answer = plain(server, "GET", f"/{bucket}", headers={"authorization": value, **date})
    assert answer.status in (400, 403) and answer.code


def test_version_two_in_the_header_is_refused(server, bucket):
    answer = plain(server, "GET", f"/{bucket}", headers={"authorization": f"AWS {ROOT.access_key}:c2lnbmF0dXJl"})
    assert refusal(answer) == (400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in answer.element("Message")


def test_a_missing_payload_hash_is_refused(server, bucket):
    signature = Signer(ROOT).sign("PUT", f"/{bucket}/k", {"host": server.host, "content-length": "0"}, EMPTY_SHA256)
    headers = {name: value for name, value in signature.headers.items() if name != "x-amz-content-sha256"}
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", f"/{bucket}/k", headers))
        assert connection.read("PUT").status in (400, 403)


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_a_session_token_that_is_none_is_refused(server, token):
    answer = call(server, "GET", "/", headers={"x-amz-security-token": token})
    assert answer.status in (400, 403) and answer.code in ("InvalidToken", "AccessDenied")


def test_blanks_in_header_values_are_folded(server, s3, bucket):
    assert call(server, "PUT", f"/{bucket}/k", b"x", {"x-amz-meta-a": "one   two  three"}).status == 200
    assert boto.headers(s3.head_object(Bucket=bucket, Key="k"))["x-amz-meta-a"].split() == ["one", "two", "three"]


@pytest.mark.parametrize("query", ["a=1&a=2", "a=2&a=1", "a&b=", "b=%20%2B&a=%C3%BC", "a=1&A=2", "prefix=%7E~", "a%2Fb=c"])
def test_queries_are_signed_in_their_canonical_order(server, bucket, query):
    assert call(server, "GET", f"/{bucket}?{query}").status == 200


def test_any_region_s_signature_is_taken(server, bucket):
    for region in ("us-east-1", "eu-west-1", "mars-north-1"):
        assert call(server, "GET", f"/{bucket}", signer=Signer(ROOT, region=region)).status == 200
