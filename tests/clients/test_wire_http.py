"""HTTP as such: Expect, keep-alive, pipelining, HEAD, ids on every answer, the shape of errors, both styles of address."""

import http.client
import socket
import time

import pytest

from support import boto, raw
from support.content import content
from support.credentials import ROOT, Credentials
from support.raw import Connection, call, head_bytes, plain, signed
from support.signer import UNSIGNED, Signer

WRONG = Signer(Credentials(ROOT.access_key, "wrong"))


def expecting(server, target, length, signer=None, **headers):
    sent = {"host": server.host, "content-length": str(length), **headers}
    signature = (signer or Signer(ROOT)).sign("PUT", target, sent, UNSIGNED)
    return head_bytes("PUT", target, {**signature.headers, "expect": "100-continue"})


def test_expect_is_answered_after_authorization(server, s3, bucket):
    with Connection(server) as connection:
        connection.send(expecting(server, f"/{bucket}/k", 5))
        status, _ = connection.head()
        assert status == 100
        connection.send(b"hello")
        assert connection.read("PUT").status == 200
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


@pytest.mark.parametrize("why", ["signature", "bucket", "size"])
def test_expect_is_not_answered_to_what_will_be_refused(server, bucket, why):
    target = "/no-such-bucket-here/k" if why == "bucket" else f"/{bucket}/k"
    length = 6 << 30 if why == "size" else 5
    expected = {"signature": (403, "SignatureDoesNotMatch"), "bucket": (404, "NoSuchBucket"), "size": (400, "EntityTooLarge")}
    with Connection(server) as connection:
        connection.send(expecting(server, target, length, WRONG if why == "signature" else None))
        status, headers = connection.head()
        assert status == expected[why][0]
        body = connection._exactly(int(dict((name.lower(), value) for name, value in headers)["content-length"]))
        assert f"<Code>{expected[why][1]}</Code>".encode() in body


def test_one_connection_serves_many_requests(server, s3, bucket):
    with Connection(server) as connection:
        for n in range(20):
            body = content(f"keep {n}", n * 1000)
            connection.send(signed(server, "PUT", f"/{bucket}/k{n}", body))
            assert connection.read("PUT").status == 200
            connection.send(signed(server, "GET", f"/{bucket}/k{n}"))
            assert connection.read().body == body


def test_pipelined_requests_are_answered_in_order(server, s3, bucket):
    for n in range(10):
        s3.put_object(Bucket=bucket, Key=f"k{n}", Body=str(n).encode() * (n * 5000 + 1))
    with Connection(server) as connection:
        connection.send(b"".join(signed(server, "GET", f"/{bucket}/k{n}") for n in range(10)))
        for n in range(10):
            assert connection.read().body == str(n).encode() * (n * 5000 + 1)


def test_a_refused_request_does_not_spoil_the_next(server, bucket):
    with Connection(server) as connection:
        connection.send(signed(server, "GET", f"/{bucket}/absent") + signed(server, "GET", f"/{bucket}?list-type=2"))
        assert connection.read().status == 404
        assert connection.read().status == 200


def test_a_refused_body_is_not_taken_for_a_request(server, bucket):
    smuggled = signed(server, "DELETE", f"/{bucket}")
    with Connection(server) as connection:
        connection.send(signed(server, "PUT", f"/{bucket}/k", smuggled, signer=WRONG))
        assert connection.read("PUT").status == 403
    assert call(server, "HEAD", f"/{bucket}").status == 200


