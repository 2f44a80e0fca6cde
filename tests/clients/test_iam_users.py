"""Users and their access keys: made, found, renamed, deleted; what a key may do follows its user."""

import datetime

import pytest

from support import boto, identities
from support.boto import refused


@pytest.fixture
def name():
    return boto.fresh_name("user")


def test_a_user_is_made_found_and_deleted(iam, account, name):
    made = iam.create_user(UserName=name, Path="/a/b/", Tags=[{"Key": "team", "Value": "ä"}])["User"]
    assert made["Arn"] == account.arn(f"user/a/b/{name}") and made["UserId"].startswith("AIDA")
    assert made["CreateDate"] > datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert iam.get_user(UserName=name.upper())["User"] == made
    listed = iam.list_users(PathPrefix="/a/")
    assert [user["UserName"] for user in listed["Users"]] == [name] and listed["IsTruncated"] is False
    assert "Tags" not in listed["Users"][0]
    with refused("EntityAlreadyExists", 409) as error:
        iam.create_user(UserName=name.upper())
    assert error["Message"] == f"User with name {name.upper()} already exists."
    iam.delete_user(UserName=name)
    with refused("NoSuchEntity", 404) as error:
        iam.get_user(UserName=name)
    assert error["Message"] == f"The user with name {name} cannot be found."


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"UserName": "a b"}, "ValidationError"),
        ({"UserName": "x" * 65}, "ValidationError"),
        ({"UserName": "u", "Path": "a/"}, "ValidationError"),
        ({"UserName": "u", "Tags": [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]}, "InvalidInput"),
        ({"UserName": "u", "PermissionsBoundary": "arn:aws:iam::aws:policy/Nothing"}, "NoSuchEntity"),
    ],
)
def test_illegal_users_are_refused(iam, given, code):
    with refused(code):
        iam.create_user(**given)


def test_users_are_listed_in_pages_of_any_size(iam):
    names = sorted(boto.fresh_name("page") for _ in range(5))
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    for size in (1, 2, 5, 6):
        pages = iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": size})
        assert [user["UserName"] for page in pages for user in page["Users"]] == names
    with refused("ValidationError", 400) as error:
        iam.list_users(Marker="?")
    assert error["Message"] == "Invalid Marker."


def test_a_renamed_user_keeps_what_it_has(iam, server, name):
    iam.create_group(GroupName=f"{name}-group")
    _, key = identities.user(iam, identities.allow("iam:GetUser"), name=name)
    iam.add_user_to_group(GroupName=f"{name}-group", UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    before = iam.get_user(UserName=name)["User"]
    iam.update_user(UserName=name, NewUserName=f"{name}-new", NewPath="/moved/")
    with refused("NoSuchEntity", 404):
        iam.get_user(UserName=name)
    after = iam.get_user(UserName=f"{name}-new")["User"]
    assert (after["UserId"], after["Path"]) == (before["UserId"], "/moved/")
    assert identities.client(server, key).get_user()["User"]["Arn"] == after["Arn"]
    members = iam.get_group(GroupName=f"{name}-group")["Users"]
    assert [user["UserName"] for user in members] == [f"{name}-new"]
    held = iam.list_entities_for_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert f"{name}-new" in [user["UserName"] for user in held["PolicyUsers"]]


def test_a_user_is_deleted_when_nothing_is_left_of_it(iam, name):
    _, key = identities.user(iam, identities.allow("s3:*"), name=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    steps = [
        ("must detach all policies", lambda: iam.detach_user_policy(
            UserName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")),
        ("must delete policies", lambda: iam.delete_user_policy(UserName=name, PolicyName="p0")),
        ("must delete access keys", lambda: iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])),
        ("must remove users from group", lambda: iam.remove_user_from_group(GroupName=name, UserName=name)),
    ]
    for message, mend in steps:
        with refused("DeleteConflict", 409) as error:
            iam.delete_user(UserName=name)
        assert message in error["Message"]
        mend()
    iam.delete_user(UserName=name)


def test_tags_of_users_have_no_case_in_their_keys(iam, name):
    iam.create_user(UserName=name)
    iam.tag_user(UserName=name, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "z", "Value": ""}])
    iam.tag_user(UserName=name, Tags=[{"Key": "team", "Value": "b"}])
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=name)["Tags"]}
    assert tags == {"team": "b", "z": ""}
    page = iam.list_user_tags(UserName=name, MaxItems=1)
    assert page["IsTruncated"] and iam.list_user_tags(UserName=name, Marker=page["Marker"])["Tags"][0]["Key"] == "z"
    iam.untag_user(UserName=name, TagKeys=["TEAM"])
    assert [tag["Key"] for tag in iam.list_user_tags(UserName=name)["Tags"]] == ["z"]
    with refused("LimitExceeded", 409):
        iam.tag_user(UserName=name, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])


