"""STS by boto3: roles, sessions and what limits them."""

import base64
import datetime
import hmac
import json
import struct
import subprocess
import time
import urllib.request

import botocore.exceptions
import pytest
import requests

from support import boto
from support.command import environment
from support.credentials import ROOT, Credentials
from support.people import ALL_OF_S3, People, allow, credentials, document, trust
from support.server import Server, binary

READ = allow("s3:GetObject")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    private = Server(tmp_path_factory.mktemp("sts"))
    private.start()
    yield private
    private.stop()


@pytest.fixture(scope="module")
def people(house):
    return People(house, ROOT)


@pytest.fixture(scope="module")
def filled(house):
    """A bucket of the root's with one object."""
    s3 = boto.client(house)
    s3.create_bucket(Bucket="filled", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="filled", Key="k", Body=b"hello")
    return "filled"


@pytest.fixture(scope="module")
def bob(people):
    return people.user(allow("sts:*"), READ)


def sts(house, who):
    return boto.client(house, who, "sts")


def read(house, who, bucket="filled"):
    return boto.body(boto.client(house, who).get_object(Bucket=bucket, Key="k"))


def assume(house, who, arn, **more):
    return sts(house, who).assume_role(**{"RoleArn": arn, "RoleSessionName": "job", **more})


def test_everybody_learns_who_they_are(house, people, bob):
    name, key = bob
    told = sts(house, key).get_caller_identity()
    assert (told["Account"], told["Arn"]) == (people.account, people.user_arn(name))
    assert told["UserId"].startswith("AIDA")
    root = sts(house, ROOT).get_caller_identity()
    assert root["Arn"] == f"arn:aws:iam::{people.account}:root"


def test_a_role_is_assumed_and_reads_what_it_may(house, people, filled, bob):
    name, key = bob
    role, arn = people.role(trust({"AWS": people.user_arn(name)}), READ)
    answer = assume(house, key, arn, DurationSeconds=900)
    session = credentials(answer)
    assert session.access_key.startswith("ASIA")
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert 880 < left.total_seconds() <= 900
    told = sts(house, session).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{people.account}:assumed-role/{role}/job"
    assert told["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert read(house, session) == b"hello"
    with boto.refused("AccessDenied", 403) as seen:
        boto.client(house, session).put_object(Bucket=filled, Key="new", Body=b"")
    assert f"User: {told['Arn']} is not authorized to perform: s3:PutObject" in seen["Message"]


def test_nobody_assumes_a_role_that_does_not_trust_them(house, people, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(people.user()[0])}))
    for wanted in (arn, f"arn:aws:iam::{people.account}:role/absent"):
        with boto.refused("AccessDenied", 403) as seen:
            assume(house, key, wanted)
        who = people.user_arn(name)
        assert seen["Message"] == f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {wanted}"


def test_a_role_that_trusts_the_account_leaves_it_to_the_user_s_policies(house, people):
    _, arn = people.role(trust({"AWS": people.account}))
    with boto.refused("AccessDenied", 403):
        assume(house, people.user()[1], arn)
    assert assume(house, people.user(allow("sts:AssumeRole", arn))[1], arn)


def test_a_root_assumes_no_role(house, people):
    _, arn = people.role(trust({"AWS": "*"}))
    with boto.refused("AccessDenied", 403) as seen:
        assume(house, ROOT, arn)
    assert seen["Message"] == "Roles may not be assumed by root accounts."


def test_an_external_id_must_be_the_one_that_is_wanted(house, people, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(name)}, StringEquals={"sts:ExternalId": "ours"}))
    assert assume(house, key, arn, ExternalId="ours")
    for more in ({}, {"ExternalId": "other"}):
        with boto.refused("AccessDenied", 403):
            assume(house, key, arn, **more)


def test_a_session_lasts_no_longer_than_its_role_allows(house, people, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(name)}), MaxSessionDuration=7200)
    assert assume(house, key, arn, DurationSeconds=7200)
    with boto.refused("ValidationError", 400) as seen:
        assume(house, key, arn, DurationSeconds=7201)
    assert seen["Message"] == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_session_policies_limit_what_the_role_may(house, people, filled, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(name)}), allow("s3:*"))
    reader = assume(house, key, arn, Policy=document(READ))
    assert reader["PackedPolicySize"] > 0
    assert read(house, credentials(reader)) == b"hello"
    with boto.refused("AccessDenied", 403) as seen:
        boto.client(house, credentials(reader)).list_objects_v2(Bucket=filled)
    assert "because no session policy allows the s3:ListBucket action" in seen["Message"]
    made = people.iam.create_policy(PolicyName="lists", PolicyDocument=document(allow("s3:ListBucket")))["Policy"]
    lister = credentials(assume(house, key, arn, PolicyArns=[{"arn": made["Arn"]}]))
    assert boto.client(house, lister).list_objects_v2(Bucket=filled)["KeyCount"] == 1
    with boto.refused("AccessDenied", 403):
        read(house, lister)
    # A managed session policy that goes takes with it what it allowed.
    people.iam.delete_policy(PolicyArn=made["Arn"])
    with boto.refused("AccessDenied", 403):
        boto.client(house, lister).list_objects_v2(Bucket=filled)
    with boto.refused("ValidationError", 400):
        assume(house, key, arn, PolicyArns=[{"arn": made["Arn"]}])
    with boto.refused("MalformedPolicyDocument", 400):
        assume(house, key, arn, Policy="{}")


