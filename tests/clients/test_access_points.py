"""Access points through S3 Control: made, addressed by alias and by ARN, judged by their policies.

Clients of S3 Control put the account before the host (`111122223333.127.0.0.1`), and an access point's ARN becomes such a
label too. No resolver knows these names here, so the clients go through a proxy, which is the server itself.
"""

import json

import pytest
import requests

from support import boto
from support.boto import refused
from support.credentials import Credentials
from test_accounts import admin, create, credentials, listed, server_of  # noqa: F401


class Owner:
    def __init__(self, admin):
        self.server = server_of(admin)
        self.proxies = {"http": self.server.endpoint}
        made = create(admin, "alice")
        self.account, self.credentials = made["id"], credentials(made)
        self.s3 = self.client("s3")
        self.control = self.client("s3control")
        self.s3.create_bucket(Bucket="alices", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def client(self, service, of=None):
        return boto.client(self.server, of or self.credentials, service, proxies=self.proxies, s3={})

    def make(self, name="finance", **more):
        return self.control.create_access_point(AccountId=self.account, Name=name, Bucket="alices", **more)


@pytest.fixture
def alice(admin):  # noqa: F811
    return Owner(admin)


def test_an_access_point_is_made_told_listed_and_deleted(alice):
    made = alice.make()
    assert made["AccessPointArn"] == f"arn:aws:s3:eu-west-1:{alice.account}:accesspoint/finance"
    assert made["Alias"].startswith("finance-") and made["Alias"].endswith("-s3alias")
    told = alice.control.get_access_point(AccountId=alice.account, Name="finance")
    assert (told["Bucket"], told["NetworkOrigin"], told["Alias"]) == ("alices", "Internet", made["Alias"])
    assert all(told["PublicAccessBlockConfiguration"].values())
    alice.make("other")
    first = alice.control.list_access_points(AccountId=alice.account, MaxResults=1)
    assert [point["Name"] for point in first["AccessPointList"]] == ["finance"]
    rest = alice.control.list_access_points(
        AccountId=alice.account, Bucket="alices", NextToken=first["NextToken"]
    )
    assert [point["Name"] for point in rest["AccessPointList"]] == ["other"] and "NextToken" not in rest
    with refused("BucketHasAccessPointsAttached", 409):
        alice.s3.delete_bucket(Bucket="alices")
    for name in ("finance", "other"):
        alice.control.delete_access_point(AccountId=alice.account, Name=name)
    with refused("NoSuchAccessPoint", 404):
        alice.control.get_access_point(AccountId=alice.account, Name="finance")
    with refused("NoSuchBucket", 404):
        alice.s3.list_objects_v2(Bucket=made["Alias"])
    alice.s3.delete_bucket(Bucket="alices")


def test_alias_and_arn_stand_for_the_bucket(alice):
    made = alice.make()
    for bucket in (made["Alias"], made["AccessPointArn"]):
        alice.s3.put_object(Bucket=bucket, Key="a b/c", Body=b"through")
        assert boto.body(alice.s3.get_object(Bucket=bucket, Key="a b/c")) == b"through"
        assert alice.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
        copied = {"Bucket": bucket, "Key": "a b/c"}
        alice.s3.copy_object(Bucket="alices", Key="copied", CopySource=copied)
        alice.s3.delete_object(Bucket=bucket, Key="copied")
        with refused("MethodNotAllowed", 405):
            alice.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert boto.body(alice.s3.get_object(Bucket="alices", Key="a b/c")) == b"through"


def test_no_bucket_takes_the_name_that_clients_write_for_an_access_point(alice):
    alice.make()
    with refused("BucketAlreadyExists", 409):
        alice.s3.create_bucket(
            Bucket=f"finance-{alice.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )


def test_what_is_wrong_is_refused(alice, admin):  # noqa: F811
    alice.make()
    with refused("AccessPointAlreadyOwnedByYou", 409):
        alice.make()
    for name in ("Finance", "a_b", "-ab", "ab-", "ab-s3alias"):
        with refused("InvalidRequest", 400):
            alice.make(name)
    with refused("NoSuchBucket", 404):
        alice.control.create_access_point(AccountId=alice.account, Name="other", Bucket="nobodys")
    bob = create(admin, "bob")
    with refused("AccessDenied", 403):
        alice.client("s3control", credentials(bob)).get_access_point(AccountId=alice.account, Name="finance")
    with refused("NotImplemented", 501):
        alice.make("inside", VpcConfiguration={"VpcId": "vpc-1"})
    with refused("NotImplemented", 501):
        alice.make("tagged", Tags=[{"Key": "team", "Value": "data"}])
    with refused("InvalidRequest", 400):
        alice.make("switched", PublicAccessBlockConfiguration={})
    arn = f"arn:aws:s3:eu-west-1:{alice.account}:accesspoint/finance"
    for resource in ("arn:aws:s3:::alices/*", f"{arn}/k"):
        with refused("MalformedPolicy", 400):
            alice.control.put_access_point_policy(
                AccountId=alice.account, Name="finance", Policy=allow(alice.account, resource)
            )


def test_a_policy_names_only_who_is_there(alice):
    made = alice.make()
    for principal in ("999999999999", f"arn:aws:iam::{alice.account}:user/nobody"):
        with refused("MalformedPolicy", 400):
            alice.control.put_access_point_policy(
                AccountId=alice.account, Name="finance", Policy=allow(principal, f"{made['AccessPointArn']}/object/*")
            )


def test_a_policy_is_refused_in_the_words_of_bucket_policies(alice):
    made = alice.make()
    objects = f"{made['AccessPointArn']}/object/*"
    for policy, words in (
        ("{", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        (allow(alice.account, objects, action="s3:GetObjects"), "Policy has invalid action"),
        (allow(alice.account, objects, action="s3:ListBucket"), "Action does not apply to any resource(s) in statement"),
        (allow(alice.account, "*"), "Policy has invalid resource"),
    ):
        with refused("MalformedPolicy", 400) as error:
            alice.control.put_access_point_policy(AccountId=alice.account, Name="finance", Policy=policy)
        assert error["Message"] == words


def test_a_page_of_none_and_filters_that_are_not_built_are_refused(alice):
    with refused("InvalidRequest", 400):
        alice.control.list_access_points(AccountId=alice.account, MaxResults=0)
    with refused("NotImplemented", 501):
        alice.control.list_access_points(AccountId=alice.account, DataSourceType="FSX_ONTAP")


def test_the_bucket_s_cors_rules_hold_through_an_access_point(alice):
    made = alice.make()
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://page.example"]}
    alice.s3.put_bucket_cors(Bucket="alices", CORSConfiguration={"CORSRules": [rule]})
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    for name, status in ((made["Alias"], 200), (f"finance-{alice.account}", 200), ("absent-s3alias", 403)):
        assert requests.options(f"{alice.server.endpoint}/{name}/k", headers=asked, timeout=30).status_code == status


def test_an_account_with_access_points_stays(alice, admin):  # noqa: F811
    bob = create(admin, "bob")
    control = alice.client("s3control", credentials(bob))
    names = {"AccountId": bob["id"], "Name": "elsewhere"}
    control.create_access_point(**names, Bucket="alices", BucketAccountId=alice.account)
    assert admin.run_account("delete bob").code != 0
    control.delete_access_point(**names)
    assert admin.run_account("delete bob").code == 0


def allow(principal, *resources, action="s3:GetObject"):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": list(resources)}
        ],
    })


