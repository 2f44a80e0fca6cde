"""Public access blocks of buckets: what they refuse, and what they take for absent."""

import json

import pytest

from support import boto
from support.boto import refused

NAMES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def block(*on):
    return {name: name in on for name in NAMES}


def set_block(client, bucket, *on):
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block(*on))


def policy(bucket, principal="*"):
    statement = {
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_bucket_begins_closed(s3, bucket):
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block(*NAMES)


def test_a_block_is_set_told_and_taken_away(s3, bucket):
    for on in ((), ("BlockPublicAcls",), ("IgnorePublicAcls", "RestrictPublicBuckets")):
        set_block(s3, bucket, *on)
        assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block(*on)
    for _ in range(2):
        assert boto.status(s3.delete_public_access_block(Bucket=bucket)) == 204
    with refused("NoSuchPublicAccessBlockConfiguration", 404) as error:
        s3.get_public_access_block(Bucket=bucket)
    assert error["BucketName"] == bucket


def test_switches_that_are_not_given_are_off(s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    told = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert told == block("BlockPublicPolicy")
    with refused("InvalidRequest", 400):
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})


@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
def test_public_acls_are_refused(mine, open_bucket, acl):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    set_block(mine.s3, open_bucket, "BlockPublicAcls")
    for call in (
        lambda: mine.s3.put_bucket_acl(Bucket=open_bucket, ACL=acl),
        lambda: mine.s3.put_object_acl(Bucket=open_bucket, Key="k", ACL=acl),
        lambda: mine.s3.put_object(Bucket=open_bucket, Key="new", Body=b"x", ACL=acl),
        lambda: mine.s3.create_multipart_upload(Bucket=open_bucket, Key="new", ACL=acl),
    ):
        with refused("AccessDenied", 403) as error:
            call()
        assert "public ACLs are prevented by the BlockPublicAcls setting" in error["Message"]
    assert [entry["Key"] for entry in mine.s3.list_objects_v2(Bucket=open_bucket)["Contents"]] == ["k"]
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="private")


def test_public_policies_are_refused(mine, other, open_bucket):
    set_block(mine.s3, open_bucket, "BlockPublicPolicy")
    with refused("AccessDenied", 403) as error:
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=policy(open_bucket))
    assert "public policies are prevented by the BlockPublicPolicy setting" in error["Message"]
    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=policy(open_bucket, {"AWS": other.id}))


def test_public_grants_are_ignored(mine, other, stranger, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="public-read")
    assert stranger.list_objects_v2(Bucket=open_bucket)["KeyCount"] == 1
    assert boto.body(stranger.get_object(Bucket=open_bucket, Key="k")) == b"x"
    set_block(mine.s3, open_bucket, "IgnorePublicAcls")
    # They may still be written.
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    for client in (stranger, other.s3):
        with refused("AccessDenied", 403):
            client.list_objects_v2(Bucket=open_bucket)
        with refused("AccessDenied", 403):
            client.get_object(Bucket=open_bucket, Key="k")


def test_a_public_policy_is_for_the_owner_alone(mine, stranger, open_bucket):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=policy(open_bucket))
    assert boto.body(stranger.get_object(Bucket=open_bucket, Key="k")) == b"x"
    set_block(mine.s3, open_bucket, "RestrictPublicBuckets")
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket=open_bucket, Key="k")
    assert boto.body(mine.s3.get_object(Bucket=open_bucket, Key="k")) == b"x"


def test_an_account_blocks_all_of_its_buckets(opened, other):
    control, account = boto.control(opened, other.credentials), {"AccountId": other.id}
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        control.get_public_access_block(**account)
    name = boto.fresh_name()
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    other.s3.create_bucket(Bucket=name, **where)
    asked = block("BlockPublicAcls", "BlockPublicPolicy")
    control.put_public_access_block(**account, PublicAccessBlockConfiguration=asked)
    assert control.get_public_access_block(**account)["PublicAccessBlockConfiguration"] == asked
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        other.s3.get_public_access_block(Bucket=name)
    for call in (
        lambda: other.s3.put_bucket_acl(Bucket=name, ACL="public-read"),
        lambda: other.s3.put_bucket_policy(Bucket=name, Policy=policy(name)),
        lambda: other.s3.create_bucket(Bucket=boto.fresh_name(), **where, ACL="public-read"),
    ):
        with refused("AccessDenied", 403):
            call()
    control.delete_public_access_block(**account)
    other.s3.put_bucket_acl(Bucket=name, ACL="public-read")
    other.s3.delete_bucket(Bucket=name)


def test_an_account_s_block_is_its_own(opened, mine, other):
    control = boto.control(opened, mine.credentials)
    with refused("AccessDenied", 403):
        control.get_public_access_block(AccountId=other.id)


def test_public_grants_on_another_s_object_are_ignored_for_the_bucket_s_owner_too(mine, other, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, GrantWrite=f'id="{other.canonical}"')
    other.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="public-read")
    assert boto.body(mine.s3.get_object(Bucket=open_bucket, Key="k")) == b"x"
    set_block(mine.s3, open_bucket, "IgnorePublicAcls")
    with refused("AccessDenied", 403):
        mine.s3.get_object(Bucket=open_bucket, Key="k")


def test_making_a_bucket_again_is_no_way_around_its_block(opened, mine, open_bucket):
    classic = boto.client(opened, region="us-east-1")
    set_block(mine.s3, open_bucket, "BlockPublicAcls")
    with refused("AccessDenied", 403):
        classic.create_bucket(Bucket=open_bucket, ACL="public-read")
    assert len(mine.s3.get_bucket_acl(Bucket=open_bucket)["Grants"]) == 1
    mine.s3.delete_public_access_block(Bucket=open_bucket)
    classic.create_bucket(Bucket=open_bucket, ACL="public-read")
    assert len(mine.s3.get_bucket_acl(Bucket=open_bucket)["Grants"]) == 2
