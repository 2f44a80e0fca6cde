"""Checksums: computed by the client or given by hand, in a header or a trailer, kept, told and never ignored."""

import base64
import hashlib

import pytest

from support import boto, raw
from support.boto import refused
from support.checksums import DIGESTS, checksum, composite, header
from support.content import content

MIB = 1024 * 1024
DATA = content("checksums", 300_001)
# What the pinned client can compute by itself.
COMPUTED = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128"]


def test_the_suites_own_crcs_have_their_published_check_values():
    assert DIGESTS["CRC32C"](b"123456789").hex() == "e3069283"
    assert DIGESTS["CRC64NVME"](b"123456789").hex() == "ae8b14860a799888"


@pytest.mark.parametrize("algorithm", COMPUTED)
def test_a_checksum_that_the_client_computes_is_kept_and_told(s3, bucket, algorithm):
    name = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="k", Body=DATA, ChecksumAlgorithm=algorithm)
    assert put["ChecksumType"] == "FULL_OBJECT"
    if algorithm in DIGESTS:
        assert put[name] == checksum(algorithm, DATA)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    # The client verifies the bytes against this header itself.
    assert got[name] == put[name] and boto.body(got) == DATA
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[name] == put[name]
    assert name not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ChecksumAlgorithm"] == [algorithm]


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_a_checksum_given_by_hand_is_checked(server, bucket, algorithm):
    small = DATA[:1000]
    right, wrong = checksum(algorithm, small), checksum(algorithm, small + b"?")
    answer = raw.call(server, "PUT", f"/{bucket}/k", small, {header(algorithm): right})
    assert answer.status == 200 and answer.header(header(algorithm)) == right
    answer = raw.call(server, "PUT", f"/{bucket}/other", small, {header(algorithm): wrong})
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert raw.call(server, "HEAD", f"/{bucket}/other").status == 404


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_a_checksum_that_is_none_is_refused(server, bucket, algorithm):
    for value in ("", "!!!!", "AAA=", checksum(algorithm, b"") + "AAAA"):
        answer = raw.call(server, "PUT", f"/{bucket}/k", b"x", {header(algorithm): value})
        assert (answer.status, answer.code) == (400, "InvalidRequest"), value


def test_two_checksums_at_once_are_refused(server, bucket):
    given = {header(name): checksum(name, b"x") for name in ("CRC32", "SHA256")}
    answer = raw.call(server, "PUT", f"/{bucket}/k", b"x", given)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_an_announced_algorithm_must_be_the_one_that_comes(server, bucket):
    given = {"x-amz-sdk-checksum-algorithm": "SHA256", header("CRC32"): checksum("CRC32", b"x")}
    answer = raw.call(server, "PUT", f"/{bucket}/k", b"x", given)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_without_a_checksum_there_is_a_crc64(server, s3, bucket):
    small = DATA[:5000]
    answer = raw.call(server, "PUT", f"/{bucket}/k", small)
    assert answer.status == 200
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == checksum("CRC64NVME", small)
    assert head["ChecksumType"] == "FULL_OBJECT"


def test_content_md5_is_checked(server, bucket):
    def put(value):
        answer = raw.call(server, "PUT", f"/{bucket}/k", b"hello", {"content-md5": value})
        return answer.status, answer.code if answer.status != 200 else None

    assert put(base64.b64encode(hashlib.md5(b"hello").digest()).decode()) == (200, None)
    assert put(base64.b64encode(hashlib.md5(b"other").digest()).decode()) == (400, "BadDigest")
    for nonsense in ("nonsense", "", "AAAA"):
        assert put(nonsense) == (400, "InvalidDigest")


def test_a_range_tells_no_checksum_of_the_whole(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=DATA, ChecksumAlgorithm="SHA256")
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-9", ChecksumMode="ENABLED")
    assert boto.body(got) == DATA[:10] and "ChecksumSHA256" not in got


PARTS = [content("checksum part 1", 5 * MIB), content("checksum part 2", 1234)]


def upload(s3, bucket, algorithm, kind=None, **finish):
    how = {"ChecksumType": kind} if kind else {}
    made = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm=algorithm, **how)
    names = {"Bucket": bucket, "Key": "m", "UploadId": made["UploadId"]}
    field, parts = f"Checksum{algorithm}", []
    for number, data in enumerate(PARTS, 1):
        put = s3.upload_part(**names, PartNumber=number, Body=data, ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": put["ETag"], field: put[field]})
    return names, s3.complete_multipart_upload(**names, MultipartUpload={"Parts": parts}, **how, **finish)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_parts_make_a_composite_checksum(s3, bucket, algorithm):
    _, done = upload(s3, bucket, algorithm)
    assert done[f"Checksum{algorithm}"] == composite(algorithm, PARTS)
    assert done["ChecksumType"] == "COMPOSITE"
    head = s3.head_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == done[f"Checksum{algorithm}"]
    part = s3.head_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED", PartNumber=2)
    assert part[f"Checksum{algorithm}"] == checksum(algorithm, PARTS[1])


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME"])
def test_parts_may_make_the_checksum_of_the_whole(s3, bucket, algorithm):
    _, done = upload(s3, bucket, algorithm, "FULL_OBJECT")
    assert done[f"Checksum{algorithm}"] == checksum(algorithm, b"".join(PARTS))
    assert done["ChecksumType"] == "FULL_OBJECT"
    assert boto.body(s3.get_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED")) == b"".join(PARTS)


def test_a_hash_has_no_checksum_of_the_whole_over_parts(s3, bucket):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT")
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="CRC64NVME", ChecksumType="COMPOSITE")


def test_a_wrong_checksum_of_a_part_or_of_the_whole_is_refused_at_completion(s3, bucket):
    made = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="SHA256")
    names = {"Bucket": bucket, "Key": "m", "UploadId": made["UploadId"]}
    put = s3.upload_part(**names, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "ETag": put["ETag"], "ChecksumSHA256": checksum("SHA256", b"y")}
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**names, MultipartUpload={"Parts": [part]})
    part["ChecksumSHA256"] = put["ChecksumSHA256"]
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(
            **names, MultipartUpload={"Parts": [part]}, ChecksumSHA256=composite("SHA256", [b"y"])
        )
    s3.complete_multipart_upload(
        **names, MultipartUpload={"Parts": [part]}, ChecksumSHA256=composite("SHA256", [b"x"])
    )


def test_parts_tell_their_checksums(s3, bucket):
    made = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="SHA1")
    names = {"Bucket": bucket, "Key": "m", "UploadId": made["UploadId"]}
    s3.upload_part(**names, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA1")
    listed = s3.list_parts(**names)
    assert listed["ChecksumAlgorithm"] == "SHA1" and listed["ChecksumType"] == "COMPOSITE"
    assert listed["Parts"][0]["ChecksumSHA1"] == checksum("SHA1", b"x")
