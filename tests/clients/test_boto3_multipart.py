"""Multipart uploads by boto3: parts in any order, completed once, refused when they do not fit."""

import concurrent.futures

import boto3.s3.transfer
import pytest

from support import boto
from support.boto import refused
from support.content import content, md5, multipart_etag

MIB = 1024 * 1024
PARTS = [content("part 1", 5 * MIB), content("part 2", 5 * MIB + 1), content("part 3", 100)]


@pytest.fixture
def upload(s3, bucket):
    """The names that every call on this upload takes."""
    made = s3.create_multipart_upload(Bucket=bucket, Key="m", ContentType="text/x-m", Metadata={"a": "1"})
    return {"Bucket": bucket, "Key": "m", "UploadId": made["UploadId"]}


def put(s3, upload, number, data):
    return {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=data)["ETag"]}


def complete(s3, upload, parts, **how):
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **how)


def test_parts_make_one_object(s3, bucket, upload):
    done = complete(s3, upload, [put(s3, upload, n, data) for n, data in enumerate(PARTS, 1)])
    assert done["ETag"] == multipart_etag(PARTS) and done["Key"] == "m" and done["Bucket"] == bucket
    assert "m" in done["Location"]
    got = s3.get_object(Bucket=bucket, Key="m")
    assert boto.body(got) == b"".join(PARTS)
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/x-m", {"a": "1"}, done["ETag"])


def test_parts_may_come_in_any_order_with_gaps_and_again(s3, bucket, upload):
    put(s3, upload, 7, b"overwritten")
    parts = [put(s3, upload, n, data) for n, data in [(9000, PARTS[2]), (7, PARTS[1]), (2, PARTS[0])]]
    done = complete(s3, upload, sorted(parts, key=lambda part: part["PartNumber"]))
    assert done["ETag"] == multipart_etag(PARTS)
    assert boto.body(s3.get_object(Bucket=bucket, Key="m")) == b"".join(PARTS)


def test_what_completion_does_not_name_is_left_out(s3, bucket, upload):
    parts = [put(s3, upload, n, data) for n, data in enumerate(PARTS, 1)]
    complete(s3, upload, [parts[0], parts[2]])
    assert boto.body(s3.get_object(Bucket=bucket, Key="m")) == PARTS[0] + PARTS[2]


def test_each_part_can_be_read(s3, bucket, upload):
    complete(s3, upload, [put(s3, upload, n, data) for n, data in [(3, PARTS[0]), (5, PARTS[1]), (8, PARTS[2])]])
    for number, data in enumerate(PARTS, 1):
        got = s3.get_object(Bucket=bucket, Key="m", PartNumber=number)
        assert boto.status(got) == 206 and got["PartsCount"] == 3 and boto.body(got) == data
        assert s3.head_object(Bucket=bucket, Key="m", PartNumber=number)["ContentLength"] == len(data)
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="m", PartNumber=4)


def test_ranges_cross_parts(s3, bucket, upload):
    complete(s3, upload, [put(s3, upload, n, data) for n, data in enumerate(PARTS, 1)])
    whole, edge = b"".join(PARTS), 5 * MIB
    for start, end in [(edge - 10, edge + 10), (edge, edge + 1), (0, len(whole)), (2 * edge - 5, 2 * edge + 50)]:
        got = s3.get_object(Bucket=bucket, Key="m", Range=f"bytes={start}-{end - 1}")
        assert boto.body(got) == whole[start:end]


def test_nothing_is_seen_before_completion(s3, bucket, upload):
    put(s3, upload, 1, b"x")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="m")
    s3.abort_multipart_upload(**upload)
    with refused("NoSuchUpload", 404):
        s3.upload_part(**upload, PartNumber=2, Body=b"y")
    with refused("NoSuchUpload", 404):
        s3.list_parts(**upload)
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(**upload)


def test_a_small_part_that_is_not_the_last_is_refused(s3, bucket, upload):
    parts = [put(s3, upload, 1, b"small"), put(s3, upload, 2, b"last")]
    with refused("EntityTooSmall", 400) as error:
        complete(s3, upload, parts)
    assert (error["PartNumber"], error["ProposedSize"], error["MinSizeAllowed"]) == ("1", "5", str(5 * MIB))
    complete(s3, upload, parts[:1])
    assert boto.body(s3.get_object(Bucket=bucket, Key="m")) == b"small"


def test_parts_out_of_order_absent_or_changed_are_refused(s3, upload):
    parts = [put(s3, upload, n, data) for n, data in enumerate(PARTS, 1)]
    with refused("InvalidPartOrder", 400):
        complete(s3, upload, [parts[1], parts[0]])
    with refused("InvalidPartOrder", 400):
        complete(s3, upload, [parts[0], parts[0]])
    with refused("InvalidPart", 400):
        complete(s3, upload, [parts[0], {"PartNumber": 4, "ETag": parts[0]["ETag"]}])
    with refused("InvalidPart", 400):
        complete(s3, upload, [parts[0], {"PartNumber": 2, "ETag": parts[0]["ETag"]}])
    with refused("MalformedXML", 400):
        complete(s3, upload, [])
    complete(s3, upload, parts)


def test_etags_may_come_without_quotes(s3, upload):
    part = put(s3, upload, 1, b"x")
    complete(s3, upload, [{"PartNumber": 1, "ETag": part["ETag"].strip('"')}])


