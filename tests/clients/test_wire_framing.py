"""Bodies in AWS's framings, sent by hand: every true one is taken, every false one is refused and stores nothing."""

import pytest

from support import boto, framing, signer
from support.checksums import checksum
from support.content import content
from support.credentials import ROOT
from support.raw import Connection, call, head_bytes
from support.signer import Signer

MIB = 1024 * 1024
DATA = content("framing", 200_000)
CHUNKS = framing.cut(DATA, 65536)
CRC32 = ("x-amz-checksum-crc32", framing.crc32(DATA))


def send(server, bucket, payload, frame, length=len(DATA), trailer=None, close=False, **headers):
    """PUTs to `/bucket/k` with the body that `frame` makes of the request's signature."""
    target = f"/{bucket}/k"
    sent = {"host": server.host, "x-amz-decoded-content-length": str(length), **headers}
    if trailer:
        sent["x-amz-trailer"] = trailer
    signature = Signer(ROOT).sign("PUT", target, sent, payload)
    body = frame(signature)
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", target, {**signature.headers, "content-length": str(len(body))}) + body)
        if close:
            connection.socket.shutdown(1)
        return connection.read("PUT")


def stored(s3, bucket):
    """The bytes under `k`, or None."""
    if s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0:
        return None
    return boto.body(s3.get_object(Bucket=bucket, Key="k"))


@pytest.mark.parametrize("sizes", [[65536], [8192], [200_000], [100_000, 50_000, 10_000, 40_000]])
def test_signed_chunks_of_any_size(server, s3, bucket, sizes):
    chunks = framing.cut(DATA, sizes[0]) if len(sizes) == 1 else []
    at = 0
    for size in sizes if len(sizes) > 1 else []:
        chunks.append(DATA[at : at + size])
        at += size
    answer = send(server, bucket, signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, chunks))
    assert answer.status == 200, answer.body
    assert stored(s3, bucket) == DATA


def test_an_empty_body_of_signed_chunks(server, s3, bucket):
    assert send(server, bucket, signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, []), length=0).status == 200
    assert stored(s3, bucket) == b""


def test_an_unsigned_trailer(server, s3, bucket):
    frame = lambda _: framing.unsigned_trailer_body(CHUNKS, [CRC32])
    answer = send(server, bucket, signer.UNSIGNED_TRAILER, frame, trailer=CRC32[0])
    assert answer.status == 200 and answer.header(CRC32[0]) == CRC32[1]
    assert stored(s3, bucket) == DATA


def test_a_signed_trailer(server, s3, bucket):
    frame = lambda s: framing.signed_trailer_body(s, CHUNKS, [CRC32])
    answer = send(server, bucket, signer.SIGNED_TRAILER, frame, trailer=CRC32[0])
    assert answer.status == 200 and answer.header(CRC32[0]) == CRC32[1]
    assert stored(s3, bucket) == DATA


@pytest.mark.parametrize("algorithm", ["CRC32C", "SHA1", "SHA256"])
def test_a_trailer_of_another_algorithm(server, s3, bucket, algorithm):
    name = f"x-amz-checksum-{algorithm.lower()}"
    frame = lambda _: framing.unsigned_trailer_body(CHUNKS, [(name, checksum(algorithm, DATA))])
    assert send(server, bucket, signer.UNSIGNED_TRAILER, frame, trailer=name).status == 200
    assert stored(s3, bucket) == DATA


def test_a_trailer_need_not_be_announced_by_a_line_feed_only(server, s3, bucket):
    """Some clients end the framing with blanks after the colon."""
    frame = lambda _: framing.unsigned_trailer_body(CHUNKS, [(CRC32[0], " " + CRC32[1])])
    assert send(server, bucket, signer.UNSIGNED_TRAILER, frame, trailer=CRC32[0]).status == 200


def test_unsigned_payload(server, s3, bucket):
    target = f"/{bucket}/k"
    sent = {"host": server.host, "content-length": str(len(DATA))}
    signature = Signer(ROOT).sign("PUT", target, sent, signer.UNSIGNED)
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", target, signature.headers) + DATA)
        assert connection.read("PUT").status == 200
    assert stored(s3, bucket) == DATA


