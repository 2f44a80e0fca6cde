"""Policies: inline ones, managed ones with their versions, attachments, and what is wrong with a document."""

import json

import pytest

from support import boto, identities
from support.boto import refused

FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def name():
    return boto.fresh_name("policy")


def test_inline_policies_are_put_listed_and_deleted(iam, name):
    iam.create_user(UserName=name)
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == []
    for policy in ("b", "a", "b"):
        iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=identities.allow("s3:*"))
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == ["a", "b"]
    got = iam.get_user_policy(UserName=name, PolicyName="a")
    assert got["PolicyDocument"] == json.loads(identities.allow("s3:*")) and got["UserName"] == name
    iam.delete_user_policy(UserName=name, PolicyName="a")
    with refused("NoSuchEntity", 404) as error:
        iam.get_user_policy(UserName=name, PolicyName="a")
    assert error["Message"] == "The user policy with name a cannot be found."


def test_inline_policies_are_bounded_in_sum(iam, name):
    iam.create_user(UserName=name)
    long = identities.allow("s3:GetObject", resource="arn:aws:s3:::" + "x" * 1200)
    iam.put_user_policy(UserName=name, PolicyName="a", PolicyDocument=long)
    with refused("LimitExceeded", 409) as error:
        iam.put_user_policy(UserName=name, PolicyName="b", PolicyDocument=long)
    assert error["Message"] == f"Maximum policy size of 2048 bytes exceeded for user {name}"
    iam.put_user_policy(UserName=name, PolicyName="a", PolicyDocument=long)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ("no json", None),
        ('{"Version":"2012-10-17"}', "Statement"),
        ('{"Version":"2010-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', "Version"),
        (identities.allow("s3:*", effect="Perhaps"), "Statement[0].Effect"),
        (identities.allow("GetObject"), "Statement[0].Action"),
        (identities.allow("s3:*", resource="bucket"), "Statement[0].Resource"),
        (identities.allow("s3:*", Principal="*"), "Statement[0]"),
        (identities.allow("s3:*", Condition={"Maybe": {"aws:username": "a"}}), "Statement[0].Condition"),
    ],
)
def test_a_malformed_document_is_refused_with_the_place_of_its_fault(iam, name, document, place):
    with refused("MalformedPolicyDocument", 400) as error:
        iam.create_policy(PolicyName=name, PolicyDocument=document)
    assert place is None or place in error["Message"]
    assert name not in [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]


def test_a_managed_policy_is_made_found_and_deleted(iam, account, name):
    made = iam.create_policy(
        PolicyName=name,
        Path="/p/",
        Description="what it is for",
        PolicyDocument=identities.allow("s3:*"),
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
    )["Policy"]
    assert made["Arn"] == account.arn(f"policy/p/{name}") and made["PolicyId"].startswith("ANPA")
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    assert "Description" not in made
    found = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert found["Description"] == "what it is for" and len(found["Tags"]) == 2
    with refused("EntityAlreadyExists", 409) as error:
        iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:*"))
    assert error["Message"] == f"A policy called {name} already exists. Duplicate names are not allowed."
    iam.delete_policy(PolicyArn=made["Arn"])
    with refused("NoSuchEntity", 404) as error:
        iam.get_policy(PolicyArn=made["Arn"])
    assert error["Message"] == f"Policy {made['Arn']} was not found."
    with refused("ValidationError", 400) as error:
        iam.get_policy(PolicyArn="longpolicynamebutnoarn")
    assert error["Message"] == "ARN longpolicynamebutnoarn is not valid."


def test_a_policy_has_five_versions_and_one_is_in_force(iam, server, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:ListAllMyBuckets"))["Policy"]["Arn"]
    _, key = identities.user(iam, name=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    s3 = identities.client(server, key, "s3")
    s3.list_buckets()
    second = iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=identities.allow("s3:GetObject"), SetAsDefault=True
    )["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", True) and "Document" not in second
    with refused("AccessDenied", 403):
        s3.list_buckets()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    s3.list_buckets()
    for _ in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=identities.allow("s3:*"))
    with refused("LimitExceeded", 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=identities.allow("s3:*"))
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in listed] == ["v5", "v4", "v3", "v2", "v1"]
    assert [version["IsDefaultVersion"] for version in listed] == [False] * 4 + [True]
    got = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert got["Document"] == json.loads(identities.allow("s3:GetObject"))
    with refused("DeleteConflict", 409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=identities.allow("s3:*"))["PolicyVersion"]
    assert made["VersionId"] == "v6", "a number is given once"
    with refused("NoSuchEntity", 404) as error:
        iam.get_policy_version(PolicyArn=arn, VersionId="v9")
    assert error["Message"] == f"Policy {arn} version v9 does not exist or is not attachable."
    with refused("DeleteConflict", 409):
        iam.delete_policy(PolicyArn=arn)