@pytest.mark.parametrize("number", [0, 10001, 100000])
def test_a_part_number_out_of_bounds_is_refused(s3, upload, number):
    with refused("InvalidArgument", 400) as error:
        s3.upload_part(**upload, PartNumber=number, Body=b"x")
    assert error["ArgumentName"] == "partNumber"


def test_completing_with_10001_parts_is_refused(s3, upload):
    part = put(s3, upload, 1, b"x")
    many = [{"PartNumber": n, "ETag": part["ETag"]} for n in range(1, 10002)]
    with refused("MalformedXML", 400):
        complete(s3, upload, many)


def test_completing_again_answers_the_same(s3, bucket, upload):
    parts = [put(s3, upload, 1, b"x")]
    first = complete(s3, upload, parts)
    again = complete(s3, upload, parts)
    assert again["ETag"] == first["ETag"]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_racing_completions_make_one_version(s3, versioned):
    upload = {"Bucket": versioned, "Key": "m"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [put(s3, upload, 1, PARTS[0]), put(s3, upload, 2, PARTS[2])]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        etags = set(pool.map(lambda _: complete(s3, upload, parts)["ETag"], range(6)))
    assert len(etags) == 1
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 1


def test_parts_are_listed_in_pages(s3, upload):
    for number in (1, 2, 30):
        put(s3, upload, number, str(number).encode())
    listed = s3.list_parts(**upload)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [(1, 1), (2, 1), (30, 2)]
    assert listed["Parts"][2]["ETag"] == f'"{md5(b"30")}"'
    assert listed["StorageClass"] == "STANDARD" and listed["Initiator"]["ID"] and listed["Owner"]["ID"]
    page = s3.list_parts(**upload, MaxParts=2)
    assert page["IsTruncated"] and page["NextPartNumberMarker"] == 2
    rest = s3.list_parts(**upload, PartNumberMarker=2)
    assert not rest["IsTruncated"] and [part["PartNumber"] for part in rest["Parts"]] == [30]


def test_uploads_are_listed_in_pages_and_by_prefix(s3, bucket):
    for key in ("a/1", "a/2", "b", "a/1"):
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert [upload["Key"] for upload in listed["Uploads"]] == ["a/1", "a/1", "a/2", "b"]
    assert listed["Uploads"][0]["Initiated"] <= listed["Uploads"][1]["Initiated"]
    assert len(s3.list_multipart_uploads(Bucket=bucket, Prefix="a/")["Uploads"]) == 3
    common = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [one["Prefix"] for one in common["CommonPrefixes"]] == ["a/"]
    assert [upload["Key"] for upload in common["Uploads"]] == ["b"]
    seen, markers = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1, **markers)
        seen += [(upload["Key"], upload["UploadId"]) for upload in page["Uploads"]]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert seen == [(upload["Key"], upload["UploadId"]) for upload in listed["Uploads"]]


def test_parts_can_be_copied_from_ranges_of_objects(s3, bucket, upload):
    data = content("source of parts", 11 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=data)
    source = {"Bucket": bucket, "Key": "source"}
    parts = []
    for number, (first, last) in enumerate([(0, 5 * MIB - 1), (5 * MIB, 11 * MIB - 1)], 1):
        copied = s3.upload_part_copy(
            **upload, PartNumber=number, CopySource=source, CopySourceRange=f"bytes={first}-{last}"
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    whole = s3.upload_part_copy(**upload, PartNumber=3, CopySource=source)
    parts.append({"PartNumber": 3, "ETag": whole["CopyPartResult"]["ETag"]})
    complete(s3, upload, parts)
    assert boto.body(s3.get_object(Bucket=bucket, Key="m")) == data + data


@pytest.mark.parametrize("span", ["bytes=0-100", "bytes=50-20", "bytes=5-", "0-5"])
def test_a_copied_range_beyond_its_source_is_refused(s3, bucket, upload, span):
    s3.put_object(Bucket=bucket, Key="source", Body=b"x" * 50)
    with refused("InvalidArgument", 400):
        s3.upload_part_copy(
            **upload, PartNumber=1, CopySource={"Bucket": bucket, "Key": "source"}, CopySourceRange=span
        )


def test_an_unknown_upload_is_told(s3, bucket):
    for upload_id in ("nonsense", "A" * 200):
        with refused("NoSuchUpload", 404):
            s3.upload_part(Bucket=bucket, Key="m", UploadId=upload_id, PartNumber=1, Body=b"x")


def test_an_upload_belongs_to_its_key(s3, upload):
    with refused("NoSuchUpload", 404):
        s3.upload_part(**{**upload, "Key": "other"}, PartNumber=1, Body=b"x")


def test_a_bucket_with_an_upload_can_be_deleted_once_it_is_aborted(s3):
    name = boto.fresh_name()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = s3.create_multipart_upload(Bucket=name, Key="m")
    s3.abort_multipart_upload(Bucket=name, Key="m", UploadId=made["UploadId"])
    s3.delete_bucket(Bucket=name)


def test_managed_transfers_go_by_parts_and_come_back(s3, bucket, tmp_path):
    data = content("managed", 23 * MIB + 123)
    (tmp_path / "up").write_bytes(data)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)
    s3.upload_file(str(tmp_path / "up"), bucket, "managed", Config=config)
    assert s3.head_object(Bucket=bucket, Key="managed")["ETag"] == multipart_etag(
        [data[at : at + 8 * MIB] for at in range(0, len(data), 8 * MIB)]
    )
    s3.download_file(bucket, "managed", str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == data
