"""Groups: their members have what they have."""

import pytest

from support import boto, identities
from support.boto import refused

READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture
def name():
    return boto.fresh_name("group")


def test_a_group_is_made_found_renamed_and_deleted(iam, account, name):
    made = iam.create_group(GroupName=name, Path="/g/")["Group"]
    assert made["Arn"] == account.arn(f"group/g/{name}") and made["GroupId"].startswith("AGPA")
    with refused("EntityAlreadyExists", 409):
        iam.create_group(GroupName=name.upper())
    found = iam.get_group(GroupName=name)
    assert found["Group"] == made and found["Users"] == [] and found["IsTruncated"] is False
    assert [group["GroupName"] for group in iam.list_groups(PathPrefix="/g/")["Groups"]] == [name]
    iam.create_user(UserName=f"{name}-user")
    iam.add_user_to_group(GroupName=name, UserName=f"{name}-user")
    iam.update_group(GroupName=name, NewGroupName=f"{name}-new", NewPath="/h/")
    groups = iam.list_groups_for_user(UserName=f"{name}-user")["Groups"]
    assert [(group["GroupName"], group["Path"], group["GroupId"]) for group in groups] == [
        (f"{name}-new", "/h/", made["GroupId"])
    ]
    with refused("DeleteConflict", 409):
        iam.delete_group(GroupName=f"{name}-new")
    iam.remove_user_from_group(GroupName=f"{name}-new", UserName=f"{name}-user")
    iam.delete_group(GroupName=f"{name}-new")
    with refused("NoSuchEntity", 404) as error:
        iam.get_group(GroupName=f"{name}-new")
    assert error["Message"] == f"The group with name {name}-new cannot be found."


def test_joining_twice_is_joining_once(iam, name):
    iam.create_group(GroupName=name)
    iam.create_user(UserName=name)
    for _ in range(2):
        iam.add_user_to_group(GroupName=name, UserName=name)
    assert len(iam.get_group(GroupName=name)["Users"]) == 1
    for _ in range(2):
        iam.remove_user_from_group(GroupName=name, UserName=name)
    assert iam.list_groups_for_user(UserName=name)["Groups"] == []
    with refused("NoSuchEntity", 404):
        iam.add_user_to_group(GroupName=name, UserName=f"{name}-absent")
    with refused("NoSuchEntity", 404):
        iam.add_user_to_group(GroupName=f"{name}-absent", UserName=name)


def test_members_are_told_in_pages_and_bounded_per_user(iam, name):
    iam.create_group(GroupName=name)
    users = sorted(f"{name}-{n}" for n in range(3))
    for user in users:
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName=name, UserName=user)
    pages = iam.get_paginator("get_group").paginate(GroupName=name, PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == users
    for n in range(9):
        iam.create_group(GroupName=f"{name}-{n}")
        iam.add_user_to_group(GroupName=f"{name}-{n}", UserName=users[0])
    iam.create_group(GroupName=f"{name}-last")
    with refused("LimitExceeded", 409) as error:
        iam.add_user_to_group(GroupName=f"{name}-last", UserName=users[0])
    assert error["Message"] == "Cannot exceed quota for GroupsPerUser: 10"


def test_members_may_what_the_group_s_policies_say(iam, server, name):
    iam.create_group(GroupName=name)
    _, key = identities.user(iam, name=name)
    s3 = identities.client(server, key, "s3")
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=identities.allow("s3:ListAllMyBuckets"))
    assert iam.list_group_policies(GroupName=name)["PolicyNames"] == ["p"]
    with refused("AccessDenied", 403):
        s3.list_buckets()
    iam.add_user_to_group(GroupName=name, UserName=name)
    s3.list_buckets()
    with refused("DeleteConflict", 409):
        iam.delete_group(GroupName=name)
    iam.delete_group_policy(GroupName=name, PolicyName="p")
    with refused("AccessDenied", 403):
        s3.list_buckets()
    iam.attach_group_policy(GroupName=name, PolicyArn=READ)
    s3.list_buckets()
    attached = iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": READ}]
    iam.detach_group_policy(GroupName=name, PolicyArn=READ)
    with refused("NoSuchEntity", 404) as error:
        iam.detach_group_policy(GroupName=name, PolicyArn=READ)
    assert error["Message"] == f"Policy {READ} was not found."


def test_an_inline_policy_comes_back_as_it_went(iam, name):
    iam.create_group(GroupName=name)
    document = identities.allow("s3:GetObject", resource="arn:aws:s3:::b/*~%")
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=document)
    got = iam.get_group_policy(GroupName=name, PolicyName="p")
    assert got["GroupName"] == name and got["PolicyDocument"]["Statement"][0]["Resource"] == "arn:aws:s3:::b/*~%"
    with refused("NoSuchEntity", 404) as error:
        iam.get_group_policy(GroupName=name, PolicyName="q")
    assert error["Message"] == "The group policy with name q cannot be found."
