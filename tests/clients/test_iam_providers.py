"""OpenID Connect providers: made, changed, deleted."""

import pytest

from support import boto
from support.boto import refused

PRINT = "a" * 40


@pytest.fixture
def host():
    return f"{boto.fresh_name('oidc')}.example.com"


def test_a_provider_is_made_found_and_deleted(iam, account, host):
    made = iam.create_open_id_connect_provider(
        Url=f"https://{host}/realm/x", ClientIDList=["a"], ThumbprintList=[PRINT], Tags=[{"Key": "k", "Value": "v"}]
    )
    arn = made["OpenIDConnectProviderArn"]
    assert arn == account.arn(f"oidc-provider/{host}/realm/x")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["Url"], found["ClientIDList"], found["ThumbprintList"]) == (f"{host}/realm/x", ["a"], [PRINT])
    assert found["Tags"] == [{"Key": "k", "Value": "v"}]
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert arn in [provider["Arn"] for provider in listed]
    with refused("EntityAlreadyExists", 409) as error:
        iam.create_open_id_connect_provider(Url=f"https://{host}/realm/x")
    assert error["Message"] == f"Provider with url https://{host}/realm/x already exists."
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", 404) as error:
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert error["Message"] == f"OpenIDConnect Provider not found for arn {arn}"


def test_audiences_thumbprints_and_tags_change(iam, host):
    arn = iam.create_open_id_connect_provider(Url=f"http://{host}", ThumbprintList=[PRINT])["OpenIDConnectProviderArn"]
    for client in ("a", "b", "a"):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["a", "b"] and found["Url"] == f"http://{host}"
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "k", "Value": ""}])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [{"Key": "k", "Value": ""}]
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["k"])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["b"], ["b" * 40])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Url": "example.com"}, "ValidationError"),
        ({"Url": "https://a?b=c"}, "ValidationError"),
        ({"Url": "https://a.example", "ThumbprintList": [PRINT] * 6}, "InvalidInput"),
        ({"Url": "https://a.example", "ClientIDList": [f"c{n}" for n in range(101)]}, "LimitExceeded"),
    ],
)
def test_illegal_providers_are_refused(iam, given, code):
    with refused(code):
        iam.create_open_id_connect_provider(**given)
