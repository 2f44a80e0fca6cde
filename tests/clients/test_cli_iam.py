"""`aws iam …` as the documents walk through it: a user, a group, a policy, keys, a profile."""

import json

import pytest

from support import boto, identities
from support.command import Shell


@pytest.fixture
def shell(server, account, tmp_path):
    return Shell(server, tmp_path, account.credentials)


@pytest.fixture
def aws(shell):
    """Runs `aws iam …` and reads its JSON."""

    def run(line):
        out = shell(f"aws iam {line}").out
        return json.loads(out) if out.strip() else None

    return run


def test_a_colleague_is_let_in(aws, shell):
    name = boto.fresh_name("anna")
    assert aws(f"create-user --user-name {name} --tags Key=team,Value=data")["User"]["UserName"] == name
    aws(f"create-group --group-name {name}-readers")
    aws(f"attach-group-policy --group-name {name}-readers --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    aws(f"add-user-to-group --group-name {name}-readers --user-name {name}")
    key = aws(f"create-access-key --user-name {name}")["AccessKey"]
    shell(f"aws configure set aws_access_key_id {key['AccessKeyId']} --profile anna")
    shell(f"aws configure set aws_secret_access_key {key['SecretAccessKey']} --profile anna")
    bucket = boto.fresh_name("cli-iam")
    shell(f"aws s3 mb s3://{bucket}")
    variables = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    as_anna = shell.run(f"aws s3 ls s3://{bucket} --profile anna", **variables)
    assert as_anna.code == 0, as_anna.err
    refused = shell.run(f"aws s3 rb s3://{bucket} --profile anna", **variables)
    assert refused.code != 0 and "AccessDenied" in refused.err
    who = shell.run("aws iam get-user --profile anna", **variables)
    assert who.code != 0 and "is not authorized to perform: iam:GetUser" in who.err
    shell(f"aws s3 rb s3://{bucket}")


def test_a_policy_from_a_file(aws, shell):
    name = boto.fresh_name("filed")
    shell.write("policy.json", identities.allow("s3:ListAllMyBuckets").encode())
    arn = aws(f"create-policy --policy-name {name} --policy-document file://policy.json")["Policy"]["Arn"]
    shell.write("policy.json", identities.allow("s3:*").encode())
    aws(f"create-policy-version --policy-arn {arn} --policy-document file://policy.json --set-as-default")
    assert aws(f"list-policy-versions --policy-arn {arn} --query 'Versions[].VersionId'") == ["v2", "v1"]
    got = aws(f"get-policy-version --policy-arn {arn} --version-id v2 --query PolicyVersion.Document")
    assert got["Statement"][0]["Action"] == ["s3:*"]
    aws(f"delete-policy-version --policy-arn {arn} --version-id v1")
    aws(f"delete-policy --policy-arn {arn}")


def test_waiters_and_the_report(aws, shell):
    name = boto.fresh_name("waited")
    aws(f"create-user --user-name {name}")
    assert shell(f"aws iam wait user-exists --user-name {name}").out == ""
    assert name in aws("list-users --query 'Users[].UserName'")
    assert aws("generate-credential-report")["State"] == "COMPLETE"
    assert "Content" in aws("get-credential-report")
    assert aws("get-account-summary --query SummaryMap.Users") >= 1
    gone = shell.run("aws iam get-user --user-name nobody-at-all")
    assert gone.code != 0 and "(NoSuchEntity) when calling the GetUser operation" in gone.err


def test_a_device_s_seed_goes_to_a_file(aws, shell):
    name = boto.fresh_name("seed")
    aws(f"create-virtual-mfa-device --virtual-mfa-device-name {name} --outfile seed --bootstrap-method Base32StringSeed")
    assert len((shell.folder / "seed").read_text()) == 64
