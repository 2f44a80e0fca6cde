"""Ownership controls: whose uploads are, and whether ACLs count at all."""

import json

import pytest

from support import boto
from support.boto import refused

WHERE = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}


def controls(ownership):
    return {"Rules": [{"ObjectOwnership": ownership}]}


def everyone(bucket):
    statement = {
        "Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_bucket_is_the_owners_from_the_start(s3, bucket):
    told = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert told == controls("BucketOwnerEnforced")


def test_controls_are_set_told_and_taken_away(s3, bucket):
    for ownership in ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls(ownership))
        assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls(ownership)
    for _ in range(2):
        assert boto.status(s3.delete_bucket_ownership_controls(Bucket=bucket)) == 204
    with refused("OwnershipControlsNotFoundError", 404) as error:
        s3.get_bucket_ownership_controls(Bucket=bucket)
    assert error["BucketName"] == bucket


def test_controls_that_mean_nothing(s3, bucket):
    for asked in ({"Rules": []}, {"Rules": [*controls("ObjectWriter")["Rules"]] * 2}, controls("Nobody")):
        with refused("MalformedXML", 400):
            s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=asked)
    with refused("InvalidArgument", 400) as error:
        s3.create_bucket(Bucket=boto.fresh_name(), **WHERE, ObjectOwnership="Nobody")
    assert error["Message"] == "Invalid x-amz-object-ownership header: Nobody"


def test_a_bucket_may_begin_with_controls(s3):
    name = boto.fresh_name()
    s3.create_bucket(Bucket=name, **WHERE, ObjectOwnership="BucketOwnerPreferred")
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"] == controls("BucketOwnerPreferred")
    s3.delete_bucket(Bucket=name)


def test_without_acls_only_what_is_so_may_be_said(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)
    for acl in ("private", "bucket-owner-full-control"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL=acl)
    for asked in ({"ACL": "public-read"}, {"GrantRead": 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"'}):
        for call in (
            lambda asked=asked: s3.put_object(Bucket=bucket, Key="k", Body=b"y", **asked),
            lambda asked=asked: s3.copy_object(
                Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"}, MetadataDirective="REPLACE", **asked
            ),
            lambda asked=asked: s3.create_multipart_upload(Bucket=bucket, Key="k", **asked),
            lambda asked=asked: s3.put_bucket_acl(Bucket=bucket, **asked),
            lambda asked=asked: s3.put_object_acl(Bucket=bucket, Key="k", **asked),
        ):
            with refused("AccessControlListNotSupported", 400) as error:
                call()
            assert error["Message"] == "The bucket does not allow ACLs"
    for call in (s3.put_bucket_acl, lambda **asked: s3.put_object_acl(Key="k", **asked)):
        with refused("AccessControlListNotSupported", 400):
            call(Bucket=bucket, ACL="private")
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"x"


def test_a_bucket_that_is_shared_by_an_acl_cannot_turn_acls_off(mine, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        asked = controls("BucketOwnerEnforced")
        mine.s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=asked)
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="private")
    mine.s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=controls("BucketOwnerEnforced"))


def test_a_bucket_cannot_begin_with_an_acl_that_its_settings_forbid(s3):
    name = boto.fresh_name()
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.create_bucket(Bucket=name, **WHERE, ACL="public-read")
    with refused("InvalidBucketAclWithBlockPublicAccessError", 400):
        s3.create_bucket(Bucket=name, **WHERE, ACL="public-read", ObjectOwnership="ObjectWriter")
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    s3.create_bucket(Bucket=name, **WHERE, ACL="private")
    s3.delete_bucket(Bucket=name)


OWNED = {
    "ObjectWriter": {None: "other", "private": "other", "bucket-owner-full-control": "other"},
    "BucketOwnerPreferred": {None: "other", "private": "other", "bucket-owner-full-control": "mine"},
    "BucketOwnerEnforced": {None: "mine", "private": None, "bucket-owner-full-control": "mine"},
}


@pytest.mark.parametrize("ownership", OWNED)
def test_whose_an_upload_is(mine, other, open_bucket, ownership):
    mine.s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=controls(ownership))
    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=everyone(open_bucket))
    mine.s3.put_object(Bucket=open_bucket, Key="source", Body=b"x", ACL="bucket-owner-full-control")
    if ownership != "BucketOwnerEnforced":
        mine.s3.put_object_acl(Bucket=open_bucket, Key="source", ACL="public-read")
    source = {"Bucket": open_bucket, "Key": "source"}
    identities = {"mine": mine.canonical, "other": other.canonical}

    def owner(key):
        return other.s3.get_object_acl(Bucket=open_bucket, Key=key)["Owner"]["ID"]

    for acl, whose in OWNED[ownership].items():
        asked = {"ACL": acl} if acl else {}
        calls = {
            "put": lambda asked=asked: other.s3.put_object(Bucket=open_bucket, Key="put", Body=b"x", **asked),
            "copy": lambda asked=asked: other.s3.copy_object(
                Bucket=open_bucket, Key="copy", CopySource=source, **asked
            ),
            "parts": lambda asked=asked: other.s3.create_multipart_upload(Bucket=open_bucket, Key="parts", **asked),
        }
        for key, call in calls.items():
            if whose is None:
                with refused("AccessControlListNotSupported", 400):
                    call()
                continue
            made = call()
            if key == "parts":
                shown = mine.s3.list_parts(Bucket=open_bucket, Key=key, UploadId=made["UploadId"])
                assert shown["Owner"]["ID"] == identities[whose]
                assert shown["Initiator"]["ID"] == other.canonical
            else:
                # A bucket owner's object is not its writer's to ask about.
                seen = mine.s3 if whose == "mine" else other.s3
                told = seen.get_object_acl(Bucket=open_bucket, Key=key)["Owner"]["ID"]
                assert told == identities[whose], (acl, key)


def test_what_was_granted_counts_again_when_acls_do(mine, open_bucket):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="public-read")
    before = mine.s3.get_object_acl(Bucket=open_bucket, Key="k")["Grants"]
    mine.s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=controls("BucketOwnerEnforced"))
    assert len(mine.s3.get_object_acl(Bucket=open_bucket, Key="k")["Grants"]) == 1
    mine.s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=controls("ObjectWriter"))
    assert mine.s3.get_object_acl(Bucket=open_bucket, Key="k")["Grants"] == before


def test_who_pays_is_told(s3, bucket):
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    for payer in ("Requester", "BucketOwner"):
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": payer})
        assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == payer
    with refused("MalformedXML", 400):
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Nobody"})


def test_abac_is_turned_on_and_off(s3, bucket):
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == "Disabled"
    for status in ("Enabled", "Disabled"):
        s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": status})
        assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == status
    with refused("MalformedXML", 400):
        s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Perhaps"})
