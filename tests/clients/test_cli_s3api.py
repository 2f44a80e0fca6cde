"""`aws s3api`: the operations one by one, as their JSON answers show them."""

import json

import pytest

from support import boto


@pytest.fixture
def api(shell):
    """Runs `aws s3api …` and reads its JSON."""

    def run(line):
        out = shell(f"aws s3api {line}").out
        return json.loads(out) if out.strip() else None

    return run


def test_buckets(api, shell):
    name = boto.fresh_name("api")
    made = api(f"create-bucket --bucket {name} --create-bucket-configuration LocationConstraint=eu-west-1")
    assert name in made["Location"]
    assert name in [bucket["Name"] for bucket in api("list-buckets")["Buckets"]]
    assert name in api("list-buckets --query 'Buckets[].Name'")
    assert api(f"get-bucket-location --bucket {name}") == {"LocationConstraint": "eu-west-1"}
    assert api(f"head-bucket --bucket {name}")["BucketRegion"] == "eu-west-1"
    assert shell(f"aws s3api wait bucket-exists --bucket {name}").out == ""
    assert api(f"delete-bucket --bucket {name}") is None
    gone = shell.run(f"aws s3api head-bucket --bucket {name}")
    assert gone.code != 0 and "An error occurred (404) when calling the HeadBucket operation: Not Found" in gone.err


def test_objects(api, shell, bucket):
    shell.write("body", b"some bytes")
    put = api(f"put-object --bucket {bucket} --key dir/k --body body --content-type text/plain --metadata a=1,b=2")
    head = api(f"head-object --bucket {bucket} --key dir/k")
    assert head["ETag"] == put["ETag"] and head["ContentLength"] == 10
    assert head["Metadata"] == {"a": "1", "b": "2"} and head["ContentType"] == "text/plain"
    got = api(f"get-object --bucket {bucket} --key dir/k --range bytes=5-9 part")
    assert got["ContentRange"] == "bytes 5-9/10" and shell.read("part") == b"bytes"
    listed = api(f"list-objects-v2 --bucket {bucket} --delimiter /")
    assert listed["CommonPrefixes"] == [{"Prefix": "dir/"}]
    assert [entry["Key"] for entry in api(f"list-objects --bucket {bucket}")["Contents"]] == ["dir/k"]
    copied = api(f"copy-object --bucket {bucket} --key copy --copy-source {bucket}/dir/k")
    assert copied["CopyObjectResult"]["ETag"] == put["ETag"]
    gone = api(f"delete-objects --bucket {bucket} --delete 'Objects=[{{Key=dir/k}},{{Key=copy}}]'")
    assert sorted(one["Key"] for one in gone["Deleted"]) == ["copy", "dir/k"]


def test_conditions(api, shell, bucket):
    shell.write("body", b"1")
    etag = api(f"put-object --bucket {bucket} --key k --body body --if-none-match '*'")["ETag"]
    again = shell.run(f"aws s3api put-object --bucket {bucket} --key k --body body --if-none-match '*'")
    assert "(PreconditionFailed)" in again.err and again.code != 0
    same = shell.run(f"aws s3api get-object --bucket {bucket} --key k --if-none-match {etag} out")
    assert "(304)" in same.err and "Not Modified" in same.err
    assert api(f"get-object --bucket {bucket} --key k --if-match {etag} out")["ETag"] == etag


def test_a_multipart_upload_by_hand(api, shell, bucket):
    shell.write("one", b"1" * (5 << 20))
    shell.write("two", b"2")
    upload = api(f"create-multipart-upload --bucket {bucket} --key m")["UploadId"]
    names = f"--bucket {bucket} --key m --upload-id {upload}"
    assert [one["UploadId"] for one in api(f"list-multipart-uploads --bucket {bucket}")["Uploads"]] == [upload]
    parts = []
    for number, name in enumerate(("one", "two"), 1):
        etag = api(f"upload-part {names} --part-number {number} --body {name}")["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    assert len(api(f"list-parts {names}")["Parts"]) == 2
    shell.write("parts.json", json.dumps({"Parts": parts}).encode())
    done = api(f"complete-multipart-upload {names} --multipart-upload file://parts.json")
    assert done["ETag"].endswith('-2"')
    assert api(f"head-object --bucket {bucket} --key m")["ContentLength"] == (5 << 20) + 1


def test_versions(api, shell, bucket):
    api(f"put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
    assert api(f"get-bucket-versioning --bucket {bucket}") == {"Status": "Enabled"}
    shell.write("body", b"1")
    version = api(f"put-object --bucket {bucket} --key k --body body")["VersionId"]
    marker = api(f"delete-object --bucket {bucket} --key k")
    assert marker["DeleteMarker"] is True
    listed = api(f"list-object-versions --bucket {bucket}")
    assert [one["VersionId"] for one in listed["Versions"]] == [version]
    assert [one["VersionId"] for one in listed["DeleteMarkers"]] == [marker["VersionId"]]
    assert api(f"get-object --bucket {bucket} --key k --version-id {version} out")["VersionId"] == version


def test_checksums(api, shell, bucket):
    shell.write("body", b"123456789")
    put = api(f"put-object --bucket {bucket} --key k --body body --checksum-algorithm SHA256")
    head = api(f"head-object --bucket {bucket} --key k --checksum-mode ENABLED")
    assert head["ChecksumSHA256"] == put["ChecksumSHA256"] == "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="


def test_what_is_not_built_says_so(shell, bucket):
    refused = shell.run(f"aws s3api get-bucket-website --bucket {bucket}")
    assert refused.code != 0 and "(NotImplemented)" in refused.err
