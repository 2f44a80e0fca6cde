"""Bounds on what a request may cost: headers, lines, XML, bodies and patience, at a memory that does not grow."""

import base64
import hashlib
import time

import pytest

from support import boto
from support.credentials import ROOT
from support.raw import Connection, call, head_bytes, signed
from support.signer import UNSIGNED, Signer

GIB = 1 << 30


def send_raw(server, data):
    with Connection(server) as connection:
        connection.send(data)
        try:
            return connection.read().status
        except (EOFError, ConnectionResetError):
            return None


BOMBS = {
    "many headers": {f"x-{n}": "v" for n in range(5000)},
    "one long header": {"x-long": "v" * 200_000},
    "many long headers": {f"x-{n}": "v" * 10_000 for n in range(100)},
}


@pytest.mark.parametrize("why", BOMBS)
def test_a_header_bomb_is_refused(server, why):
    data = head_bytes("GET", "/", {"host": server.host, **BOMBS[why]})
    assert send_raw(server, data) in (400, 413, 431, None)
    assert call(server, "GET", "/").status == 200


def test_an_endless_request_line_is_refused(server):
    for target in ("/" + "a" * 500_000, "/b?" + "a=1&" * 100_000):
        assert send_raw(server, head_bytes("GET", target, {"host": server.host})) in (400, 413, 414, 431, None)


def test_metadata_within_the_header_limit_is_still_told_as_too_large(server, bucket):
    given = {f"x-amz-meta-{n}": "v" * 500 for n in range(5)}
    answer = call(server, "PUT", f"/{bucket}/k", b"x", given)
    assert (answer.status, answer.code) == (400, "MetadataTooLarge")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"PUT /b/k HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
)
def test_what_is_no_sound_http_is_refused(server, head):
    with Connection(server, timeout=15) as connection:
        connection.send(head)
        try:
            assert 400 <= connection.read().status < 600
        except (EOFError, ConnectionResetError):
            pass  # closed without a word: also a refusal
    assert call(server, "GET", "/").status == 200


def delete_many(server, bucket, body):
    proof = base64.b64encode(hashlib.md5(body).digest()).decode()
    return call(server, "POST", f"/{bucket}?delete", body, {"content-md5": proof})


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">%s]><Delete><Object><Key>&z;</Key></Object></Delete>' % b"".join(
    b'<!ENTITY %c "%s">' % (ord("b") + n, (b"&%c;" % (ord("a") + n)) * 10) for n in range(25)
)
HOSTILE_XML = {
    "entities within entities": LAUGHS,
    "a file of the machine": b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&f;</Key></Object></Delete>',
    "a deep nest": b"<Delete>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Delete>",
    "many attributes": b"<Delete " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b"/>",
    "many objects": b"<Delete>" + b"<Object><Key>k</Key></Object>" * 100_000 + b"</Delete>",
}


@pytest.mark.parametrize("why", HOSTILE_XML)
def test_hostile_xml_is_malformed_and_costs_little(server, bucket, why):
    before, start = server.memory_kib(), time.monotonic()
    answer = delete_many(server, bucket, HOSTILE_XML[why])
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert time.monotonic() - start < 5
    assert server.memory_kib() - before < 32 * 1024


def test_xml_over_its_limit_is_refused(server, bucket):
    with Connection(server) as connection:
        sent = {"host": server.host, "content-length": str(GIB)}
        signature = Signer(ROOT).sign("POST", f"/{bucket}?delete", sent, UNSIGNED)
        connection.send(head_bytes("POST", f"/{bucket}?delete", signature.headers) + b"<Delete>")
        answer = connection.read("POST")
    assert answer.status in (400, 413)
    assert answer.code in ("MalformedXML", "EntityTooLarge", "MaxMessageLengthExceeded")


@pytest.mark.parametrize("suffix", ["", "?partNumber=1&uploadId={upload}"])
def test_a_body_over_5_gib_is_refused_by_its_announced_length(server, s3, bucket, suffix):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    target = f"/{bucket}/k" + suffix.format(upload=upload)
    sent = {"host": server.host, "content-length": str(6 * GIB)}
    signature = Signer(ROOT).sign("PUT", target, sent, UNSIGNED)
    before = server.memory_kib()
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", target, signature.headers))
        answer = connection.read("PUT")
    assert (answer.status, answer.code) == (400, "EntityTooLarge")
    assert answer.element("ProposedSize") == str(6 * GIB)
    assert answer.element("MaxSizeAllowed") == str(5 * GIB)
    assert server.memory_kib() - before < 16 * 1024


def test_a_decoded_length_over_5_gib_is_refused_too(server, bucket):
    target = f"/{bucket}/k"
    payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    sent = {"host": server.host, "x-amz-decoded-content-length": str(6 * GIB), "x-amz-trailer": "x-amz-checksum-crc32"}
    signature = Signer(ROOT).sign("PUT", target, sent, payload)
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", target, {**signature.headers, "content-length": str(6 * GIB + 500)}))
        answer = connection.read("PUT")
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


def test_headers_that_never_end_are_cut_off(start):
    """A byte now and then keeps no connection: the whole head has its time."""
    private = start(arguments=["--header-timeout", "3"])
    begin = time.monotonic()
    with Connection(private, timeout=0.5) as connection:
        connection.send(b"GET / HTTP/1.1\r\nhost: a\r\nx-slow: ")
        while time.monotonic() - begin < 30:
            try:
                connection.socket.sendall(b"a")
                if connection.socket.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
    assert 2 < time.monotonic() - begin < 10


def test_a_body_that_stalls_is_cut_off_and_others_go_on(start):
    private = start(arguments=["--body-timeout", "3"])
    client = boto.client(private)
    client.create_bucket(Bucket="stall", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    request = signed(private, "PUT", "/stall/k", b"x" * 100_000)
    begin = time.monotonic()
    with Connection(private, timeout=60) as connection:
        connection.send(request[:-1])
        client.put_object(Bucket="stall", Key="other", Body=b"goes on")
        try:
            answer = connection.read("PUT")
            assert (answer.status, answer.code) == (400, "RequestTimeout")
        except (EOFError, ConnectionResetError):
            pass
    assert time.monotonic() - begin < 20
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="stall")["Contents"]] == ["other"]


def test_many_idle_connections_leave_room_for_work(server):
    idle = [Connection(server) for _ in range(300)]
    before = server.memory_kib()
    assert call(server, "GET", "/").status == 200
    for connection in idle:
        connection.send(b"GET / HTTP/1.1\r\nhost:")
    assert call(server, "GET", "/").status == 200
    assert server.memory_kib() - before < 64 * 1024
    for connection in idle:
        connection.socket.close()