def test_too_many_policies_and_tags_are_too_large(house, people, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(name)}, ["sts:AssumeRole", "sts:TagSession"]))
    tags = [{"Key": f"{n:0>100}", "Value": "v" * 200} for n in range(50)]
    with boto.refused("PackedPolicyTooLarge", 400):
        assume(house, key, arn, Tags=tags)


def test_tags_of_a_session_count_and_are_handed_on(house, people, filled, bob):
    name, key = bob
    both = ["sts:AssumeRole", "sts:TagSession"]
    team = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    first = people.role(trust({"AWS": people.user_arn(name)}, both), allow("sts:*"), allow("s3:*", Condition=team))[1]
    second = people.role(trust({"AWS": people.account}, both), allow("s3:*", Condition=team))[1]
    untrusting = people.role(trust({"AWS": people.account}))[1]
    plain = credentials(assume(house, key, first))
    with boto.refused("AccessDenied", 403):
        read(house, plain)
    tags = [{"Key": "Team", "Value": "blue"}]
    local = credentials(assume(house, key, first, Tags=tags))
    assert read(house, local) == b"hello"
    with boto.refused("AccessDenied", 403):
        read(house, credentials(assume(house, local, second)))
    handed = credentials(assume(house, key, first, Tags=tags, TransitiveTagKeys=["team"]))
    assert read(house, credentials(assume(house, handed, second))) == b"hello"
    with boto.refused("InvalidParameterValue", 400):
        assume(house, handed, second, Tags=[{"Key": "TEAM", "Value": "red"}])
    with boto.refused("AccessDenied", 403):
        assume(house, handed, untrusting)
    with boto.refused("InvalidParameterValue", 400):
        assume(house, key, first, TransitiveTagKeys=["team"])


def test_a_source_identity_stays_with_all_that_follows(house, people, bob):
    name, key = bob
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = people.role(trust({"AWS": people.user_arn(name)}, both), allow("sts:*"))[1]
    second = people.role(trust({"AWS": people.account}, both))[1]
    answer = assume(house, key, first, SourceIdentity="Saanvi")
    assert answer["SourceIdentity"] == "Saanvi"
    followed = assume(house, credentials(answer), second)
    assert followed["SourceIdentity"] == "Saanvi"
    with boto.refused("AccessDenied", 403):
        assume(house, credentials(answer), second, SourceIdentity="Other")


def test_roles_in_a_chain_last_an_hour(house, people, bob):
    name, key = bob
    first = people.role(trust({"AWS": people.user_arn(name)}), allow("sts:*"))[1]
    second = people.role(trust({"AWS": people.account}), MaxSessionDuration=43200)[1]
    session = credentials(assume(house, key, first))
    assert assume(house, session, second, DurationSeconds=3600)
    with boto.refused("ValidationError", 400) as seen:
        assume(house, session, second, DurationSeconds=3601)
    assert "1 hour session limit for roles assumed by role chaining" in seen["Message"]


def test_another_account_s_user_needs_both_sides(house, people):
    made = subprocess.run(
        [binary(), "account", "create", "neighbour", "--json"],
        env=environment(house, house.data.parent),
        capture_output=True,
        check=True,
    )
    made = json.loads(made.stdout)
    neighbours = People(house, Credentials(made["access_key"], made["secret_key"]))
    _, arn = people.role(trust({"AWS": neighbours.account}))
    with boto.refused("AccessDenied", 403):
        assume(house, neighbours.user()[1], arn)
    session = credentials(assume(house, neighbours.user(allow("sts:AssumeRole", arn))[1], arn))
    assert sts(house, session).get_caller_identity()["Account"] == people.account
    with boto.refused("AccessDenied", 403):
        stranger = neighbours.user(allow("sts:*"))[1]
        assume(house, stranger, people.role(trust({"AWS": people.account}))[1])


