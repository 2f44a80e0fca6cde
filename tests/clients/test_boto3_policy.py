"""Bucket policies: kept as they were written, checked against the bucket they are for."""

import json

import pytest

from support import boto
from support.boto import refused


def document(bucket, **changed):
    statement = {
        "Sid": "one", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    merged = {name: value for name, value in {**statement, **changed}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [merged]})


def test_a_policy_is_set_told_and_taken_away(mine, open_bucket):
    with refused("NoSuchBucketPolicy", 404) as error:
        mine.s3.get_bucket_policy(Bucket=open_bucket)
    assert error["BucketName"] == open_bucket
    text = document(open_bucket) + "\n "
    assert boto.status(mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=text)) == 204
    assert mine.s3.get_bucket_policy(Bucket=open_bucket)["Policy"] == text
    for _ in range(2):
        assert boto.status(mine.s3.delete_bucket_policy(Bucket=open_bucket)) == 204
    with refused("NoSuchBucketPolicy", 404):
        mine.s3.get_bucket_policy(Bucket=open_bucket)


def test_a_policy_says_whether_it_is_public(mine, other, open_bucket):
    def status(**changed):
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket, **changed))
        return mine.s3.get_bucket_policy_status(Bucket=open_bucket)["PolicyStatus"]["IsPublic"]

    with refused("NoSuchBucketPolicy", 404):
        mine.s3.get_bucket_policy_status(Bucket=open_bucket)
    assert status() is True
    assert status(Principal={"AWS": other.id}) is False
    assert status(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}) is False
    assert status(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}) is True
    assert status(Effect="Deny") is False


WRONG = {
    "Policy has invalid resource": {"Resource": "arn:aws:s3:::another-bucket/*"},
    "Policy has invalid action": {"Action": "s3:GetEverything"},
    "Action does not apply to any resource(s) in statement": {"Action": "s3:ListBucket"},
    "Invalid principal in policy": {"Principal": {"AWS": "arn:aws:iam::999999999999:root"}},
    "Missing required field Principal": {"Principal": None},
    "Missing required field Effect": {"Effect": None},
    "Missing required field Action": {"Action": None},
    "Missing required field Resource": {"Resource": None},
    "Unknown field Actions": {"Actions": "s3:GetObject"},
}


@pytest.mark.parametrize("message", WRONG)
def test_a_policy_that_is_wrong_for_its_bucket(mine, open_bucket, message):
    with refused("MalformedPolicy", 400) as error:
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket, **WRONG[message]))
    assert error["Message"] == message and error["Detail"]
    with refused("NoSuchBucketPolicy", 404):
        mine.s3.get_bucket_policy(Bucket=open_bucket)


@pytest.mark.parametrize("text", ["", "[]", "invalid json", " {}", "{"])
def test_what_is_no_json(mine, open_bucket, text):
    with refused("MalformedPolicy", 400) as error:
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=text)
    assert error["Message"] == "Policies must be valid JSON and the first byte must be '{'"


def test_a_policy_has_20_kib(mine, open_bucket):
    def padded(length):
        text = document(open_bucket)
        return text + " " * (length - len(text))

    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=padded(20_480))
    with refused("MalformedPolicy", 400):
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=padded(20_481))


def test_allowing_all_but_somebody_is_refused(mine, other, open_bucket):
    with refused("MalformedPolicy", 400) as error:
        text = document(open_bucket, Principal=None, NotPrincipal={"AWS": other.id})
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=text)
    assert "NotPrincipal" in error["Message"]


def test_principals_that_are_there(mine, other, open_bucket):
    for principal in (
        "*", {"AWS": "*"}, {"AWS": other.id}, {"AWS": f"arn:aws:iam::{other.id}:root"},
        {"CanonicalUser": other.canonical}, {"Service": "logging.s3.amazonaws.com"},
    ):
        mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket, Principal=principal))
    for principal in (
        {"CanonicalUser": "a" * 64}, {"AWS": f"arn:aws:iam::{other.id}:user/nobody"},
        {"AWS": f"arn:aws:iam::{other.id}:role/nobody"}, {"AWS": "nobody"}, {"Service": "nobody"},
    ):
        with refused("MalformedPolicy", 400) as error:
            mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket, Principal=principal))
        assert error["Message"] == "Invalid principal in policy", principal


def test_a_policy_goes_with_its_bucket(mine):
    name = boto.fresh_name()
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    mine.s3.create_bucket(Bucket=name, **where)
    mine.s3.put_bucket_policy(Bucket=name, Policy=document(name))
    mine.s3.delete_bucket(Bucket=name)
    mine.s3.create_bucket(Bucket=name, **where)
    with refused("NoSuchBucketPolicy", 404):
        mine.s3.get_bucket_policy(Bucket=name)
    mine.s3.delete_bucket(Bucket=name)


def test_a_policy_lets_others_in(mine, other, stranger, open_bucket):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    for client in (other.s3, stranger):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=open_bucket, Key="k")
    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket, Principal={"AWS": other.id}))
    assert boto.body(other.s3.get_object(Bucket=open_bucket, Key="k")) == b"x"
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket=open_bucket, Key="k")
    mine.s3.put_bucket_policy(Bucket=open_bucket, Policy=document(open_bucket))
    assert boto.body(stranger.get_object(Bucket=open_bucket, Key="k")) == b"x"
