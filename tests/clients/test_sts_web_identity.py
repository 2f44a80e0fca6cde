"""Roles for whoever has a token of an OpenID Connect provider, which is a real one here."""

import json
import time

import boto3
import botocore
import botocore.config
import pytest
import trustme

from support import boto
from support.command import Shell
from support.credentials import ROOT
from support.people import People, allow, credentials, trust
from support.provider import Provider
from support.server import Server

ACTION = "sts:AssumeRoleWithWebIdentity"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    one = Provider(tmp_path_factory.mktemp("provider"))
    yield one.start()
    one.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, provider):
    private = Server(tmp_path_factory.mktemp("web"), arguments=["--provider-roots", provider.roots])
    private.start()
    yield private
    private.stop()


@pytest.fixture(scope="module")
def people(house):
    return People(house, ROOT)


@pytest.fixture(scope="module")
def registered(people, provider):
    """The ARN of the provider, as the account knows it."""
    made = people.iam.create_open_id_connect_provider(
        Url=provider.issuer, ClientIDList=["suite"], ThumbprintList=["0" * 40]
    )
    return made["OpenIDConnectProviderArn"]


@pytest.fixture(scope="module")
def role(people, provider, registered):
    condition = {"StringEquals": {f"{provider.url}:aud": "suite", f"{provider.url}:sub": "someone"}}
    return people.role(trust({"Federated": registered}, ACTION, **condition), allow("s3:*"))[1]


def assume(house, arn, token, **more):
    nobody = boto3.session.Session().client(
        "sts",
        endpoint_url=house.endpoint,
        region_name="eu-west-1",
        config=botocore.config.Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1}),
    )
    asked = {"RoleArn": arn, "RoleSessionName": "web", "WebIdentityToken": token, **more}
    return nobody.assume_role_with_web_identity(**asked)


def test_who_logged_in_is_the_role(house, provider, registered, role):
    answer = assume(house, role, provider.token("someone"), DurationSeconds=900)
    assert answer["SubjectFromWebIdentityToken"] == "someone"
    assert (answer["Audience"], answer["Provider"]) == ("suite", provider.issuer)
    session = credentials(answer)
    told = boto.client(house, session, "sts").get_caller_identity()
    assert told["Arn"] == answer["AssumedRoleUser"]["Arn"]
    boto.client(house, session).list_buckets()


def test_the_variables_of_the_environment_are_enough(house, tmp_path, provider, role):
    shell = Shell(house, tmp_path)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del shell.environment[variable]
    shell.write("token", provider.token("someone").encode())
    shell.environment |= {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(shell.folder / "token")}
    told = json.loads(shell("aws sts get-caller-identity").out)
    assert ":assumed-role/" in told["Arn"]
    shell("aws s3 mb s3://by-a-token && aws s3 rb s3://by-a-token")


def test_others_are_kept_out(house, people, provider, registered, role):
    with boto.refused("AccessDenied", 403) as seen:
        assume(house, role, provider.token("somebody-else"))
    assert seen["Message"] == f"Not authorized to perform {ACTION}"
    open_to_all = people.role(trust({"AWS": "*"}, ACTION))[1]
    for arn in (open_to_all, people.role(trust({"Federated": registered}))[1], role + "-absent"):
        with boto.refused("AccessDenied", 403):
            assume(house, arn, provider.token("someone"))
    # The token's role is no role of its own accord.
    with boto.refused("AccessDenied", 403):
        boto.client(house, people.user(allow("sts:*"))[1], "sts").assume_role(RoleArn=role, RoleSessionName="web")


def test_claims_stay_with_the_session(house, people, provider, registered):
    mine = {"StringEquals": {f"{provider.url}:sub": "someone", "aws:FederatedProvider": registered}}
    arn = people.role(trust({"Federated": registered}, ACTION), allow("s3:ListAllMyBuckets", Condition=mine))[1]
    boto.client(house, credentials(assume(house, arn, provider.token("someone")))).list_buckets()
    with boto.refused("AccessDenied", 403):
        boto.client(house, credentials(assume(house, arn, provider.token("other")))).list_buckets()


def test_tags_of_the_token_count_where_they_are_trusted(house, people, provider, registered):
    blue = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    trusted = trust({"Federated": registered}, [ACTION, "sts:TagSession"])
    arn = people.role(trusted, allow("s3:ListAllMyBuckets", Condition=blue))[1]
    boto.client(house, credentials(assume(house, arn, provider.token("tagged")))).list_buckets()
    with boto.refused("AccessDenied", 403):
        assume(house, people.role(trust({"Federated": registered}, ACTION))[1], provider.token("tagged"))


