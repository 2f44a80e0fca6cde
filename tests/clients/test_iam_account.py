"""What concerns the whole account: alias, summary, details, report; and simulations of its policies."""

import json
import re

import pytest

from support import boto, identities
from support.boto import refused
from support.server import binary

EC2 = identities.trust({"Service": "ec2.amazonaws.com"})
OBJECT = "arn:aws:s3:::bucket/key"


@pytest.fixture
def name():
    return boto.fresh_name("whole")


def test_an_account_has_one_alias(iam, server, tmp_path, name):
    iam.create_account_alias(AccountAlias=name)
    iam.create_account_alias(AccountAlias=f"{name}-2")
    assert iam.list_account_aliases()["AccountAliases"] == [f"{name}-2"]
    other = identities.client(server, identities.account(server, tmp_path))
    with refused("EntityAlreadyExists", 409):
        other.create_account_alias(AccountAlias=f"{name}-2")
    other.create_account_alias(AccountAlias=name)
    with refused("NoSuchEntity", 404):
        iam.delete_account_alias(AccountAlias=name)
    iam.delete_account_alias(AccountAlias=f"{name}-2")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_summary_counts_what_there_is(server, tmp_path, name):
    iam = identities.client(server, identities.account(server, tmp_path))
    empty = iam.get_account_summary()["SummaryMap"]
    assert (empty["Users"], empty["UsersQuota"], empty["AccessKeysPerUserQuota"]) == (0, 5000, 2)
    identities.user(iam, name=name)
    iam.create_group(GroupName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:*"))["Policy"]["Arn"]
    full = iam.get_account_summary()["SummaryMap"]
    assert [full[kind] for kind in ("Users", "Groups", "Roles", "Policies")] == [1, 1, 1, 1]
    iam.delete_policy(PolicyArn=arn)
    iam.delete_role(RoleName=name)
    assert iam.get_account_summary()["SummaryMap"]["Policies"] == 0


def test_the_details_tell_all_in_pages(server, tmp_path, name):
    iam = identities.client(server, identities.account(server, tmp_path))
    identities.user(iam, identities.allow("s3:*"), name=name)
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.create_policy(PolicyName=name, PolicyDocument=identities.allow("s3:*"))
    lists = {"UserDetailList": 1, "GroupDetailList": 1, "RoleDetailList": 1, "Policies": 2}
    whole = iam.get_account_authorization_details()
    assert {kind: len(whole[kind]) for kind in lists} == lists
    user = whole["UserDetailList"][0]
    assert user["GroupList"] == [name] and user["UserPolicyList"][0]["PolicyDocument"]["Version"] == "2012-10-17"
    assert whole["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"] is True
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}))
    assert {kind: sum(len(page[kind]) for page in pages) for kind in lists} == lists
    roles = iam.get_account_authorization_details(Filter=["Role"])
    assert len(roles["RoleDetailList"]) == 1 and roles["UserDetailList"] == []


def test_the_report_lists_credentials(iam, account, name):
    identities.user(iam, name=name)
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    lines = [line.split(",") for line in report["Content"].decode().split("\n")]
    assert report["ReportFormat"] == "text/csv" and {len(line) for line in lines} == {22}
    assert lines[1][:2] == ["<root_account>", account.arn("root")]
    mine = {line[0]: line for line in lines}[name]
    assert (mine[7], mine[8], mine[13]) == ("false", "true", "false")


def decisions(answer):
    return {
        (one["EvalActionName"], one["EvalResourceName"]): one["EvalDecision"] for one in answer["EvaluationResults"]
    }


def test_a_simulation_judges_as_a_request_would_be(iam):
    allowing = identities.allow("s3:*", resource="arn:aws:s3:::bucket/*")
    denying = identities.allow("s3:DeleteObject", effect="Deny")
    answer = iam.simulate_custom_policy(
        PolicyInputList=[allowing, denying],
        ActionNames=["s3:GetObject", "s3:DeleteObject", "iam:GetUser"],
        ResourceArns=[OBJECT],
    )
    assert list(decisions(answer).values()) == ["allowed", "explicitDeny", "implicitDeny"]
    matched = answer["EvaluationResults"][0]["MatchedStatements"][0]
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    start, end = matched["StartPosition"], matched["EndPosition"]
    text = allowing[start["Column"] - 1 : end["Column"] - 1]
    assert start["Line"] == 1 and json.loads(text)["Action"] == ["s3:*"]