MISMATCH, INCOMPLETE, BROKEN = {"SignatureDoesNotMatch"}, {"IncompleteBody"}, {"InvalidRequest", "IncompleteBody"}
TRAILER = {"MalformedTrailerError"}
SHA1 = ("x-amz-checksum-sha1", checksum("SHA1", DATA))
ANNOUNCED = {"trailer": CRC32[0]}
# How it is framed, the frames, what else is said, and the codes that may refuse it.
FALSE = {
    "a false chunk signature": (
        signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, CHUNKS, spoil=1), {}, MISMATCH
    ),
    "a false last signature": (
        signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, CHUNKS, spoil=len(CHUNKS)), {}, MISMATCH
    ),
    "a missing last chunk": (
        signer.SIGNED_CHUNKS, lambda s: framing.signed_chunks(s, CHUNKS, last=False)[0], {"close": True}, INCOMPLETE
    ),
    "a length too small": (
        signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, CHUNKS), {"length": len(DATA) - 1}, INCOMPLETE
    ),
    "a length too large": (
        signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, CHUNKS), {"length": len(DATA) + 1}, INCOMPLETE
    ),
    "a frame of nonsense": (signer.SIGNED_CHUNKS, lambda s: b"xyz\r\n" + DATA, {}, BROKEN),
    "a chunk without its signature": (
        signer.SIGNED_CHUNKS, lambda s: b"5\r\nhello\r\n0\r\n\r\n", {"length": 5}, BROKEN | MISMATCH
    ),
    "an endless frame line": (
        signer.SIGNED_CHUNKS, lambda s: b"5;chunk-signature=" + b"0" * 100_000, {"length": 5}, BROKEN
    ),
    "a trailer that does not fit": (
        signer.UNSIGNED_TRAILER,
        lambda s: framing.unsigned_trailer_body(CHUNKS, [(CRC32[0], "AAAAAA==")]),
        ANNOUNCED,
        {"BadDigest"},
    ),
    "a trailer that is absent": (
        signer.UNSIGNED_TRAILER, lambda s: framing.unsigned_trailer_body(CHUNKS, []), ANNOUNCED, TRAILER
    ),
    "another trailer than announced": (
        signer.UNSIGNED_TRAILER, lambda s: framing.unsigned_trailer_body(CHUNKS, [SHA1]), ANNOUNCED, TRAILER
    ),
    "a false trailer signature": (
        signer.SIGNED_TRAILER,
        lambda s: framing.signed_trailer_body(s, CHUNKS, [CRC32], spoil_trailer=True),
        ANNOUNCED,
        MISMATCH,
    ),
    "no trailer signature": (
        signer.SIGNED_TRAILER,
        lambda s: framing.signed_chunks(s, CHUNKS)[0] + f"{CRC32[0]}:{CRC32[1]}\r\n\r\n".encode(),
        ANNOUNCED,
        TRAILER | INCOMPLETE | MISMATCH,
    ),
}


@pytest.mark.parametrize("why", FALSE)
def test_a_false_body_is_refused_and_stores_nothing(server, s3, bucket, why):
    payload, frame, how, codes = FALSE[why]
    answer = send(server, bucket, payload, frame, **how)
    assert answer.code in codes, answer.body
    assert answer.status == (403 if answer.code == "SignatureDoesNotMatch" else 400)
    assert stored(s3, bucket) is None


def test_a_false_body_leaves_the_object_before_it(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    send(server, bucket, signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, CHUNKS, spoil=2))
    assert stored(s3, bucket) == b"before"


def test_a_body_that_is_not_what_its_hash_says(server, s3, bucket):
    wrong = {"x-amz-content-sha256": signer.EMPTY_SHA256}
    target = f"/{bucket}/k"
    sent = {"host": server.host, "content-length": "5", **wrong}
    signature = Signer(ROOT).sign("PUT", target, sent, signer.EMPTY_SHA256)
    with Connection(server) as connection:
        connection.send(head_bytes("PUT", target, signature.headers) + b"hello")
        answer = connection.read("PUT")
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert answer.element("ClientComputedContentSHA256") == signer.EMPTY_SHA256
    assert stored(s3, bucket) is None


@pytest.mark.parametrize("value", ["nonsense", "", "STREAMING-SOMETHING-ELSE", "ab" * 31])
def test_a_payload_hash_that_is_none_is_refused(server, bucket, value):
    answer = call(server, "PUT", f"/{bucket}/k", b"x", {"x-amz-content-sha256": value})
    assert answer.status in (400, 403, 501)


def test_one_chunk_of_256_mib_streams_in_constant_memory(server, s3, bucket):
    piece = content("huge chunk", MIB)
    chunk = piece * 256
    before = server.memory_kib()
    answer = send(server, bucket, signer.SIGNED_CHUNKS, lambda s: framing.signed_body(s, [chunk]), length=len(chunk))
    assert answer.status == 200
    assert server.memory_kib() - before < 64 * 1024
    got = s3.get_object(Bucket=bucket, Key="k")
    assert all(part == piece for part in got["Body"].iter_chunks(MIB))
    assert server.memory_kib() - before < 64 * 1024