def test_another_account_needs_the_access_point_s_and_the_bucket_s_consent(alice, admin):  # noqa: F811
    made = alice.make()
    alice.s3.put_object(Bucket="alices", Key="k", Body=b"shared")
    bob = create(admin, "bob")
    bobs = alice.client("s3", credentials(bob))
    names = {"Bucket": made["Alias"], "Key": "k"}
    with refused("AccessDenied", 403):
        bobs.get_object(**names)
    policy = allow(bob["id"], f"{made['AccessPointArn']}/object/*")
    alice.control.put_access_point_policy(AccountId=alice.account, Name="finance", Policy=policy)
    told = alice.control.get_access_point_policy(AccountId=alice.account, Name="finance")["Policy"]
    assert json.loads(told) == json.loads(policy)
    status = alice.control.get_access_point_policy_status(AccountId=alice.account, Name="finance")
    assert status["PolicyStatus"] == {"IsPublic": False}
    with refused("AccessDenied", 403):
        bobs.get_object(**names)
    delegation = json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "*",
            "Resource": ["arn:aws:s3:::alices", "arn:aws:s3:::alices/*"],
            "Condition": {"StringEquals": {"s3:DataAccessPointAccount": alice.account}},
        }],
    })
    alice.s3.put_bucket_policy(Bucket="alices", Policy=delegation)
    assert boto.body(bobs.get_object(**names)) == b"shared"
    with refused("AccessDenied", 403):
        bobs.get_object(Bucket="alices", Key="k")
    with refused("AccessDenied", 403):
        bobs.put_object(**names, Body=b"mine")
    alice.control.delete_access_point_policy(AccountId=alice.account, Name="finance")
    with refused("NoSuchAccessPointPolicy", 404):
        alice.control.get_access_point_policy(AccountId=alice.account, Name="finance")
    with refused("AccessDenied", 403):
        bobs.get_object(**names)


def test_a_public_policy_is_refused_while_the_access_point_blocks_it(alice):
    made = alice.make()
    policy = allow("*", f"{made['AccessPointArn']}/object/*")
    with refused("AccessDenied", 403):
        alice.control.put_access_point_policy(AccountId=alice.account, Name="finance", Policy=policy)


OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)


