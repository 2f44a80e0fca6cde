"""`aws s3control …` as a user runs it: the account's public access block, access points and their policies.

The CLI puts the account before the host. No resolver knows that name here, so it goes through a proxy: the server itself.
"""

import json

import pytest

from support.command import Shell


@pytest.fixture
def control(server, account, tmp_path):
    """A shell of an account's root, where `A` is the account."""
    shell = Shell(server, tmp_path, account.credentials)
    shell.environment["HTTP_PROXY"] = server.endpoint
    shell.environment["A"] = account.id
    return shell


def test_an_account_blocks_public_access(control):
    switches = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=false"
    missing = control.run("aws s3control get-public-access-block --account-id $A")
    assert missing.code != 0 and "NoSuchPublicAccessBlockConfiguration" in missing.err
    control(f"aws s3control put-public-access-block --account-id $A --public-access-block-configuration {switches}")
    told = json.loads(control("aws s3control get-public-access-block --account-id $A").out)
    assert told["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    control("aws s3control delete-public-access-block --account-id $A")
    assert control.run("aws s3control get-public-access-block --account-id $A").code != 0


def test_an_access_point_is_made_used_and_deleted(control):
    account = control.environment["A"]
    bucket = f"behind-{account}-points"
    control(f"aws s3 mb s3://{bucket}")
    made = json.loads(
        control(f"aws s3control create-access-point --account-id $A --name cli-point --bucket {bucket}").out
    )
    assert made["AccessPointArn"] == f"arn:aws:s3:eu-west-1:{account}:accesspoint/cli-point"
    control(f"echo through > file && aws s3 cp file s3://{made['Alias']}/a/file")
    assert control(f"aws s3 ls s3://{made['AccessPointArn']}/a/").out.split()[-1] == "file"
    assert control(f"aws s3 cp s3://{bucket}/a/file -").out == "through\n"
    listed = json.loads(control("aws s3control list-access-points --account-id $A").out)
    assert [point["Name"] for point in listed["AccessPointList"]] == ["cli-point"]
    policy = json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "s3:GetObject",
            "Resource": f"{made['AccessPointArn']}/object/*",
        }],
    })
    point = "--account-id $A --name cli-point"
    control(f"aws s3control put-access-point-policy {point} --policy '{policy}'")
    told = json.loads(control(f"aws s3control get-access-point-policy {point}").out)
    assert json.loads(told["Policy"]) == json.loads(policy)
    status = json.loads(control(f"aws s3control get-access-point-policy-status {point}").out)
    assert status["PolicyStatus"]["IsPublic"] is False
    control(f"aws s3control delete-access-point-policy {point}")
    control(f"aws s3control delete-access-point {point}")
    control(f"aws s3 rb s3://{bucket} --force")
