"""boto3 clients against a server: no retries (a test wants the first answer), path style, short timeouts."""

import contextlib
import itertools
import os

import boto3
import botocore.config
import botocore.exceptions
import pytest

from .credentials import ROOT

_names = itertools.count()


def client(server, credentials=ROOT, service="s3", region="eu-west-1", endpoint=None, **config):
    defaults = {"s3": {"addressing_style": "path"}, "retries": {"total_max_attempts": 1}, "read_timeout": 60}
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint or server.endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        region_name=region,
        config=botocore.config.Config(**{**defaults, **config}),
    )


def control(server, credentials=ROOT, **config):
    """S3 Control's client puts the account's id before the host. Nobody has to find such a host where the server is the
    proxy: it is asked for the whole URL."""
    endpoint = f"http://localhost:{server.port}"
    return client(server, credentials, "s3control", endpoint=endpoint, proxies={"http": server.endpoint}, **config)


def resource(server, credentials=ROOT):
    return boto3.session.Session().resource(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        region_name="eu-west-1",
    )


def fresh_name(prefix="bucket"):
    """A bucket name that no other test of this run uses."""
    return f"{prefix}-{os.getpid()}-{next(_names)}"


def empty(s3, bucket):
    """Aborts all uploads and deletes every version."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if objects:
            gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            assert not gone.get("Errors"), gone["Errors"]


def remove(s3, bucket):
    empty(s3, bucket)
    s3.delete_bucket(Bucket=bucket)


@contextlib.contextmanager
def refused(code, status=None):
    """The block must be refused with this S3 code; gives a dict that holds the error's elements afterwards."""
    seen = {}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield seen
    response = caught.value.response
    seen.update(response["Error"])
    seen["headers"] = response["ResponseMetadata"]["HTTPHeaders"]
    assert response["Error"]["Code"] == code, response
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response


def status(response):
    return response["ResponseMetadata"]["HTTPStatusCode"]


def headers(response):
    return response["ResponseMetadata"]["HTTPHeaders"]


def body(response):
    return response["Body"].read()
