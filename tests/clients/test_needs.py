"""What operations need beyond the action of their name, and what a refusal tells."""

import pytest

from support import boto, identities
from support.boto import refused
from support.identities import allow


@pytest.fixture(scope="module")
def root(server, account):
    """The account's root at S3."""
    return identities.client(server, account, "s3")


@pytest.fixture
def own(root):
    """A bucket of the account."""
    name = boto.fresh_name()
    root.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    boto.remove(root, name)


def user(server, iam, *documents, service="s3"):
    _, key = identities.user(iam, *documents)
    return identities.client(server, key, service)


def test_that_a_key_is_absent_is_told_to_who_may_list_it(server, iam, own):
    lists = allow(
        "s3:ListBucket", resource=f"arn:aws:s3:::{own}", Condition={"StringLike": {"s3:prefix": "home/*"}}
    )
    s3 = user(server, iam, allow("s3:GetObject"), lists)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=own, Key="home/absent")
    with refused("AccessDenied", 403) as error:
        s3.get_object(Bucket=own, Key="absent")
    assert "s3:ListBucket" in error["Message"]


def copy(s3, bucket, **more):
    return s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "k"}, **more)


def test_a_copy_that_takes_tags_along_needs_to_read_and_to_write_them(server, iam, root, own):
    plain = allow("s3:GetObject", "s3:PutObject")
    poor = user(server, iam, plain)
    reads = user(server, iam, plain, allow("s3:GetObjectTagging"))
    both = user(server, iam, plain, allow("s3:GetObjectTagging", "s3:PutObjectTagging"))
    root.put_object(Bucket=own, Key="k", Body=b"x")
    copy(poor, own)
    root.put_object(Bucket=own, Key="k", Body=b"x", Tagging="team=blue")
    with refused("AccessDenied", 403) as error:
        copy(poor, own)
    assert "s3:GetObjectTagging" in error["Message"]
    with refused("AccessDenied", 403) as error:
        copy(reads, own)
    assert "s3:PutObjectTagging" in error["Message"] and f"{own}/copied" in error["Message"]
    copy(both, own)
    assert root.get_object_tagging(Bucket=own, Key="copied")["TagSet"] == [{"Key": "team", "Value": "blue"}]
    copy(poor, own, TaggingDirective="REPLACE")
    with refused("AccessDenied", 403):
        copy(poor, own, TaggingDirective="REPLACE", Tagging="team=red")


def test_a_copy_that_takes_annotations_along_needs_to_read_and_to_write_them(server, iam, root, own):
    plain = allow("s3:GetObject", "s3:PutObject")
    poor = user(server, iam, plain)
    both = user(server, iam, plain, allow("s3:GetObjectAnnotation", "s3:PutObjectAnnotation"))
    root.put_object(Bucket=own, Key="k", Body=b"x")
    root.put_object_annotation(Bucket=own, Key="k", AnnotationName="note", AnnotationPayload=b"hello")
    with refused("AccessDenied", 403) as error:
        copy(poor, own)
    assert "s3:GetObjectAnnotation" in error["Message"]
    copy(both, own)
    copy(poor, own, AnnotationDirective="EXCLUDE")


def test_tags_that_a_copy_does_not_take_are_no_condition(server, iam, root, own):
    blue = allow("s3:PutObject", "s3:PutObjectTagging", Condition={"StringEquals": {"s3:RequestObjectTag/team": "blue"}})
    s3 = user(server, iam, allow("s3:GetObject"), blue)
    root.put_object(Bucket=own, Key="k", Body=b"x")
    with refused("AccessDenied", 403):
        copy(s3, own, Tagging="team=blue")
    copy(s3, own, Tagging="team=blue", TaggingDirective="REPLACE")


TAGS = [{"Key": "team", "Value": "blue"}]
MADE = {
    "User": lambda iam, name, **more: iam.create_user(UserName=name, **more),
    "Role": lambda iam, name, **more: iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=identities.trust({"AWS": "*"}), **more
    ),
    "Policy": lambda iam, name, **more: iam.create_policy(PolicyName=name, PolicyDocument=allow("s3:*"), **more),
    "MFADevice": lambda iam, name, **more: iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **more),
    "OpenIDConnectProvider": lambda iam, name, **more: iam.create_open_id_connect_provider(
        Url=f"https://{name}.example", **more
    ),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_is_made_with_tags_needs_the_leave_to_tag(server, iam, kind):
    poor, both = user(server, iam, allow("iam:Create*"), service="iam"), user(
        server, iam, allow("iam:Create*", f"iam:Tag{kind}"), service="iam"
    )
    MADE[kind](poor, boto.fresh_name())
    with refused("AccessDenied", 403) as error:
        MADE[kind](poor, boto.fresh_name(), Tags=TAGS)
    assert f"iam:Tag{kind}" in error["Message"]
    MADE[kind](both, boto.fresh_name(), Tags=TAGS)


def test_what_iam_knows_is_found_only_as_policies_write_it(server, iam, account):
    """Another spelling of an ARN would be judged by other statements."""
    name = boto.fresh_name("Host")
    arn = iam.create_open_id_connect_provider(Url=f"https://{name}.example")["OpenIDConnectProviderArn"]
    iam.create_user(UserName=name, Path="/kept/")
    for kind in ("group", "role", "user"):
        with refused("NoSuchEntity", 404):
            iam.get_context_keys_for_principal_policy(PolicySourceArn=account.arn(f"{kind}/{name}"))
        with refused("NoSuchEntity", 404):
            iam.simulate_principal_policy(
                PolicySourceArn=account.arn(f"{kind}/kept/{name.lower()}"), ActionNames=["s3:GetObject"]
            )
    iam.get_context_keys_for_principal_policy(PolicySourceArn=account.arn(f"user/kept/{name}"))
    for call in (iam.get_open_id_connect_provider, iam.delete_open_id_connect_provider):
        with refused("NoSuchEntity", 404):
            call(OpenIDConnectProviderArn=arn.lower())
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def test_a_device_s_tags_are_told_to_policies(server, iam):
    blue = allow(
        "iam:DeleteVirtualMFADevice", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}
    )
    deletes = user(server, iam, blue, service="iam")
    for tags, may in (([], False), (TAGS, True)):
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=boto.fresh_name("device"), Tags=tags)
        serial = made["VirtualMFADevice"]["SerialNumber"]
        if may:
            deletes.delete_virtual_mfa_device(SerialNumber=serial)
        else:
            with refused("AccessDenied", 403):
                deletes.delete_virtual_mfa_device(SerialNumber=serial)