def test_attachments_are_counted_and_listed(iam, name):
    arn = iam.create_policy(PolicyName=name, Path="/x/", PolicyDocument=identities.allow("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName=name)
    iam.create_group(GroupName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=identities.trust({"Service": "ec2.amazonaws.com"}))
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["AttachmentCount"], found["PermissionsBoundaryUsageCount"]) == (3, 1)
    held = iam.list_entities_for_policy(PolicyArn=arn)
    assert [held[kind][0][field] for kind, field in (
        ("PolicyUsers", "UserName"), ("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"))] == [name] * 3
    only = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert [role["RoleName"] for role in only["PolicyRoles"]] == [name] and only["PolicyUsers"] == []
    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
    assert len(list(pages)) == 3
    local = iam.list_policies(Scope="Local", OnlyAttached=True, PathPrefix="/x/")["Policies"]
    assert [policy["PolicyName"] for policy in local] == [name]
    assert iam.list_attached_user_policies(UserName=name, PathPrefix="/y/")["AttachedPolicies"] == []
    with refused("DeleteConflict", 409):
        iam.delete_policy(PolicyArn=arn)


def test_ten_policies_may_be_attached(iam, name):
    iam.create_user(UserName=name)
    for n in range(11):
        policy = iam.create_policy(PolicyName=f"{name}-{n}", PolicyDocument=identities.allow("s3:*"))["Policy"]
        if n < 10:
            iam.attach_user_policy(UserName=name, PolicyArn=policy["Arn"])
    with refused("LimitExceeded", 409) as error:
        iam.attach_user_policy(UserName=name, PolicyArn=policy["Arn"])
    assert error["Message"] == "Cannot exceed quota for PoliciesPerUser: 10"
    with refused("NoSuchEntity", 404) as error:
        iam.attach_user_policy(UserName=name, PolicyArn=f"{policy['Arn']}-absent")
    assert error["Message"] == f"Policy {policy['Arn']}-absent does not exist or is not attachable."


def test_some_of_aws_s_policies_are_ready(iam):
    listed = {policy["PolicyName"] for policy in iam.list_policies(Scope="AWS")["Policies"]}
    assert {"AdministratorAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "IAMFullAccess"} <= listed
    found = iam.get_policy(PolicyArn=FULL)["Policy"]
    version = iam.get_policy_version(PolicyArn=FULL, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    assert "s3:*" in version["Document"]["Statement"][0]["Action"]
    assert len(iam.list_policy_versions(PolicyArn=FULL)["Versions"]) == 1
    for change in (
        lambda: iam.delete_policy(PolicyArn=FULL),
        lambda: iam.create_policy_version(PolicyArn=FULL, PolicyDocument=identities.allow("s3:*")),
        lambda: iam.tag_policy(PolicyArn=FULL, Tags=[{"Key": "a", "Value": ""}]),
    ):
        with refused("AccessDenied", 403):
            change()


def test_tags_of_policies_have_case(iam, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:*"))["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    assert [tag["Value"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]] == ["2", "3"]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert [tag["Key"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]] == ["A"]


def test_nobody_sees_another_account_s_policies(iam, server, tmp_path, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:*"))["Policy"]["Arn"]
    other = identities.client(server, identities.account(server, tmp_path))
    assert other.list_policies(Scope="Local")["Policies"] == []
    with refused("NoSuchEntity", 404):
        other.get_policy(PolicyArn=arn)
    other.create_user(UserName=name)
    with refused("NoSuchEntity", 404):
        other.attach_user_policy(UserName=name, PolicyArn=arn)
