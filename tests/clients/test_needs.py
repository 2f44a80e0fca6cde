"""What operations need beyond the action of their name, and what a refusal tells."""

import json

import pytest

from support import boto, identities
from support.boto import refused
from support.identities import allow


@pytest.fixture(scope="module")
def root(server, account):
    """The account's root at S3."""
    return identities.client(server, account, "s3")


@pytest.fixture
def own(root):
    """A bucket of the account."""
    name = boto.fresh_name()
    root.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    boto.remove(root, name)


def user(server, iam, *documents, service="s3"):
    _, key = identities.user(iam, *documents)
    return identities.client(server, key, service)


def test_that_a_key_is_absent_is_told_to_who_may_list_it(server, iam, own):
    lists = allow(
        "s3:ListBucket", resource=f"arn:aws:s3:::{own}", Condition={"StringLike": {"s3:prefix": "home/*"}}
    )
    s3 = user(server, iam, allow("s3:GetObject"), lists)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=own, Key="home/absent")
    with refused("AccessDenied", 403) as error:
        s3.get_object(Bucket=own, Key="absent")
    assert "s3:ListBucket" in error["Message"]
