"""Temporary credentials as the AWS command line gets them: profiles that name a role, a process that gives keys."""

import json

import pytest

from support.command import Shell
from support.credentials import ROOT
from support.people import People, allow, trust

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(scope="module")
def people(server):
    return People(server, ROOT)


@pytest.fixture
def role(people):
    """A user who may read by a role alone: the user's key and the role's ARN."""
    name, key = people.user(allow("sts:*"))
    return key, people.role(trust({"AWS": people.user_arn(name)}), allow("s3:*"))[1]


@pytest.fixture
def profiles(server, tmp_path, role):
    """A shell with a config file and no keys in its environment."""
    key, arn = role
    shell = Shell(server, tmp_path)
    for variable in KEYS:
        del shell.environment[variable]
    credentials = f"[bob]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
    shell.write(".aws/credentials", credentials.encode())
    config = f"[profile reader]\nrole_arn = {arn}\nsource_profile = bob\nrole_session_name = laptop\n"
    shell.write(".aws/config", config.encode())
    return shell


def test_a_profile_with_a_role_and_a_source(profiles, bucket):
    profiles.write("hello.txt")
    told = json.loads(profiles("aws sts get-caller-identity --profile reader").out)
    assert told["Arn"].endswith("/laptop") and ":assumed-role/" in told["Arn"]
    profiles(f"aws s3 cp hello.txt s3://{bucket}/ --profile reader")
    assert "hello.txt" in profiles(f"aws s3 ls s3://{bucket} --profile reader").out
    refused = profiles.run(f"aws s3 ls s3://{bucket} --profile bob")
    assert refused.code != 0 and "AccessDenied" in refused.err


def test_credentials_of_a_process(profiles, bucket, role):
    _, arn = role
    ask = f"aws sts assume-role --profile bob --role-arn {arn} --role-session-name process"
    form = "--query 'Credentials.{Version:`1`,AccessKeyId:AccessKeyId,SecretAccessKey:SecretAccessKey,"
    form += "SessionToken:SessionToken,Expiration:Expiration}' --output json"
    profiles.write("keys.sh", f"{ask} {form}\n".encode())
    config = f"[profile process]\ncredential_process = bash {profiles.folder}/keys.sh\n"
    profiles.write(".aws/config", config.encode())
    told = json.loads(profiles("aws sts get-caller-identity --profile process").out)
    assert told["Arn"].endswith("/process")
    profiles(f"aws s3api list-objects-v2 --bucket {bucket} --profile process")


def test_keys_in_the_environment(profiles, bucket, role):
    _, arn = role
    answer = profiles(f"aws sts assume-role --profile bob --role-arn {arn} --role-session-name shell").out
    keys = json.loads(answer)["Credentials"]
    variables = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    profiles(f"aws s3 ls s3://{bucket}", **variables)
    refused = profiles.run(f"aws s3 ls s3://{bucket}", **{**variables, "AWS_SESSION_TOKEN": None})
    assert refused.code != 0 and "InvalidAccessKeyId" in refused.err


def test_session_and_federation_tokens(profiles, role):
    session = json.loads(profiles("aws sts get-session-token --profile bob --duration-seconds 900").out)
    assert session["Credentials"]["AccessKeyId"].startswith("ASIA")
    guest = json.loads(profiles("aws sts get-federation-token --profile bob --name guest").out)
    assert guest["FederatedUser"]["FederatedUserId"].endswith(":guest")
    told = json.loads(profiles(f"aws sts get-access-key-info --profile bob --access-key-id {role[0].access_key}").out)
    assert len(told["Account"]) == 12