def test_what_the_token_asks_for_the_session_is_a_condition(house, people, provider, registered):
    def role_for(**keys):
        condition = {"StringEquals": keys.pop("tag"), "ForAllValues:StringEquals": keys.pop("keys")}
        return people.role(trust({"Federated": registered}, [ACTION, "sts:TagSession"], **condition))[1]

    named = {"aws:TagKeys": ["team"], "sts:TransitiveTagKeys": ["team"]}
    assume(house, role_for(tag={"aws:RequestTag/team": "blue"}, keys=named), provider.token("tagged"))
    for other in (
        {"tag": {"aws:RequestTag/team": "red"}, "keys": named},
        {"tag": {"aws:RequestTag/team": "blue"}, "keys": {**named, "sts:TransitiveTagKeys": ["project"]}},
    ):
        with boto.refused("AccessDenied", 403):
            assume(house, role_for(**other), provider.token("tagged"))


def test_forged_and_foreign_tokens_are_refused(house, provider, role, people):
    token = provider.token("someone")
    head, body, signature = token.split(".")
    for bad in (
        f"{head}.{body}.{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}",
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body[:-4]}AAAA.{signature}",
        "no.token",
    ):
        with boto.refused("InvalidIdentityToken", 400):
            assume(house, role, bad)
    with boto.refused("InvalidIdentityToken", 400) as seen:
        stranger = f"arn:aws:iam::{(int(people.account) + 1) % 10**12:012}:role/any"
        assume(house, stranger, token)
    assert seen["Message"] == f"No OpenIDConnect provider found in your account for {provider.issuer}"


def test_a_token_for_somebody_else_s_application_is_refused(house, people, provider, registered, role):
    arn = {"OpenIDConnectProviderArn": registered}
    people.iam.add_client_id_to_open_id_connect_provider(ClientID="another", **arn)
    people.iam.remove_client_id_from_open_id_connect_provider(ClientID="suite", **arn)
    try:
        with boto.refused("InvalidIdentityToken", 400) as seen:
            assume(house, role, provider.token("someone"))
        assert seen["Message"] == "Incorrect token audience"
    finally:
        people.iam.add_client_id_to_open_id_connect_provider(ClientID="suite", **arn)


@pytest.fixture
def another(tmp_path, house, people, provider):
    """A second provider, whose certificates the server knows too, registered; it is not started."""
    one = Provider(tmp_path, provider.authority)
    made = people.iam.create_open_id_connect_provider(
        Url=one.issuer, ClientIDList=["suite"], ThumbprintList=["0" * 40]
    )
    one.role = people.role(trust({"Federated": made["OpenIDConnectProviderArn"]}, ACTION))[1]
    yield one
    one.stop()


def test_expired_tokens_are_refused(house, another):
    token = another.start(life=1).token("someone")
    time.sleep(2.1)
    with boto.refused("ExpiredTokenException", 400) as seen:
        assume(house, another.role, token)
    assert seen["Message"].startswith("Token expired: current date/time ")


def test_new_keys_of_the_provider_are_found(house, another):
    assert assume(house, another.role, another.start(key="old").token("someone"))
    another.stop()
    token = another.start(key="new", algorithm="ES256").token("someone")
    # A token that names an unknown key makes the server ask again, but not at once.
    deadline = time.monotonic() + 30
    while True:
        try:
            assert assume(house, another.role, token)
            return
        except botocore.exceptions.ClientError as refused:
            assert refused.response["Error"]["Code"] == "InvalidIdentityToken"
            assert time.monotonic() < deadline
            time.sleep(1)


def test_a_provider_that_does_not_answer_is_told(house, another):
    token = another.start().token("someone")
    another.stop()
    with boto.refused("IDPCommunicationError", 400):
        assume(house, another.role, token)


def test_who_answers_in_the_provider_s_name_needs_its_certificate(house, people, tmp_path):
    impostor = Provider(tmp_path, trustme.CA())
    made = people.iam.create_open_id_connect_provider(
        Url=impostor.issuer, ClientIDList=["suite"], ThumbprintList=["0" * 40]
    )
    arn = people.role(trust({"Federated": made["OpenIDConnectProviderArn"]}, ACTION))[1]
    try:
        token = impostor.start().token("someone")
        with boto.refused("IDPCommunicationError", 400):
            assume(house, arn, token)
    finally:
        impostor.stop()
