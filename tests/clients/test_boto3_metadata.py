"""What an object carries beside its bytes: system headers verbatim, user metadata, storage class, overrides."""

import datetime

import pytest

from support import boto, raw
from support.boto import refused

HEADERS = {
    "CacheControl": "max-age=3600, must-revalidate",
    "ContentDisposition": 'attachment; filename="a b.txt"',
    "ContentEncoding": "gzip",
    "ContentLanguage": "de, en",
    "ContentType": "text/plain; charset=utf-8",
}


def test_system_headers_come_back_verbatim(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **HEADERS)
    for response in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert {name: response[name] for name in HEADERS} == HEADERS


def test_expires_comes_back(s3, bucket):
    moment = datetime.datetime(2031, 5, 6, 7, 8, 9, tzinfo=datetime.UTC)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Expires=moment)
    assert s3.head_object(Bucket=bucket, Key="k")["ExpiresString"] == "Tue, 06 May 2031 07:08:09 GMT"


def test_expires_that_is_no_date_comes_back_too(server, s3, bucket):
    assert raw.call(server, "PUT", f"/{bucket}/k", b"x", {"expires": "whenever"}).status == 200
    assert raw.call(server, "HEAD", f"/{bucket}/k").header("expires") == "whenever"


def test_without_a_content_type_it_is_binary(server, s3, bucket):
    assert raw.call(server, "PUT", f"/{bucket}/k", b"x").status == 200
    assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


def test_user_metadata_comes_back_with_its_names_in_lower_case(s3, bucket):
    given = {"Colour": "blue", "with-dash": "a, b; c=d", "empty": ""}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata=given)
    expected = {"colour": "blue", "with-dash": "a, b; c=d", "empty": ""}
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == expected
    assert s3.get_object(Bucket=bucket, Key="k")["Metadata"] == expected


def test_repeated_metadata_headers_are_joined(server, s3, bucket):
    signed = raw.signed(server, "PUT", f"/{bucket}/k", b"x", {"x-amz-meta-list": "one,two"})
    # Two lines of one name are one list to a signature.
    twice = signed.replace(b"x-amz-meta-list: one,two", b"x-amz-meta-list: one\r\nx-amz-meta-list: two")
    with raw.Connection(server) as connection:
        connection.send(twice)
        assert connection.read("PUT").status == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"list": "one,two"}


def test_metadata_of_two_kibibytes_fits_and_one_byte_more_does_not(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"name": "v" * 2044})
    assert len(s3.head_object(Bucket=bucket, Key="k")["Metadata"]["name"]) == 2044
    with refused("MetadataTooLarge", 400) as error:
        s3.put_object(Bucket=bucket, Key="k2", Body=b"x", Metadata={"name": "v" * 2045})
    assert error["MaxSizeAllowed"] == "2048"
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="k2")


def test_metadata_beyond_ascii_comes_back_encoded_for_a_header(server, s3, bucket):
    answer = raw.call(server, "PUT", f"/{bucket}/k", b"x", {"x-amz-meta-name": "=?UTF-8?B?w7xtbA==?="})
    assert answer.status == 200
    assert raw.call(server, "HEAD", f"/{bucket}/k").header("x-amz-meta-name") == "=?UTF-8?B?w7xtbA==?="


def test_aws_chunked_is_no_encoding_of_the_object(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentEncoding="gzip", ChecksumAlgorithm="CRC32")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentEncoding"] == "gzip"
    assert raw.call(server, "PUT", f"/{bucket}/alone", b"x", {"content-encoding": "aws-chunked"}).status == 200
    assert "ContentEncoding" not in s3.head_object(Bucket=bucket, Key="alone")


OVERRIDES = {
    "ResponseCacheControl": ("CacheControl", "no-store"),
    "ResponseContentDisposition": ("ContentDisposition", "inline"),
    "ResponseContentEncoding": ("ContentEncoding", "identity"),
    "ResponseContentLanguage": ("ContentLanguage", "fr"),
    "ResponseContentType": ("ContentType", "application/x-other"),
}


def test_a_signed_read_may_override_headers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **HEADERS)
    asked = {name: value for name, (_, value) in OVERRIDES.items()}
    moment = datetime.datetime(2033, 1, 2, tzinfo=datetime.UTC)
    for call in (s3.get_object, s3.head_object):
        response = call(Bucket=bucket, Key="k", ResponseExpires=moment, **asked)
        assert {name: response[name] for name, _ in OVERRIDES.values()} == dict(OVERRIDES.values())
        assert response["ExpiresString"] == "Sun, 02 Jan 2033 00:00:00 GMT"


def test_an_anonymous_read_may_not_override_headers(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = raw.plain(server, "GET", f"/{bucket}/k?response-content-type=text%2Fhtml")
    assert answer.status in (400, 403)
    assert answer.code in ("InvalidRequest", "AccessDenied")


@pytest.mark.parametrize("name", ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "REDUCED_REDUNDANCY", "INTELLIGENT_TIERING"])
def test_a_storage_class_is_kept_and_the_standard_one_is_not_told(s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass=name)
    told = None if name == "STANDARD" else name
    assert s3.head_object(Bucket=bucket, Key="k").get("StorageClass") == told
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == name


def test_an_unknown_storage_class_is_refused(s3, bucket):
    with refused("InvalidStorageClass", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="MARBLE")


def test_a_website_redirect_location_is_kept(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", WebsiteRedirectLocation="/elsewhere")
    assert s3.head_object(Bucket=bucket, Key="k")["WebsiteRedirectLocation"] == "/elsewhere"
    with refused("InvalidRedirectLocation", 400):
        s3.put_object(Bucket=bucket, Key="k2", Body=b"", WebsiteRedirectLocation="elsewhere")
