"""A site with one of everything, and its portrait: all that a client can see of it."""

import hashlib

from . import boto, identities
from .content import content

EU = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
PART = 5 << 20
UNTIL = "2040-01-01T00:00:00Z"


def fill(server, folder):
    """Answers an access key of a user who may read everything."""
    s3 = boto.client(server)
    s3.create_bucket(Bucket="versions", **EU)
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for n in range(30):
        data = content(f"body {n}", n * n * 400)
        s3.put_object(Bucket="versions", Key=f"k/{n:03}", Body=data, Metadata={"n": str(n)}, Tagging=f"n={n}")
    s3.put_object(Bucket="versions", Key="k/003", Body=b"again", ContentType="text/plain")
    s3.delete_object(Bucket="versions", Key="k/004")
    parts = [content("part 1", PART), content("part 2", PART + 7), b"the last"]
    upload = {"Bucket": "versions", "Key": "large/ä"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, StorageClass="REDUCED_REDUNDANCY")["UploadId"]
    listed = []
    for number, data in enumerate(parts, 1):
        etag = s3.upload_part(**upload, PartNumber=number, Body=data)["ETag"]
        listed.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})
    begun = s3.create_multipart_upload(Bucket="versions", Key="unfinished")["UploadId"]
    s3.upload_part(Bucket="versions", Key="unfinished", UploadId=begun, PartNumber=4, Body=content("part", PART))

    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True, **EU)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL, "ObjectLockLegalHoldStatus": "ON"}
    s3.put_object(Bucket="locked", Key="kept", Body=content("kept", 70_000), **lock)
    s3.create_bucket(Bucket="plain", **EU)
    s3.put_object(Bucket="plain", Key="overwritten", Body=content("old", 90_000))
    s3.put_object(Bucket="plain", Key="overwritten", Body=content("new", 80_000))
    s3.put_object_annotation(Bucket="plain", Key="overwritten", AnnotationName="note", AnnotationPayload=b"a" * 40_000)
    s3.put_bucket_tagging(Bucket="plain", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    iam = identities.client(server, identities.account(server, folder, "tenant"))
    _, key = identities.user(iam, identities.allow("s3:*"), name="reader")
    boto.client(server, identities.Credentials(key["AccessKeyId"], key["SecretAccessKey"])).create_bucket(
        Bucket="tenants", **EU
    )
    return key


def go_on(s3):
    """The site lives on: new versions are newer, and what was under way goes on."""
    newer = s3.put_object(Bucket="versions", Key="k/003", Body=b"newer")["VersionId"]
    assert s3.get_object(Bucket="versions", Key="k/003")["VersionId"] == newer
    upload = s3.list_multipart_uploads(Bucket="versions")["Uploads"][0]
    which = {"Bucket": "versions", "Key": "unfinished", "UploadId": upload["UploadId"]}
    etag = s3.list_parts(**which)["Parts"][0]["ETag"]
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [{"PartNumber": 4, "ETag": etag}]})
    assert boto.body(s3.get_object(Bucket="versions", Key="unfinished")) == content("part", PART)


def portrait(server):
    s3 = boto.client(server)
    seen = {}
    for bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]:
        seen[bucket] = [without(s3.get_bucket_location(Bucket=bucket)), str(versions(s3, bucket))]
        seen[bucket] += [without(upload) for upload in uploads(s3, bucket)]
    seen["tags"] = s3.get_bucket_tagging(Bucket="plain")["TagSet"]
    note = s3.get_object_annotation(Bucket="plain", Key="overwritten", AnnotationName="note")
    seen["note"] = note["AnnotationPayload"].read()
    return seen


def versions(s3, bucket):
    listed = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in page.get("DeleteMarkers", []):
            listed.append(sorted(entry.items(), key=str))
        for entry in page.get("Versions", []):
            which = {"Bucket": bucket, "Key": entry["Key"], "VersionId": entry["VersionId"]}
            got = s3.get_object(**which, ChecksumMode="ENABLED")
            body = hashlib.sha256(got.pop("Body").read()).hexdigest()
            tags, acl = s3.get_object_tagging(**which)["TagSet"], s3.get_object_acl(**which)["Grants"]
            listed.append([sorted(entry.items(), key=str), sorted(without(got).items()), body, tags, acl])
    return listed


def uploads(s3, bucket):
    for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        which = {"Bucket": bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
        yield without(s3.list_parts(**which))


def without(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