def test_a_session_follows_its_role_s_policies_and_ends_with_it(house, people, filled, bob):
    name, key = bob
    role, arn = people.role(trust({"AWS": people.user_arn(name)}), READ)
    session = credentials(assume(house, key, arn))
    assert read(house, session) == b"hello"
    people.iam.delete_role_policy(RoleName=role, PolicyName="own")
    with boto.refused("AccessDenied", 403):
        read(house, session)
    people.iam.attach_role_policy(RoleName=role, PolicyArn=ALL_OF_S3)
    assert read(house, session) == b"hello"
    people.iam.detach_role_policy(RoleName=role, PolicyArn=ALL_OF_S3)
    people.iam.delete_role(RoleName=role)
    with boto.refused("InvalidAccessKeyId", 403):
        read(house, session)
    with boto.refused("InvalidClientTokenId", 403):
        sts(house, session).get_caller_identity()
    # A namesake is another role.
    people.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": people.user_arn(name)}))
    people.iam.attach_role_policy(RoleName=role, PolicyArn=ALL_OF_S3)
    with boto.refused("InvalidAccessKeyId", 403):
        read(house, session)


def test_sessions_of_before_a_moment_are_revoked_by_a_policy(house, people, filled, bob):
    name, key = bob
    role, arn = people.role(trust({"AWS": people.user_arn(name)}), READ)
    old = credentials(assume(house, key, arn))
    time.sleep(1.1)
    moment = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    older = {"DateLessThan": {"aws:TokenIssueTime": moment}}
    deny = document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": older})
    people.iam.put_role_policy(RoleName=role, PolicyName="AWSRevokeOlderSessions", PolicyDocument=deny)
    with boto.refused("AccessDenied", 403):
        read(house, old)
    assert read(house, credentials(assume(house, key, arn))) == b"hello"


def test_a_user_s_own_session_may_what_the_user_may(house, people, filled, bob):
    name, key = bob
    session = credentials(sts(house, key).get_session_token(DurationSeconds=900))
    assert sts(house, session).get_caller_identity()["Arn"] == people.user_arn(name)
    assert read(house, session) == b"hello"
    _, arn = people.role(trust({"AWS": people.user_arn(name)}))
    assert assume(house, session, arn)
    with boto.refused("AccessDenied", 403) as seen:
        sts(house, session).get_session_token()
    assert seen["Message"] == "Cannot call GetSessionToken with session credentials"
    with boto.refused("AccessDenied", 403):
        sts(house, session).get_federation_token(Name="who")
    with boto.refused("InvalidClientTokenId", 403):
        boto.client(house, session, "iam").list_users()


def test_a_session_ends_with_its_user(house, people, filled):
    name, key = people.user(READ)
    session = credentials(sts(house, key).get_session_token())
    assert read(house, session) == b"hello"
    people.iam.delete_user_policy(UserName=name, PolicyName="own")
    people.iam.delete_access_key(UserName=name, AccessKeyId=key.access_key)
    people.iam.delete_user(UserName=name)
    with boto.refused("InvalidAccessKeyId", 403):
        read(house, session)


def test_a_federated_user_may_what_both_policies_allow(house, people, filled):
    name, key = people.user(allow("sts:GetFederationToken"), allow("s3:*"), allow("iam:*"))
    answer = sts(house, key).get_federation_token(Name="guest", Policy=document(READ, allow("iam:*"), allow("sts:*")))
    arn = f"arn:aws:sts::{people.account}:federated-user/guest"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{people.account}:guest", "Arn": arn}
    guest = credentials(answer)
    assert sts(house, guest).get_caller_identity()["Arn"] == arn
    assert read(house, guest) == b"hello"
    with boto.refused("AccessDenied", 403):
        boto.client(house, guest).list_objects_v2(Bucket=filled)
    with boto.refused("InvalidClientTokenId", 403):
        boto.client(house, guest, "iam").list_users()
    with boto.refused("AccessDenied", 403):
        assume(house, guest, people.role(trust({"AWS": "*"}))[1])
    bare = credentials(sts(house, key).get_federation_token(Name="bare"))
    with boto.refused("AccessDenied", 403):
        read(house, bare)


def test_what_is_no_token_of_this_key_is_refused(house, people, filled, bob):
    _, key = bob
    one = credentials(sts(house, key).get_session_token())
    other = credentials(sts(house, key).get_session_token())
    middle = len(one.token) // 2
    flipped = "A" if one.token[middle] != "A" else "B"
    tampered = one.token[:middle] + flipped + one.token[middle + 1 :]
    for token in (tampered, other.token, "token", one.token + "A"):
        bad = Credentials(one.access_key, one.secret_key, token)
        with boto.refused("InvalidToken", 400):
            read(house, bad)
        with boto.refused("InvalidClientTokenId", 403):
            sts(house, bad).get_caller_identity()
    with boto.refused("InvalidToken", 400):
        read(house, Credentials(key.access_key, key.secret_key, one.token))
    with boto.refused("InvalidAccessKeyId", 403):
        read(house, Credentials(one.access_key, one.secret_key))
    with boto.refused("SignatureDoesNotMatch", 403):
        read(house, Credentials(one.access_key, other.secret_key, one.token))