def test_head_has_headers_and_no_body(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    with Connection(server) as connection:
        # Were there a body, the second answer would not begin where it must.
        connection.send(signed(server, "HEAD", f"/{bucket}/k") + signed(server, "HEAD", f"/{bucket}/absent"))
        first, second = connection.read("HEAD"), connection.read("HEAD")
    assert (first.status, first.header("content-length")) == (200, "5")
    assert second.status == 404


def test_every_answer_has_ids_and_a_date(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    ids = set()
    for method, target in [("GET", f"/{bucket}/k"), ("HEAD", f"/{bucket}/absent"), ("GET", f"/{bucket}/absent"), ("PUT", f"/{bucket}/k"), ("DELETE", f"/{bucket}/k"), ("GET", "/")]:
        answer = call(server, method, target)
        assert answer.header("x-amz-request-id") and answer.header("x-amz-id-2") and answer.header("date")
        ids.add(answer.header("x-amz-request-id"))
    assert len(ids) == 6
    assert plain(server, "GET", f"/{bucket}/k").header("x-amz-request-id")


def test_an_error_body_says_what_and_where(server, bucket):
    answer = call(server, "GET", f"/{bucket}/absent%20key")
    assert (answer.status, answer.code) == (404, "NoSuchKey")
    assert answer.header("content-type") == "application/xml"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>')
    assert answer.element("Key") == "absent key"
    assert answer.element("RequestId") == answer.header("x-amz-request-id")
    assert answer.element("HostId") == answer.header("x-amz-id-2")


def test_a_signature_that_does_not_match_shows_how_it_was_computed(server, bucket):
    answer = call(server, "GET", f"/{bucket}", signer=WRONG)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.element("AWSAccessKeyId") == ROOT.access_key
    assert answer.element("StringToSign").startswith("AWS4-HMAC-SHA256\n")
    assert answer.element("CanonicalRequest").startswith("GET\n")
    assert answer.element("SignatureProvided")


@pytest.mark.parametrize(("method", "suffix"), [("POST", "/k"), ("PUT", "?versions"), ("DELETE", "?location"), ("PUT", "?uploads"), ("DELETE", "/k?uploads"), ("PATCH", "/k")])
def test_a_method_that_a_resource_has_not_is_405(server, s3, bucket, method, suffix):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    answer = call(server, method, f"/{bucket}{suffix}")
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


@pytest.mark.parametrize("suffix", ["/k?renameObject", "?metadataConfiguration", "/k?acl", "?website", "?lifecycle"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unbuilt_sub_resource_never_acts_on_the_resource_itself(server, s3, bucket, method, suffix):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    answer = call(server, method, f"/{bucket}{suffix}", b"<x/>" if method == "PUT" else b"")
    assert answer.status in (400, 405, 501), answer.body
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


def test_unknown_query_names_are_passed_over(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert call(server, "GET", f"/{bucket}/k?x-id=GetObject&whatever=1").body == b"hello"


def test_a_put_without_a_length_is_refused(server, bucket):
    signature = Signer(ROOT).sign("PUT", f"/{bucket}/k", {"host": server.host}, UNSIGNED)
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", f"/{bucket}/k", signature.headers))
        answer = connection.read("PUT")
    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_http_s_own_chunks_are_refused_or_stored_whole(server, s3, bucket):
    signature = Signer(ROOT).sign("PUT", f"/{bucket}/k", {"host": server.host}, UNSIGNED)
    chunked = {**signature.headers, "transfer-encoding": "chunked"}
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", f"/{bucket}/k", chunked) + b"5\r\nhello\r\n0\r\n\r\n")
        answer = connection.read("PUT")
    assert answer.status in (200, 411, 501)
    if answer.status == 200:
        assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"
    else:
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_body_that_is_cut_off_stores_nothing(server, s3, bucket):
    request = signed(server, "PUT", f"/{bucket}/k", content("cut", 500_000))
    with Connection(server) as connection:
        connection.send(request[:-1000])
        connection.socket.shutdown(socket.SHUT_WR)
        try:
            answer = connection.read("PUT")
            assert (answer.status, answer.code) == (400, "IncompleteBody")
        except EOFError:
            pass  # a closed connection is an answer too
    time.sleep(0.2)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("host", ["{bucket}.localhost", "{bucket}.localhost:{port}", "{bucket}.s3.localhost:{port}"])
def test_a_bucket_may_stand_in_the_host(server, s3, bucket, host):
    s3.put_object(Bucket=bucket, Key="dir/k", Body=b"hello")
    named = {"host": host.format(bucket=bucket, port=server.port)}
    assert call(server, "GET", "/dir/k", headers=named).body == b"hello"
    listed = call(server, "GET", "/?list-type=2", headers=named)
    assert listed.element("Name") == bucket and listed.element("Key") == "dir/k"
    assert call(server, "PUT", "/new", b"new", headers=named).status == 200
    assert boto.body(s3.get_object(Bucket=bucket, Key="new")) == b"new"


def test_both_styles_by_name(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    for path, host in ((f"/{bucket}/k", f"localhost:{server.port}"), ("/k", f"{bucket}.localhost:{server.port}")):
        assert call(server, "GET", path, headers={"host": host}).body == b"hello"


def test_anonymous_requests_are_denied(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    for method, target in (("GET", f"/{bucket}/k"), ("GET", f"/{bucket}"), ("PUT", f"/{bucket}/k"), ("DELETE", f"/{bucket}/k")):
        answer = plain(server, method, target)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"


def test_http_1_0_is_answered_and_closed(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    connection.request("GET", "/-/health/live")
    assert connection.getresponse().status == 200
    connection.close()