def test_a_public_policy_is_refused_while_the_bucket_blocks_it(alice):
    made = alice.make(PublicAccessBlockConfiguration=OFF)
    policy = {"AccountId": alice.account, "Name": "finance", "Policy": allow("*", f"{made['AccessPointArn']}/object/*")}
    with refused("AccessDenied", 403):
        alice.control.put_access_point_policy(**policy)
    alice.s3.delete_public_access_block(Bucket="alices")
    alice.control.put_access_point_policy(**policy)


def test_public_acls_are_refused_and_ignored_while_the_access_point_blocks_them(alice, admin):  # noqa: F811
    bob = create(admin, "bob")
    made, opened = alice.make(), alice.make("opened", PublicAccessBlockConfiguration=OFF)
    for name, point in (("finance", made), ("opened", opened)):
        policy = allow(bob["id"], f"{point['AccessPointArn']}/object/*")
        alice.control.put_access_point_policy(AccountId=alice.account, Name=name, Policy=policy)
    closed = made["Alias"]
    alice.s3.delete_public_access_block(Bucket="alices")
    alice.s3.delete_bucket_ownership_controls(Bucket="alices")
    names = {"Bucket": closed, "Key": "k"}
    alice.s3.put_object(**names, Body=b"x")
    with refused("AccessDenied", 403):
        alice.s3.put_object(**names, Body=b"x", ACL="public-read")
    with refused("AccessDenied", 403):
        alice.s3.put_object_acl(**names, ACL="public-read")
    alice.s3.put_object_acl(Bucket=opened["Alias"], Key="k", ACL="public-read")
    # By the access point's policy and the object's ACL together.
    bobs = alice.client("s3", credentials(bob))
    assert boto.body(bobs.get_object(Bucket=opened["Alias"], Key="k")) == b"x"
    with refused("AccessDenied", 403):
        bobs.get_object(**names)


def test_a_denial_by_tags_counts_in_an_access_point_s_policy(alice, admin):  # noqa: F811
    made = alice.make()
    bob = create(admin, "bob")
    statements = json.loads(allow(bob["id"], f"{made['AccessPointArn']}/object/*"))["Statement"]
    statements.append({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{made['AccessPointArn']}/object/*",
        "Condition": {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}},
    })
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    alice.control.put_access_point_policy(AccountId=alice.account, Name="finance", Policy=policy)
    alice.s3.put_bucket_policy(Bucket="alices", Policy=allow(bob["id"], "arn:aws:s3:::alices/*"))
    alice.s3.put_object(Bucket="alices", Key="plain", Body=b"plain")
    alice.s3.put_object(Bucket="alices", Key="tagged", Body=b"tagged", Tagging="secret=yes")
    bobs = alice.client("s3", credentials(bob))
    assert boto.body(bobs.get_object(Bucket=made["Alias"], Key="plain")) == b"plain"
    for asker in (bobs, alice.s3):
        with refused("AccessDenied", 403):
            asker.get_object(Bucket=made["Alias"], Key="tagged")


def test_an_access_point_is_no_way_around_the_owner_of_an_object(alice, admin):  # noqa: F811
    made = alice.make()
    alice.s3.put_bucket_ownership_controls(
        Bucket="alices", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    bob = create(admin, "bob")
    bobs = alice.client("s3", credentials(bob))
    actions = ["s3:GetObject", "s3:PutObject"]
    policy = allow(bob["id"], f"{made['AccessPointArn']}/object/*", action=actions)
    alice.control.put_access_point_policy(AccountId=alice.account, Name="finance", Policy=policy)
    alice.s3.put_bucket_policy(Bucket="alices", Policy=allow(bob["id"], "arn:aws:s3:::alices/*", action=actions))
    bobs.put_object(Bucket=made["Alias"], Key="bobs", Body=b"bob's")
    assert boto.body(bobs.get_object(Bucket=made["Alias"], Key="bobs")) == b"bob's"
    for name in ("alices", made["Alias"]):
        with refused("AccessDenied", 403):
            alice.s3.get_object(Bucket=name, Key="bobs")
    canonical = alice.s3.list_buckets()["Owner"]["ID"]
    bobs.put_object_acl(Bucket="alices", Key="bobs", GrantRead=f'id="{canonical}"')
    for name in ("alices", made["Alias"]):
        assert boto.body(alice.s3.get_object(Bucket=name, Key="bobs")) == b"bob's"


def test_another_account_s_access_point_does_not_hold_the_bucket(alice, admin):  # noqa: F811
    bob = create(admin, "bob")
    control = alice.client("s3control", credentials(bob))
    names = {"AccountId": bob["id"], "Name": "elsewhere"}
    made = control.create_access_point(**names, Bucket="alices", BucketAccountId=alice.account)
    alice.s3.delete_bucket(Bucket="alices")
    with refused("NoSuchBucket", 404):
        alice.client("s3", credentials(bob)).list_objects_v2(Bucket=made["Alias"])
    control.delete_access_point(**names)


def test_an_access_point_whose_label_is_a_bucket_s_name_is_refused(alice):
    alice.s3.create_bucket(
        Bucket=f"finance-{alice.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with refused("InvalidRequest", 400):
        alice.make()
