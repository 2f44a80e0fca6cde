"""Uploads by an HTML form (POST): every condition of its policy binds, and every field is covered by one."""

import json

import pytest
import requests

from support import boto
from support.credentials import ROOT
from support.signer import Signer


@pytest.fixture
def post(server, bucket):
    """Sends a form: its fields, and conditions for its policy (by default one `eq` for each field)."""

    def send(fields, conditions=None, data=b"hello", signer=None, extra=None, **expiry):
        if conditions is None:
            conditions = [{name: value} for name, value in fields.items()]
        signed = (signer or Signer(ROOT)).form([{"bucket": bucket}, *conditions], **expiry)
        form = {**fields, **signed, **(extra or {})}
        files = {"file": ("a name.txt", data)}
        return requests.post(f"{server.endpoint}/{bucket}", data=form, files=files, timeout=30, allow_redirects=False)

    return send


def code(answer):
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


@pytest.mark.parametrize("version", [None, "s3v4"])
def test_the_client_s_own_form_uploads(server, s3, bucket, version):
    client = boto.client(server, signature_version=version) if version else boto.client(server)
    made = client.generate_presigned_post(bucket, "a/${filename}", ExpiresIn=60)
    answer = requests.post(made["url"], data=made["fields"], files={"file": ("up.txt", b"hello")}, timeout=30)
    assert answer.status_code == 204 and answer.content == b""
    assert boto.body(s3.get_object(Bucket=bucket, Key="a/up.txt")) == b"hello"


def test_a_form_sets_headers_and_metadata(post, s3, bucket):
    fields = {"key": "k", "Content-Type": "text/x-form", "Cache-Control": "no-cache", "x-amz-meta-a": "1"}
    assert post(fields).status_code == 204
    got = s3.head_object(Bucket=bucket, Key="k")
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/x-form", "no-cache", {"a": "1"})


@pytest.mark.parametrize(("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("302", 204), ("x", 204)])
def test_the_form_chooses_its_status(post, bucket, asked, status):
    answer = post({"key": "k", "success_action_status": asked})
    assert answer.status_code == status and answer.headers["etag"]
    if status == 201:
        assert f"<Bucket>{bucket}</Bucket>" in answer.text and "<Key>k</Key>" in answer.text


def test_the_form_chooses_where_to_go(post, bucket):
    answer = post({"key": "k", "success_action_redirect": "http://example.com/done?x=1"})
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where.startswith("http://example.com/done?x=1&") and f"bucket={bucket}" in where and "key=k" in where


FAILING = [
    ([{"key": "other"}], "eq"),
    ([["eq", "$key", "other"]], "eq as a list"),
    ([["starts-with", "$key", "b"]], "starts-with"),
    ([["starts-with", "$key", ""], ["content-length-range", 0, 4]], "too long"),
    ([["starts-with", "$key", ""], ["content-length-range", 6, 10]], "too short"),
    ([], "key is not covered"),
]


@pytest.mark.parametrize(("conditions", "why"), FAILING, ids=[why for _, why in FAILING])
def test_a_condition_that_fails_refuses_the_upload(post, s3, bucket, conditions, why):
    answer = post({"key": "k"}, conditions)
    expected = {"too long": (400, "EntityTooLarge"), "too short": (400, "EntityTooSmall")}
    assert (answer.status_code, code(answer)) == expected.get(why, (403, "AccessDenied"))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("conditions", [[["starts-with", "$key", "us"]], [["starts-with", "$key", ""], ["content-length-range", 5, 5]]])
def test_a_condition_that_holds_lets_it_in(post, conditions):
    assert post({"key": "user/k"}, conditions).status_code == 204


def test_a_field_that_no_condition_covers_is_refused(post):
    answer = post({"key": "k"}, extra={"x-amz-meta-a": "1"})
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    # Fields that begin with x-ignore- need none.
    assert post({"key": "k"}, extra={"x-ignore-this": "1"}).status_code == 204


def test_a_policy_that_is_over_tampered_or_absent_is_refused(server, post, bucket):
    answer = post({"key": "k"}, expires=-10)
    assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    answer = post({"key": "k"}, extra={"x-amz-signature": "0" * 64})
    assert (answer.status_code, code(answer)) == (403, "SignatureDoesNotMatch")
    bare = requests.post(f"{server.endpoint}/{bucket}", data={"key": "k"}, files={"file": b"x"}, timeout=30)
    assert (bare.status_code, code(bare)) == (403, "AccessDenied")


def test_a_form_without_a_key_or_a_file_is_refused(server, post, bucket):
    assert post({}).status_code == 400
    fields = {"key": "k", **Signer(ROOT).form([{"bucket": bucket}, {"key": "k"}])}
    # Every field as a part, and no file among them.
    parts = {name: (None, value) for name, value in fields.items()}
    answer = requests.post(f"{server.endpoint}/{bucket}", files=parts, timeout=30)
    assert answer.status_code == 400 and code(answer) in ("InvalidArgument", "IncorrectNumberOfFilesInPostRequest")


def test_a_policy_that_is_no_json_is_refused(server, bucket, monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda _: "{nonsense")
    fields = {"key": "k", **Signer(ROOT).form([])}
    monkeypatch.undo()
    answer = requests.post(f"{server.endpoint}/{bucket}", data=fields, files={"file": b"x"}, timeout=30)
    assert (answer.status_code, code(answer)) == (400, "InvalidPolicyDocument")


def test_a_large_file_streams_through_a_form(post, s3, bucket):
    data = b"0123456789abcdef" * 1024 * 640
    assert post({"key": "large"}, data=data).status_code == 204
    assert boto.body(s3.get_object(Bucket=bucket, Key="large")) == data


def test_what_follows_the_file_is_not_read(server, s3, bucket):
    fields = Signer(ROOT).form([{"bucket": bucket}, {"key": "k"}])
    mark = "boundary0"
    parts = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"key": "k", **fields}.items()
    )
    parts += f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n'
    parts += f'--{mark}\r\nContent-Disposition: form-data; name="submit"\r\n\r\nUpload\r\n--{mark}--\r\n'
    sent = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    answer = requests.post(f"{server.endpoint}/{bucket}", data=parts.encode(), headers=sent, timeout=30)
    assert answer.status_code == 204
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"