def test_keys_are_made_switched_and_deleted(iam, server, name):
    _, key = identities.user(iam, identities.allow("iam:*"), name=name)
    assert len(key["AccessKeyId"]) == 20 and len(key["SecretAccessKey"]) == 40 and key["Status"] == "Active"
    own = identities.client(server, key)
    assert [one["AccessKeyId"] for one in own.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    second = own.create_access_key()["AccessKey"]
    with refused("LimitExceeded", 409) as error:
        own.create_access_key()
    assert error["Message"] == "Cannot exceed quota for AccessKeysPerUser: 2"
    own.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    states = {one["AccessKeyId"]: one["Status"] for one in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]}
    assert states == {key["AccessKeyId"]: "Active", second["AccessKeyId"]: "Inactive"}
    with refused("InvalidClientTokenId", 403):
        identities.client(server, second).get_user()
    iam.update_access_key(UserName=name, AccessKeyId=second["AccessKeyId"], Status="Active")
    assert identities.client(server, second).get_user()["User"]["UserName"] == name
    iam.delete_access_key(UserName=name, AccessKeyId=second["AccessKeyId"])
    with refused("NoSuchEntity", 404) as error:
        iam.update_access_key(UserName=name, AccessKeyId=second["AccessKeyId"], Status="Active")
    assert error["Message"] == f"The Access Key with id {second['AccessKeyId']} cannot be found."


def test_the_root_has_keys_of_its_own(iam, server, account):
    assert iam.get_user()["User"]["Arn"] == account.arn("root")
    key = iam.create_access_key()["AccessKey"]
    assert identities.client(server, key).get_user()["User"]["Arn"] == account.arn("root")
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 2
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])


def test_the_last_use_of_a_key_is_told(iam, server, name):
    _, key = identities.user(iam, identities.allow("s3:*"), name=name)
    fresh = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert fresh["UserName"] == name and fresh["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    identities.client(server, key, "s3").list_buckets()

    def used():
        last = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        return last if "LastUsedDate" in last else None

    last = identities.eventually(used)
    assert last and (last["ServiceName"], last["Region"]) == ("s3", "eu-west-1")
    with refused("AccessDenied", 403):
        iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_a_user_may_what_its_policies_say_from_the_next_request_on(iam, server, name):
    _, key = identities.user(iam, name=name)
    s3 = identities.client(server, key, "s3")
    with refused("AccessDenied", 403):
        s3.list_buckets()
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=identities.allow("s3:ListAllMyBuckets"))
    assert s3.list_buckets()["Buckets"] == []
    iam.delete_user_policy(UserName=name, PolicyName="p")
    with refused("AccessDenied", 403):
        s3.list_buckets()


def test_a_user_may_manage_itself_and_nobody_else(iam, server, account, name):
    own = f"arn:aws:iam::{account.id}:user/${{aws:username}}"
    _, key = identities.user(iam, identities.allow("iam:*AccessKey*", "iam:GetUser", resource=own), name=name)
    iam.create_user(UserName=f"{name}-other")
    self = identities.client(server, key)
    assert self.get_user()["User"]["UserName"] == name
    with refused("AccessDenied", 403) as error:
        self.create_access_key(UserName=f"{name}-other")
    assert f"iam:CreateAccessKey on resource: {account.arn(f'user/{name}-other')}" in error["Message"]
    with refused("AccessDenied", 403):
        self.list_users()


def test_a_boundary_limits_and_a_condition_demands_it(iam, server, account, name):
    bound = iam.create_policy(PolicyName=f"{name}-bound", PolicyDocument=identities.allow("s3:*"))["Policy"]["Arn"]
    demand = {"StringEquals": {"iam:PermissionsBoundary": bound}}
    document = identities.allow("iam:CreateUser", "iam:PutUserPolicy", Condition=demand)
    _, key = identities.user(iam, document, name=name)
    delegate = identities.client(server, key)
    with refused("AccessDenied", 403):
        delegate.create_user(UserName=f"{name}-free")
    made = delegate.create_user(UserName=f"{name}-bounded", PermissionsBoundary=bound)["User"]
    assert made["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound}
    everything = identities.allow("*")
    delegate.put_user_policy(UserName=f"{name}-bounded", PolicyName="p", PolicyDocument=everything)
    with refused("AccessDenied", 403):
        delegate.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=everything)
    bounded = iam.create_access_key(UserName=f"{name}-bounded")["AccessKey"]
    identities.client(server, bounded, "s3").list_buckets()
    with refused("AccessDenied", 403) as error:
        identities.client(server, bounded).list_users()
    assert "permissions boundary" in error["Message"]
    with refused("DeleteConflict", 409):
        iam.delete_policy(PolicyArn=bound)
    iam.delete_user_permissions_boundary(UserName=f"{name}-bounded")
    with refused("NoSuchEntity", 404):
        iam.delete_user_permissions_boundary(UserName=f"{name}-bounded")
    iam.put_user_permissions_boundary(UserName=f"{name}-bounded", PermissionsBoundary=bound)
    assert identities.client(server, bounded, "s3").list_buckets()["Buckets"] == []


def test_what_nobody_has_is_told_as_absent(iam, name):
    iam.create_user(UserName=name)
    for ask in (iam.get_login_profile, iam.delete_login_profile):
        with refused("NoSuchEntity", 404) as error:
            ask(UserName=name)
        assert error["Message"] == f"Login Profile for User {name} cannot be found."
    assert iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName=name)["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    with refused("NoSuchEntity", 404):
        iam.get_account_password_policy()
