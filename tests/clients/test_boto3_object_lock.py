"""Object lock: what is kept stays kept, on every path that deletes, overwrites or shortens."""

import datetime
import time

import pytest

from support import boto, raw
from support.boto import refused

HOUR = datetime.timedelta(hours=1)


def soon(hours=1):
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0) + hours * HOUR


@pytest.fixture
def locked(s3):
    """A bucket with object lock. What a test leaves locked in governance mode is removed with the bypass."""
    name = boto.fresh_name("locked")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for version in page.get("Versions", []):
            named = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
            s3.delete_object(**named, BypassGovernanceRetention=True)
    boto.remove(s3, name)


def put(s3, bucket, **more):
    return s3.put_object(Bucket=bucket, Key="k", Body=b"kept", **more)["VersionId"]


def govern(until=None):
    return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until or soon()}


def test_a_bucket_with_object_lock_has_versions_for_good(s3, locked):
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Suspended"})


def test_object_lock_comes_later_only_to_a_versioned_bucket(s3, bucket):
    on = {"ObjectLockEnabled": "Enabled"}
    with refused("ObjectLockConfigurationNotFoundError", 404):
        s3.get_object_lock_configuration(Bucket=bucket)
    with refused("InvalidBucketState", 409):
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=on)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=on)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == on


def rule(**period):
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": period}}


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        (rule(Mode="GOVERNANCE", Days=0), "InvalidArgument"),
        (rule(Mode="GOVERNANCE", Years=-1), "InvalidArgument"),
        (rule(Mode="GOVERNANCE", Days=1, Years=1), "MalformedXML"),
        (rule(Mode="GOVERNANCE"), "MalformedXML"),
        (rule(Mode="governance", Days=1), "MalformedXML"),
        ({"ObjectLockEnabled": "Disabled"}, "MalformedXML"),
    ],
)
def test_a_configuration_that_is_none_is_refused(s3, locked, configuration, code):
    with refused(code, 400):
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=configuration)
    assert "Rule" not in s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]


def test_a_default_holds_for_put_copy_and_upload(s3, locked):
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=rule(Mode="GOVERNANCE", Days=2))
    put(s3, locked)
    s3.copy_object(Bucket=locked, Key="copy", CopySource={"Bucket": locked, "Key": "k"})
    upload = s3.create_multipart_upload(Bucket=locked, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=locked, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=locked, Key="parts", UploadId=upload, MultipartUpload=parts)
    for key in ("k", "copy", "parts"):
        head = s3.head_object(Bucket=locked, Key=key)
        assert head["ObjectLockMode"] == "GOVERNANCE"
        assert abs(head["ObjectLockRetainUntilDate"] - soon(48)) < HOUR / 4
        with refused("AccessDenied", 403):
            s3.delete_object(Bucket=locked, Key=key, VersionId=head["VersionId"])


def test_a_retained_version_outlives_every_delete(s3, locked):
    version = put(s3, locked, **govern())
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    with refused("AccessDenied", 403):
        s3.delete_object(**named)
    failed = s3.delete_objects(Bucket=locked, Delete={"Objects": [{"Key": "k", "VersionId": version}]})["Errors"]
    assert [error["Code"] for error in failed] == ["AccessDenied"]
    # A marker on top and a new version hide it and take nothing away.
    s3.delete_object(Bucket=locked, Key="k")
    put(s3, locked)
    assert boto.body(s3.get_object(**named)) == b"kept"
    s3.delete_object(**named, BypassGovernanceRetention=True)
    with refused("NoSuchVersion", 404):
        s3.get_object(**named)


def test_a_batch_may_bypass_governance(s3, locked):
    version = put(s3, locked, **govern())
    doomed = {"Objects": [{"Key": "k", "VersionId": version}]}
    done = s3.delete_objects(Bucket=locked, Delete=doomed, BypassGovernanceRetention=True)
    assert [entry["VersionId"] for entry in done["Deleted"]] == [version]


def test_compliance_yields_to_nobody_until_its_time(s3, locked):
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=4)
    version = put(s3, locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    with refused("AccessDenied", 403):
        s3.delete_object(**named, BypassGovernanceRetention=True)
    for weaker in ({"Mode": "COMPLIANCE", "RetainUntilDate": until - datetime.timedelta(seconds=2)}, {}, GOVERNED):
        with refused("AccessDenied", 403):
            s3.put_object_retention(**named, Retention=weaker, BypassGovernanceRetention=True)
    time.sleep(max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds()) + 0.1)
    s3.delete_object(**named)


