"""What a request asks for beside its operation and is not built: refused loudly, never stored and forgotten."""

import pytest

from support import boto
from support.boto import refused

ASKED = {
    "x-amz-server-side-encryption": {"ServerSideEncryption": "AES256"},
    "x-amz-server-side-encryption-customer-algorithm": {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": "k" * 32,
    },
    "x-amz-storage-class": {"StorageClass": "GLACIER"},
}


@pytest.mark.parametrize("header", ASKED)
def test_a_write_that_asks_for_it_is_refused_and_stores_nothing(s3, bucket, header):
    if "SSECustomerKey" in ASKED[header]:
        # The client itself keeps customer keys off plain HTTP; the algorithm alone asks the same.
        asked = {"SSECustomerAlgorithm": "AES256"}
    else:
        asked = ASKED[header]
    for call in (
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **asked),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="k", **asked),
    ):
        with refused("NotImplemented", 501) as error:
            call()
        assert error["Header"] == header
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_another_expected_owner_is_denied(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    stranger = {"Bucket": bucket, "ExpectedBucketOwner": "999999999999"}
    for call in (
        lambda: s3.get_object(Key="k", **stranger),
        lambda: s3.put_object(Key="k", Body=b"y", **stranger),
        lambda: s3.list_objects_v2(**stranger),
        lambda: s3.delete_bucket(**stranger),
    ):
        with refused("AccessDenied", 403):
            call()
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"x"


def test_mfa_delete_wants_a_device_that_nobody_has_yet(s3, bucket):
    with refused("AccessDenied", 403):
        s3.put_bucket_versioning(
            Bucket=bucket,
            MFA="arn:aws:iam::1:mfa/root 123456",
            VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"},
        )
