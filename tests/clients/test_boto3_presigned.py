"""Presigned URLs and POST forms: what a holder of a URL or a form may do, until when, and nothing else."""

import datetime
import time

import pytest
import requests

from support import boto, raw
from support.credentials import ROOT, Credentials
from support.signer import Signer


@pytest.fixture(scope="module", params=["default", "s3v4"])
def signing(server, request):
    """The client's default is still version 2 for URLs and forms; version 4 has to be asked for."""
    return boto.client(server) if request.param == "default" else boto.client(server, signature_version="s3v4")


def url(client, method, bucket, key="k", expires=60, **more):
    return client.generate_presigned_url(method, Params={"Bucket": bucket, "Key": key, **more}, ExpiresIn=expires)


def test_a_url_lets_its_holder_read(signing, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"hello")
    answer = requests.get(url(signing, "get_object", bucket, "a b/ü"), timeout=30)
    assert (answer.status_code, answer.content) == (200, b"hello")
    ranged = requests.get(url(signing, "get_object", bucket, "a b/ü"), headers={"Range": "bytes=1-2"}, timeout=30)
    assert (ranged.status_code, ranged.content) == (206, b"el")


def test_a_url_lets_its_holder_write_and_delete(signing, s3, bucket):
    assert requests.put(url(signing, "put_object", bucket), data=b"up", timeout=30).status_code == 200
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"up"
    assert requests.delete(url(signing, "delete_object", bucket), timeout=30).status_code == 204


def test_a_url_is_for_its_method_and_its_key_only(signing, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    read = url(signing, "get_object", bucket)
    assert requests.put(read, data=b"x", timeout=30).status_code == 403
    assert requests.delete(read, timeout=30).status_code == 403
    assert requests.get(read.replace("/k?", "/other?"), timeout=30).status_code == 403
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


def test_a_url_ends(signing, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    short = url(signing, "get_object", bucket, expires=1)
    time.sleep(2.2)
    answer = requests.get(short, timeout=30)
    assert answer.status_code == 403 and "<Code>AccessDenied</Code>" in answer.text
    assert "<Message>Request has expired</Message>" in answer.text and "<Expires>" in answer.text


def test_a_url_carries_overrides(signing, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    asked = url(signing, "get_object", bucket, ResponseContentDisposition='attachment; filename="a b"')
    assert requests.get(asked, timeout=30).headers["content-disposition"] == 'attachment; filename="a b"'


def test_an_override_cannot_be_added_to_a_url(signing, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    answer = requests.get(url(signing, "get_object", bucket) + "&response-content-type=text/html", timeout=30)
    assert answer.status_code == 403


def test_a_url_of_a_part(server, s3, bucket):
    v4 = boto.client(server, signature_version="s3v4")
    made = s3.create_multipart_upload(Bucket=bucket, Key="k")
    asked = url(v4, "upload_part", bucket, UploadId=made["UploadId"], PartNumber=1)
    etag = requests.put(asked, data=b"part", timeout=30).headers["etag"]
    s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=made["UploadId"], MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"part"


@pytest.mark.parametrize("expires", [0, -1, 604801, "soon"])
def test_a_life_that_is_none_or_over_seven_days_is_refused(server, bucket, expires):
    target = Signer(ROOT).presign("GET", server.host, f"/{bucket}/k", expires)
    answer = raw.plain(server, "GET", target)
    assert (answer.status, answer.code) in ((400, "AuthorizationQueryParametersError"), (403, "AccessDenied"))
    assert expires == 0 or answer.code == "AuthorizationQueryParametersError"


def test_a_url_from_the_future_is_refused(server, bucket):
    ahead = Signer(ROOT, shift=datetime.timedelta(hours=1))
    answer = raw.plain(server, "GET", ahead.presign("GET", server.host, f"/{bucket}/k"))
    assert answer.status == 403


def test_a_url_of_an_unknown_key_or_a_wrong_secret_is_refused(server, bucket):
    for who, code in (
        (Credentials("UNKNOWNKEY0000000000", ROOT.secret_key), "InvalidAccessKeyId"),
        (Credentials(ROOT.access_key, "another-secret"), "SignatureDoesNotMatch"),
    ):
        answer = raw.plain(server, "GET", Signer(who).presign("GET", server.host, f"/{bucket}/k"))
        assert (answer.status, answer.code) == (403, code)


def test_a_signed_header_of_a_url_must_be_sent(server, s3, bucket):
    signed = Signer(ROOT).presign("PUT", server.host, f"/{bucket}/k", headers={"x-amz-meta-a": "1"})
    assert raw.plain(server, "PUT", signed, b"x").status == 403
    assert raw.plain(server, "PUT", signed, b"x", {"x-amz-meta-a": "1"}).status == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "1"}


def test_an_amz_header_that_a_url_does_not_sign_is_refused(server, bucket):
    signed = Signer(ROOT).presign("PUT", server.host, f"/{bucket}/k")
    answer = raw.plain(server, "PUT", signed, b"x", {"x-amz-meta-a": "1"})
    assert answer.status == 403


def test_two_kinds_of_authorization_at_once_are_refused(server, bucket):
    target = Signer(ROOT).presign("GET", server.host, f"/{bucket}/k")
    answer = raw.call(server, "GET", target)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_version_two_can_be_switched_off(start):
    private = start(arguments=["--sigv2", "off"])
    s3 = boto.client(private)
    s3.create_bucket(Bucket="strict", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="strict", Key="k", Body=b"hello")
    old = requests.get(url(s3, "get_object", "strict"), timeout=30)
    assert old.status_code == 400 and "AWS4-HMAC-SHA256" in old.text
    new = requests.get(url(boto.client(private, signature_version="s3v4"), "get_object", "strict"), timeout=30)
    assert new.content == b"hello"


def test_a_version_two_url_may_not_live_over_seven_days_either(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    week = 7 * 24 * 3600
    assert requests.get(url(s3, "get_object", bucket, expires=week - 60), timeout=30).status_code == 200
    assert requests.get(url(s3, "get_object", bucket, expires=week + 3600), timeout=30).status_code in (400, 403)