GOVERNED = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)}


def test_a_retention_may_grow_and_shrinks_by_bypass_only(s3, locked):
    version = put(s3, locked, **govern(soon(2)))
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    longer, shorter = soon(3), soon(1)
    s3.put_object_retention(**named, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": longer})
    with refused("AccessDenied", 403):
        s3.put_object_retention(**named, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": shorter})
    assert s3.get_object_retention(**named)["Retention"]["RetainUntilDate"] == longer
    bypass = {"BypassGovernanceRetention": True}
    s3.put_object_retention(**named, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": shorter}, **bypass)
    assert s3.get_object_retention(**named)["Retention"] == {"Mode": "GOVERNANCE", "RetainUntilDate": shorter}
    s3.put_object_retention(**named, Retention={}, **bypass)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**named)


def test_a_legal_hold_is_independent_of_retention(s3, locked):
    version = put(s3, locked)
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_legal_hold(**named)
    s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**named)["LegalHold"] == {"Status": "ON"}
    assert s3.head_object(**named)["ObjectLockLegalHoldStatus"] == "ON"
    with refused("AccessDenied", 403):
        s3.delete_object(**named, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**named)["LegalHold"] == {"Status": "OFF"}
    s3.delete_object(**named)


def test_locks_are_not_copied_and_tags_are(s3, locked):
    put(s3, locked, Tagging="a=1", ObjectLockLegalHoldStatus="ON", **govern())
    s3.copy_object(Bucket=locked, Key="copy", CopySource={"Bucket": locked, "Key": "k"})
    head = s3.head_object(Bucket=locked, Key="copy")
    assert "ObjectLockMode" not in head and "ObjectLockLegalHoldStatus" not in head
    assert s3.get_object_tagging(Bucket=locked, Key="copy")["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_without_object_lock_nothing_can_be_locked(s3, versioned):
    for asked in (govern(), {"ObjectLockLegalHoldStatus": "ON"}):
        with refused("InvalidRequest", 400):
            s3.put_object(Bucket=versioned, Key="k", Body=b"x", **asked)
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    for call in (
        lambda: s3.put_object_retention(Bucket=versioned, Key="k", Retention=GOVERNED),
        lambda: s3.get_object_retention(Bucket=versioned, Key="k"),
        lambda: s3.put_object_legal_hold(Bucket=versioned, Key="k", LegalHold={"Status": "ON"}),
        lambda: s3.get_object_legal_hold(Bucket=versioned, Key="k"),
    ):
        with refused("InvalidRequest", 400):
            call()


PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, "InvalidArgument"),
        ({"ObjectLockRetainUntilDate": GOVERNED["RetainUntilDate"]}, "InvalidArgument"),
        (govern(PAST), "InvalidArgument"),
        ({**govern(), "ObjectLockMode": "governance"}, "InvalidArgument"),
        ({"ObjectLockLegalHoldStatus": "on"}, "InvalidArgument"),
    ],
)
def test_odd_lock_headers_store_nothing(s3, locked, asked, code):
    with refused(code, 400):
        s3.put_object(Bucket=locked, Key="k", Body=b"x", **asked)
    assert s3.list_objects_v2(Bucket=locked)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("retention", "code"),
    [
        ({"Mode": "GOVERNANCE"}, "MalformedXML"),
        ({"RetainUntilDate": GOVERNED["RetainUntilDate"]}, "MalformedXML"),
        ({**GOVERNED, "Mode": "governance"}, "MalformedXML"),
        ({**GOVERNED, "RetainUntilDate": PAST}, "InvalidArgument"),
    ],
)
def test_an_odd_retention_changes_nothing(s3, locked, retention, code):
    put(s3, locked)
    with refused(code, 400):
        s3.put_object_retention(Bucket=locked, Key="k", Retention=retention)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(Bucket=locked, Key="k")


def test_a_locked_put_proves_its_bytes(server, locked):
    headers = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": "2040-01-01T00:00:00Z",
    }
    answer = raw.call(server, "PUT", f"/{locked}/k", b"x", headers=headers)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