def test_a_simulation_knows_context_boundary_and_resource_policy(iam, account):
    by_address = identities.allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    ask = {"PolicyInputList": [by_address], "ActionNames": ["s3:GetObject"], "ResourceArns": [OBJECT]}
    lacking = iam.simulate_custom_policy(**ask)["EvaluationResults"][0]
    assert (lacking["EvalDecision"], lacking["MissingContextValues"]) == ("implicitDeny", ["aws:SourceIp"])
    entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.1.2.3"], "ContextKeyType": "ip"}
    known = iam.simulate_custom_policy(**ask, ContextEntries=[entry])["EvaluationResults"][0]
    assert (known["EvalDecision"], known["MissingContextValues"]) == ("allowed", [])
    bound = iam.simulate_custom_policy(
        **ask, ContextEntries=[entry], PermissionsBoundaryPolicyInputList=[identities.allow("iam:*")]
    )["EvaluationResults"][0]
    assert bound["EvalDecision"] == "implicitDeny"
    assert bound["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    named = identities.allow("s3:GetObject", resource=OBJECT, Principal={"AWS": account.arn("user/bob")})
    answer = iam.simulate_custom_policy(
        PolicyInputList=[identities.allow("iam:*")],
        ActionNames=["s3:GetObject"],
        ResourceArns=[OBJECT],
        ResourcePolicy=named,
        CallerArn=account.arn("user/bob"),
    )
    assert list(decisions(answer).values()) == ["allowed"]
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[by_address])["ContextKeyNames"]
    assert keys == ["aws:SourceIp"]


def test_a_principal_s_policies_are_simulated(iam, account, name):
    identities.user(iam, identities.allow("s3:GetObject", resource="arn:aws:s3:::${aws:username}/*"), name=name)
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    own, other = f"arn:aws:s3:::{name}/k", OBJECT
    answer = iam.simulate_principal_policy(
        PolicySourceArn=account.arn(f"user/{name}"),
        ActionNames=["s3:GetObject", "iam:GetUser"],
        ResourceArns=[own, other],
    )
    assert decisions(answer) == {
        ("s3:GetObject", own): "allowed",
        ("iam:GetUser", own): "allowed",
        ("s3:GetObject", other): "implicitDeny",
        ("iam:GetUser", other): "allowed",
    }
    assert answer["EvaluationResults"][1]["MatchedStatements"][0]["SourcePolicyType"] == "aws-managed"
    first = iam.simulate_principal_policy(
        PolicySourceArn=account.arn(f"user/{name}"),
        ActionNames=["s3:GetObject", "iam:GetUser"],
        ResourceArns=[own, other],
        MaxItems=3,
    )
    assert first["IsTruncated"] and len(first["EvaluationResults"]) == 3
    group = iam.simulate_principal_policy(
        PolicySourceArn=account.arn(f"group/{name}"), ActionNames=["iam:GetUser", "iam:CreateUser"]
    )
    assert list(decisions(group).values()) == ["allowed", "implicitDeny"]
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=account.arn(f"user/{name}"))
    assert keys["ContextKeyNames"] == ["aws:username"]
    with refused("NoSuchEntity", 404):
        iam.simulate_principal_policy(PolicySourceArn=account.arn("user/nobody"), ActionNames=["s3:GetObject"])


def test_an_account_with_users_is_not_deleted(server, tmp_path, shell):
    who = identities.account(server, tmp_path)
    iam = identities.client(server, who)
    identities.user(iam, name="last")
    done = shell.run(f"{binary()} account delete {who.id}")
    assert done.code != 0 and re.search("users, groups, roles", done.err)
    iam.delete_access_key(
        UserName="last", AccessKeyId=iam.list_access_keys(UserName="last")["AccessKeyMetadata"][0]["AccessKeyId"]
    )
    iam.delete_user(UserName="last")
    assert shell.run(f"{binary()} account delete {who.id}").code == 0
    with refused("InvalidClientTokenId", 403):
        iam.list_users()
