"""HTTP/2 without TLS (prior knowledge): the same operations, many streams on one connection."""

import hashlib

import pytest

from support import boto
from support.content import content
from support.credentials import ROOT
from support.http2 import Http2
from support.signer import Signer


def ask(connection, server, method, target, body=b"", **headers):
    sent = {"host": server.host, **headers}
    if body:
        sent["content-length"] = str(len(body))
    signature = Signer(ROOT).sign(method, target, sent, hashlib.sha256(body).hexdigest())
    return connection.request("http", method, target, signature.headers, body)


@pytest.fixture
def connection(server):
    with Http2(server) as made:
        yield made


def test_put_get_head_and_delete(server, s3, bucket, connection):
    data = content("http2", 700_000)
    put = connection.read(ask(connection, server, "PUT", f"/{bucket}/k", data))
    assert put.status == 200 and put.headers["x-amz-request-id"]
    got = connection.read(ask(connection, server, "GET", f"/{bucket}/k"))
    assert got.status == 200 and got.body == data and got.headers["etag"] == put.headers["etag"]
    head = connection.read(ask(connection, server, "HEAD", f"/{bucket}/k"))
    assert (head.status, head.headers["content-length"], head.body) == (200, "700000", b"")
    assert connection.read(ask(connection, server, "DELETE", f"/{bucket}/k")).status == 204
    gone = connection.read(ask(connection, server, "GET", f"/{bucket}/k"))
    assert gone.status == 404 and b"<Code>NoSuchKey</Code>" in gone.body


def test_streams_run_side_by_side(server, s3, bucket, connection):
    bodies = {n: content(f"stream {n}", 50_000 * n + 1) for n in range(8)}
    for n, data in bodies.items():
        s3.put_object(Bucket=bucket, Key=f"k{n}", Body=data)
    numbers = {n: ask(connection, server, "GET", f"/{bucket}/k{n}") for n in bodies}
    for n, data in bodies.items():
        assert connection.read(numbers[n]).body == data


def test_an_unsigned_request_is_denied(server, bucket, connection):
    denied = connection.read(connection.request("http", "GET", f"/{bucket}/k", {"host": server.host}))
    assert denied.status == 403 and b"<Code>AccessDenied</Code>" in denied.body


def test_a_reset_upload_stores_nothing(server, s3, bucket, connection):
    sent = {"host": server.host, "content-length": "1000"}
    signature = Signer(ROOT).sign("PUT", f"/{bucket}/k", sent, hashlib.sha256(b"x" * 1000).hexdigest())
    number = connection.h2.get_next_available_stream_id()
    rest = [(name, value) for name, value in signature.headers.items() if name != "host"]
    pseudo = [(":method", "PUT"), (":path", f"/{bucket}/k"), (":scheme", "http"), (":authority", server.host)]
    connection.h2.send_headers(number, pseudo + rest)
    connection.h2.send_data(number, b"x" * 500)
    connection.h2.reset_stream(number)
    connection._flush()
    assert connection.read(ask(connection, server, "GET", f"/{bucket}?list-type=2")).status == 200
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_curl_speaks_it_too(shell, server, s3, bucket):
    if "HTTP2" not in shell("curl --version").out:
        pytest.skip("this curl has no HTTP/2")
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    url = boto.client(server, signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}
    )
    out = shell(f"curl -s --http2-prior-knowledge -w ' %{{http_version}}' '{url}'").out
    assert out == "hello 2"