def test_presigned_urls_forms_and_chunks_carry_tokens(house, people, filled, bob):
    name, key = bob
    _, arn = people.role(trust({"AWS": people.user_arn(name)}), allow("s3:*"))
    session = credentials(assume(house, key, arn, Policy=document(allow("s3:*"))))
    for version in ("s3v4", "s3"):
        s3 = boto.client(house, session, signature_version=version)
        url = s3.generate_presigned_url("get_object", Params={"Bucket": filled, "Key": "k"})
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.read() == b"hello"
    s3 = boto.client(house, session)
    s3.put_object(Bucket=filled, Key="chunks", Body=b"a" * 100_000, ChecksumAlgorithm="CRC32")
    form = s3.generate_presigned_post(filled, "form")
    assert form["fields"]["x-amz-security-token"] == session.token

    done = requests.post(form["url"], data=form["fields"], files={"file": b"posted"}, timeout=30)
    assert done.status_code == 204, done.text
    form["fields"]["x-amz-security-token"] = session.token[:-1]
    done = requests.post(form["url"], data=form["fields"], files={"file": b"posted"}, timeout=30)
    assert "<Code>InvalidToken</Code>" in done.text


def test_the_account_of_an_access_key_is_told(house, people, bob):
    _, key = bob
    assert sts(house, key).get_access_key_info(AccessKeyId=key.access_key)["Account"] == people.account
    with boto.refused("ValidationError", 400):
        sts(house, key).get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def one_time_code(seed, moment):
    tag = hmac.digest(seed, struct.pack(">Q", moment // 30), "sha1")
    at = tag[-1] & 15
    return f"{(struct.unpack('>I', tag[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_nobody_uses_up_the_tries_of_another_s_device(house, people):
    (name, key), (_, stranger) = people.user(allow("sts:*")), people.user(allow("sts:*"))
    device = people.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"of-{name}")["VirtualMFADevice"]
    seed, serial = base64.b32decode(device["Base32StringSeed"]), device["SerialNumber"]
    now = int(time.time())
    codes = [one_time_code(seed, now - 60), one_time_code(seed, now - 30)]
    people.iam.enable_mfa_device(
        UserName=name, SerialNumber=serial, AuthenticationCode1=codes[0], AuthenticationCode2=codes[1]
    )
    for _ in range(12):
        with boto.refused("AccessDenied", 403) as seen:
            sts(house, stranger).get_session_token(SerialNumber=serial, TokenCode="123456")
    assert seen["Message"].startswith("MultiFactorAuthentication failed, unable to validate MFA code.")
    shown = {"SerialNumber": serial, "TokenCode": one_time_code(seed, now + 30)}
    assert sts(house, key).get_session_token(**shown)["Credentials"]
    # Ten a minute, with some to spare for what comes back meanwhile.
    told = set()
    for _ in range(15):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            sts(house, key).get_session_token(**shown)
        told.add(caught.value.response["Error"]["Code"])
    assert told == {"AccessDenied", "Throttling"}


def test_a_one_time_code_opens_what_asks_for_one(house, people):
    name, key = people.user(allow("sts:*"), allow("iam:ListUsers"))
    device = people.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"of-{name}")["VirtualMFADevice"]
    seed, serial = base64.b32decode(device["Base32StringSeed"]), device["SerialNumber"]
    now = int(time.time())
    codes = [one_time_code(seed, now - 60), one_time_code(seed, now - 30)]
    people.iam.enable_mfa_device(
        UserName=name, SerialNumber=serial, AuthenticationCode1=codes[0], AuthenticationCode2=codes[1]
    )
    _, arn = people.role(trust({"AWS": people.user_arn(name)}, Bool={"aws:MultiFactorAuthPresent": "true"}))
    with boto.refused("AccessDenied", 403):
        assume(house, key, arn)
    shown = {"SerialNumber": serial, "TokenCode": one_time_code(seed, now)}
    assert assume(house, key, arn, **shown)
    with boto.refused("AccessDenied", 403) as seen:
        assume(house, key, arn, **shown)
    assert seen["Message"] == "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    with boto.refused("AccessDenied", 403) as seen:
        sts(house, key).get_session_token(SerialNumber=serial + "x", TokenCode="123456")
    assert seen["Message"].startswith("MultiFactorAuthentication failed, unable to validate MFA code.")
    # A session that began with a code may call IAM, and a role that asks for one.
    code = one_time_code(seed, now + 30)
    session = credentials(sts(house, key).get_session_token(SerialNumber=serial, TokenCode=code))
    assert boto.client(house, session, "iam").list_users()["Users"]
    assert assume(house, session, arn)
