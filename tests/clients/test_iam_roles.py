"""Roles: who may assume them, what they may, how long."""

import json

import pytest

from support import boto, identities
from support.boto import refused

EC2 = identities.trust({"Service": "ec2.amazonaws.com"})


@pytest.fixture
def name():
    return boto.fresh_name("role")


def test_a_role_is_made_found_changed_and_deleted(iam, account, name):
    made = iam.create_role(
        RoleName=name, Path="/r/", AssumeRolePolicyDocument=EC2, Description="first", Tags=[{"Key": "a", "Value": "b"}]
    )["Role"]
    assert made["Arn"] == account.arn(f"role/r/{name}") and made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == json.loads(EC2)
    found = iam.get_role(RoleName=name.upper())["Role"]
    assert (found["Description"], found["MaxSessionDuration"], found["RoleLastUsed"]) == ("first", 3600, {})
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("EntityAlreadyExists", 409) as error:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    assert error["Message"] == f"Role with name {name} already exists."
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    iam.update_role(RoleName=name)
    assert iam.update_role_description(RoleName=name, Description="second")["Role"]["Description"] == "second"
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("second", 7200)
    assert [role["RoleName"] for role in iam.list_roles(PathPrefix="/r/")["Roles"]] == [name]
    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", 404) as error:
        iam.get_role(RoleName=name)
    assert error["Message"] == f"The role with name {name} cannot be found."


def test_a_role_is_deleted_when_nothing_is_left_of_it(iam, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=identities.allow("s3:*"))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert iam.get_role_policy(RoleName=name, PolicyName="p")["RoleName"] == name
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    assert len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) == 1
    with refused("DeleteConflict", 409) as error:
        iam.delete_role(RoleName=name)
    assert error["Message"] == "Cannot delete entity, must detach all policies first."
    iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    with refused("DeleteConflict", 409) as error:
        iam.delete_role(RoleName=name)
    assert error["Message"] == "Cannot delete entity, must delete policies first."
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", None),
        (identities.trust({"Service": "ec2.amazonaws.com"}, "s3:GetObject"), "may only specify STS AssumeRole actions"),
        (identities.trust({"Service": "ec2.amazonaws.com"}, Resource="*"), "Statement[0]"),
        (identities.trust({"AWS": "arn:aws:iam::ACCOUNT:user/nobody"}), "Invalid principal in policy"),
        (identities.trust({"AWS": "arn:aws:iam::ACCOUNT:role/nothing"}), "Invalid principal in policy"),
        (identities.trust({"AWS": "999999999999"}), "Invalid principal in policy"),
        (identities.trust({"Federated": "arn:aws:iam::ACCOUNT:oidc-provider/a.example"}), "Invalid principal in policy"),
        (identities.allow("sts:AssumeRole"), "Statement[0]"),
    ],
)
def test_a_trust_policy_names_who_exists_and_only_lets_assume(iam, account, name, document, message):
    with refused("MalformedPolicyDocument", 400) as error:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document.replace("ACCOUNT", account.id))
    assert message is None or message in error["Message"]


def test_a_trust_policy_is_replaced(iam, account, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.create_user(UserName=name)
    for principal in (account.id, account.arn("root"), account.arn(f"user/{name}"), account.arn(f"role/{name}"), "*"):
        document = identities.trust({"AWS": principal})
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(document)
    with refused("MalformedPolicyDocument", 400):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=identities.allow("s3:*"))
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(document)


def test_roles_have_tags_and_a_boundary(iam, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=name, TagKeys=["A"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "b", "Value": "2"}]
    bound = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=bound)
    assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound
    iam.delete_role_permissions_boundary(RoleName=name)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=name)["Role"]


def test_a_session_is_between_one_and_twelve_hours(server, account, name):
    iam = boto.client(server, account.credentials, "iam", parameter_validation=False)
    for seconds in (3599, 43_201):
        with refused("ValidationError", 400):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2, MaxSessionDuration=seconds)
