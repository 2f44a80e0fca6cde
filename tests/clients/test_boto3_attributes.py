"""GetObjectAttributes: an object described without its bytes."""

from support import boto, raw
from support.boto import refused
from support.content import content

ALL = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
MIB = 1 << 20


def attributes(s3, bucket, asked=ALL, **more):
    answer = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=asked, **more)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def upload(s3, bucket, sizes, **more):
    started = s3.create_multipart_upload(Bucket=bucket, Key="k", **more)["UploadId"]
    done = []
    for number, size in enumerate(sizes, 1):
        body = content(f"part {number}", size)
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=started, PartNumber=number, Body=body, **more)
        sums = {name: value for name, value in part.items() if name.startswith("Checksum")}
        done.append({"PartNumber": number, "ETag": part["ETag"], **sums})
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=started, MultipartUpload={"Parts": done})
    return done


def test_an_object_that_was_put_whole(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm="SHA256")
    got = attributes(s3, bucket)
    assert got.pop("LastModified")
    assert got == {
        "ETag": put["ETag"].strip('"'),
        "Checksum": {"ChecksumSHA256": put["ChecksumSHA256"], "ChecksumType": "FULL_OBJECT"},
        "StorageClass": "STANDARD",
        "ObjectSize": 5,
    }


def test_only_what_is_asked_for_is_told(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert set(attributes(s3, bucket, ["ObjectSize"])) == {"LastModified", "ObjectSize"}


def test_parts_with_checksums_are_listed_in_pages(s3, bucket):
    done = upload(s3, bucket, [5 * MIB, 5 * MIB, 7], ChecksumAlgorithm="SHA256")
    got = attributes(s3, bucket)
    parts = got["ObjectParts"]
    assert (parts["TotalPartsCount"], parts["IsTruncated"], parts["MaxParts"]) == (3, False, 1000)
    told = [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in parts["Parts"]]
    sizes = [5 * MIB, 5 * MIB, 7]
    assert told == [(part["PartNumber"], size, part["ChecksumSHA256"]) for part, size in zip(done, sizes, strict=True)]
    assert got["Checksum"]["ChecksumType"] == "COMPOSITE" and got["Checksum"]["ChecksumSHA256"].endswith("-3")
    first = attributes(s3, bucket, MaxParts=2)["ObjectParts"]
    assert (first["IsTruncated"], first["NextPartNumberMarker"], len(first["Parts"])) == (True, 2, 2)
    rest = attributes(s3, bucket, MaxParts=2, PartNumberMarker=2)["ObjectParts"]
    assert (rest["IsTruncated"], [part["PartNumber"] for part in rest["Parts"]]) == (False, [3])


def test_a_version_is_described_and_a_marker_is_not(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"22")
    assert attributes(s3, versioned, VersionId=first)["ObjectSize"] == 1
    assert attributes(s3, versioned)["ObjectSize"] == 2
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("NoSuchKey", 404):
        attributes(s3, versioned)
    with refused("MethodNotAllowed", 405):
        attributes(s3, versioned, VersionId=marker)


def test_an_unknown_attribute_is_refused(s3, bucket, server):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    with refused("InvalidArgument", 400):
        attributes(s3, bucket, ["ETag", "Colour"])
    answer = raw.call(server, "GET", f"/{bucket}/k?attributes", headers={"x-amz-object-attributes": ""})
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_torrents_are_no_more(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.get_object_torrent(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    with refused("MethodNotAllowed", 405):
        s3.get_object_torrent(Bucket=bucket, Key="k")
    assert boto.status(s3.head_object(Bucket=bucket, Key="k")) == 200
