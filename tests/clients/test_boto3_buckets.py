"""Buckets by boto3: making, looking at, listing in pages, deleting; names, regions and whose they are."""

import pytest
from botocore.handlers import validate_bucket_name

from support import boto
from support.boto import refused


@pytest.fixture
def own(s3):
    """Makes buckets of a prefix that are removed afterwards."""
    made = []

    def make(name, **how):
        s3.create_bucket(Bucket=name, **how)
        made.append(name)
        return name

    yield make
    for name in made:
        boto.remove(s3, name)


def test_a_bucket_lives_in_the_region_of_its_location_constraint(server, s3, own):
    name = boto.fresh_name()
    there = boto.client(server, region="eu-central-1")
    there.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    head = s3.head_bucket(Bucket=name)
    assert head["BucketRegion"] == boto.headers(head)["x-amz-bucket-region"] == "eu-central-1"
    s3.delete_bucket(Bucket=name)


def test_a_region_may_only_make_buckets_of_its_own_and_us_east_1_any(server, s3):
    name = boto.fresh_name()
    elsewhere = {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    with refused("IllegalLocationConstraintException", 400):
        s3.create_bucket(**elsewhere)
    boto.client(server, region="us-east-1").create_bucket(**elsewhere)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    s3.delete_bucket(Bucket=name)


def test_us_east_1_is_told_as_no_location(server):
    client = boto.client(server, region="us-east-1")
    name = boto.fresh_name()
    client.create_bucket(Bucket=name)
    assert client.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert client.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    client.delete_bucket(Bucket=name)


def test_creating_says_where_the_bucket_is(s3):
    name = boto.fresh_name()
    assert name in s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})["Location"]
    s3.delete_bucket(Bucket=name)


def test_creating_it_again_is_a_conflict(s3, own):
    eu = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    name = own(boto.fresh_name(), **eu)
    with refused("BucketAlreadyOwnedByYou", 409) as error:
        s3.create_bucket(Bucket=name, **eu)
    assert error["BucketName"] == name


def test_us_east_1_takes_its_own_bucket_again(server):
    client = boto.client(server, region="us-east-1")
    name = boto.fresh_name()
    client.create_bucket(Bucket=name)
    assert boto.status(client.create_bucket(Bucket=name)) == 200
    client.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * 64, "Upper-Case", "under_score", "-hyphen", "hyphen-", "dot..dot", "192.168.5.4", "xn--name", "name-s3alias"],
)
def test_illegal_names_are_refused(server, name):
    # The client's own check of names is not what is asked here.
    client = boto.client(server)
    client.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)
    with refused("InvalidBucketName", 400) as error:
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert error["BucketName"] == name


@pytest.mark.parametrize("name", ["abc", "a" * 63, "with.dots.inside", "0digits9", "a-b-c"])
def test_legal_names_are_taken(s3, own, name):
    own(name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert boto.status(s3.head_bucket(Bucket=name)) == 200


def test_an_absent_bucket_is_told_as_absent(s3):
    absent = boto.fresh_name("absent")
    with refused("404", 404):
        s3.head_bucket(Bucket=absent)
    for call in (s3.list_objects_v2, s3.get_bucket_location, s3.delete_bucket, s3.get_bucket_versioning):
        with refused("NoSuchBucket", 404) as error:
            call(Bucket=absent)
        assert error["BucketName"] == absent


def test_a_bucket_with_objects_stays(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("BucketNotEmpty", 409) as error:
        s3.delete_bucket(Bucket=bucket)
    assert error["BucketName"] == bucket
    assert boto.body(s3.get_object(Bucket=bucket, Key="k")) == b"x"


def test_a_bucket_with_old_versions_or_delete_markers_stays(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"x")
    s3.delete_object(Bucket=versioned, Key="k")
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=versioned)


def test_a_deleted_bucket_s_name_is_free_again(s3):
    name = boto.fresh_name()
    for _ in range(3):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        assert boto.status(s3.delete_bucket(Bucket=name)) == 204
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket=name)


def test_buckets_are_listed_in_order_with_their_dates(s3, own):
    prefix = boto.fresh_name("list")
    names = [own(f"{prefix}-{letter}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}) for letter in "cab"]
    listed = s3.list_buckets(Prefix=prefix)
    assert [bucket["Name"] for bucket in listed["Buckets"]] == sorted(names)
    assert all(bucket["CreationDate"].year >= 2024 for bucket in listed["Buckets"])
    assert len(listed["Owner"]["ID"]) == 64
    assert listed["Prefix"] == prefix


def test_buckets_are_listed_in_pages(s3, own):
    prefix = boto.fresh_name("page")
    names = [own(f"{prefix}-{n}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}) for n in range(5)]
    seen, token, pages = [], None, 0
    while True:
        more = {"ContinuationToken": token} if token else {}
        page = s3.list_buckets(Prefix=prefix, MaxBuckets=2, **more)
        seen += [bucket["Name"] for bucket in page["Buckets"]]
        pages += 1
        token = page.get("ContinuationToken")
        if not token:
            break
    assert seen == names and pages == 3


def test_buckets_are_listed_by_region(server, s3, own):
    prefix = boto.fresh_name("region")
    own(f"{prefix}-a", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    there = f"{prefix}-b"
    boto.client(server, region="us-east-1").create_bucket(
        Bucket=there, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    listed = s3.list_buckets(Prefix=prefix, BucketRegion="ap-south-1")["Buckets"]
    assert [(bucket["Name"], bucket["BucketRegion"]) for bucket in listed] == [(there, "ap-south-1")]
    s3.delete_bucket(Bucket=there)


def test_buckets_of_the_resource_can_be_walked(server, bucket):
    assert bucket in [one.name for one in boto.resource(server).buckets.all()]
