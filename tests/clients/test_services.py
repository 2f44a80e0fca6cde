"""IAM, STS and S3 Control on the same endpoint: told apart, refused in their own shapes."""

import dataclasses
import hashlib
import json
import urllib.parse

import botocore
import pytest

from support import boto
from support.boto import refused
from support.credentials import ROOT
from support.raw import call, plain
from support.server import binary
from support.signer import Signer

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
IAM, STS = "2010-05-08", "2011-06-15"
ACCOUNT = "111122223333"


def post(server, signer=None, headers=FORM, **fields):
    body = urllib.parse.urlencode(fields).encode()
    if signer is None:
        return plain(server, "POST", "/", body, headers)
    return call(server, "POST", "/", body, headers, signer)


def told(answer):
    return answer.status, answer.element("Type"), answer.code, answer.element("Message")


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("iam", lambda iam: iam.list_organizations_features()),
        ("sts", lambda sts: sts.decode_authorization_message(EncodedMessage="x")),
    ],
)
def test_what_is_not_built_is_refused_in_the_service_s_own_shape(server, service, call):
    with refused("NotImplemented", 501) as error:
        call(boto.client(server, service=service))
    assert error["Type"] == "Receiver"
    assert error["headers"]["x-amzn-requestid"] == error["headers"]["x-amz-request-id"]


def test_control_is_told_by_its_path_and_the_account_s_header(server):
    with refused("NotImplemented", 501) as error:
        boto.control(server).list_jobs(AccountId=ACCOUNT)
    assert error["Message"] == "ListJobs is not implemented."


def test_control_is_told_where_the_host_names_the_account(server):
    headers = {"x-amz-account-id": ACCOUNT, "host": f"{ACCOUNT}.localhost:{server.port}"}
    answer = call(server, "GET", "/v20180820/jobs", headers=headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error>')
    stray = call(server, "GET", "/v20180820/nothing", headers=headers)
    assert (stray.status, stray.code, stray.element("URI")) == (400, "InvalidURI", "nothing")


def account_of(shell):
    told = json.loads(shell.run(f"{binary()} account list --json").out)
    accounts = told["accounts"] if isinstance(told, dict) else told
    return next(account["id"] for account in accounts if account["name"] == "root")


def test_access_points_and_their_policies_come_and_go(server, shell, bucket):
    control, named = boto.control(server), {"AccountId": account_of(shell), "Name": boto.fresh_name("point")}
    made = control.create_access_point(**named, Bucket=bucket)
    assert made["AccessPointArn"].endswith(f"accesspoint/{named['Name']}")
    assert control.get_access_point(**named)["Bucket"] == bucket
    listed = control.list_access_points(AccountId=named["AccountId"], Bucket=bucket)["AccessPointList"]
    assert [point["Name"] for point in listed] == [named["Name"]]
    with refused("NoSuchAccessPointPolicy", 404):
        control.get_access_point_policy(**named)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": named["AccountId"]},
                "Action": "s3:GetObject",
                "Resource": f"{made['AccessPointArn']}/object/*",
            }
        ],
    }
    control.put_access_point_policy(**named, Policy=json.dumps(policy))
    assert json.loads(control.get_access_point_policy(**named)["Policy"])["Statement"]
    assert control.get_access_point_policy_status(**named)["PolicyStatus"] == {"IsPublic": False}
    control.delete_access_point_policy(**named)
    control.delete_access_point(**named)
    with refused("NoSuchAccessPoint", 404):
        control.get_access_point(**named)


def test_a_bucket_may_be_called_as_control_s_path(server, s3):
    s3.create_bucket(Bucket="v20180820", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    try:
        s3.put_object(Bucket="v20180820", Key="jobs", Body=b"x")
        assert boto.body(s3.get_object(Bucket="v20180820", Key="jobs")) == b"x"
    finally:
        boto.remove(s3, "v20180820")


def test_an_action_that_there_is_not(server):
    expected = 400, "Sender", "InvalidAction", f"Could not find operation Dance for version {IAM}"
    assert told(post(server, Signer(ROOT, service="iam"), Action="Dance", Version=IAM)) == expected
    assert told(post(server, Action="Dance", Version=IAM)) == expected
    # Another service's operation, another version, none.
    for fields, version in (
        ({"Action": "AssumeRole", "Version": IAM}, IAM),
        ({"Action": "ListUsers", "Version": STS}, STS),
        ({"Action": "ListUsers"}, "NO_VERSION_SPECIFIED"),
    ):
        answer = post(server, Signer(ROOT, service="iam"), **fields)
        message = f"Could not find operation {fields['Action']} for version {version}"
        assert told(answer) == (400, "Sender", "InvalidAction", message)
    assert post(server, Version=IAM).code == "MissingAction"


def test_a_form_that_is_for_nobody_is_s3_s_to_refuse(server):
    answer = post(server, color="red")
    assert (answer.status, answer.code, answer.element("Type")) == (405, "MethodNotAllowed", None)


def test_signatures_are_refused_in_their_own_words(server):
    def ask(**how):
        credentials = how.pop("credentials", ROOT)
        return boto.client(server, credentials, service="iam", **how).list_users()

    with refused("InvalidClientTokenId", 403):
        ask(credentials=dataclasses.replace(ROOT, access_key="AKIA0123456789ABCDEF"))
    with refused("SignatureDoesNotMatch", 403):
        ask(credentials=dataclasses.replace(ROOT, secret_key="x" * 40))
    with refused("MissingAuthenticationToken", 403):
        ask(signature_version=botocore.UNSIGNED)
    foreign = post(server, Signer(ROOT, service="s3"), Action="ListUsers", Version=IAM)
    assert told(foreign)[:3] == (403, "Sender", "SignatureDoesNotMatch")
    assert "should be scoped to correct service: 'iam'" in told(foreign)[3]


def test_a_body_that_was_changed_does_not_match(server):
    signed = "Action=ListUsers&Version=" + IAM

    class Elsewhere(Signer):
        """Signs another body than the one that is sent."""

        def sign(self, method, target, headers, payload, *more):
            return super().sign(method, target, headers, hashlib.sha256(signed.encode()).hexdigest(), *more)

    answer = post(server, Elsewhere(ROOT, service="iam"), Action="DeleteUser", UserName="x", Version=IAM)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert b"ListUsers" not in answer.body


def test_a_form_larger_than_its_bound_is_refused(server):
    answer = post(server, Action="ListUsers", Version=IAM, Marker="x" * (1 << 20))
    assert answer.code == "MaxMessageLengthExceeded"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_question_is_proven(server, method):
    sts = boto.client(server, service="sts")
    url = sts.generate_presigned_url("decode_authorization_message", {"EncodedMessage": "x"}, HttpMethod=method)
    target = url.removeprefix(server.endpoint)
    assert plain(server, method, target).code == "NotImplemented"
    forged = plain(server, method, target.replace("EncodedMessage=x", "EncodedMessage=y"))
    assert (forged.status, forged.code) == (403, "SignatureDoesNotMatch")


def test_a_query_asks_as_a_form_does(server):
    answer = plain(server, "GET", f"/?Action=GetCallerIdentity&Version={STS}")
    assert told(answer)[:3] == (403, "Sender", "MissingAuthenticationToken")
