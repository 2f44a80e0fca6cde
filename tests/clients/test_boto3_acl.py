"""Access control lists of buckets and objects: canned, by headers, as documents; and who then owns what."""

import pytest

from support import boto
from support.boto import refused

EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def told(acl):
    """The grants as short texts, in order."""
    return [
        f"{grant['Grantee'].get('URI', grant['Grantee'].get('ID')).rsplit('/', 1)[-1]} {grant['Permission']}"
        for grant in acl["Grants"]
    ]


def document(owner, *grants):
    return {
        "Owner": {"ID": owner},
        "Grants": [{"Grantee": grantee, "Permission": permission} for grantee, permission in grants],
    }


def user(identity):
    return {"Type": "CanonicalUser", "ID": identity}


def group(uri):
    return {"Type": "Group", "URI": uri}


def test_a_new_bucket_and_object_are_their_owners(mine, open_bucket):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    for acl in (mine.s3.get_bucket_acl(Bucket=open_bucket), mine.s3.get_object_acl(Bucket=open_bucket, Key="k")):
        assert acl["Owner"] == {"ID": mine.canonical, "DisplayName": "root"}
        grantee = {"ID": mine.canonical, "DisplayName": "root", "Type": "CanonicalUser"}
        assert acl["Grants"] == [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]


CANNED = {
    "private": [],
    "public-read": ["AllUsers READ"],
    "public-read-write": ["AllUsers READ", "AllUsers WRITE"],
    "authenticated-read": ["AuthenticatedUsers READ"],
}


@pytest.mark.parametrize("canned", CANNED)
def test_canned_acls_of_buckets(mine, open_bucket, canned):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL=canned)
    assert told(mine.s3.get_bucket_acl(Bucket=open_bucket)) == [f"{mine.canonical} FULL_CONTROL", *CANNED[canned]]
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="private")
    assert told(mine.s3.get_bucket_acl(Bucket=open_bucket)) == [f"{mine.canonical} FULL_CONTROL"]


@pytest.mark.parametrize("canned", CANNED)
def test_canned_acls_of_objects(mine, open_bucket, canned):
    expected = [f"{mine.canonical} FULL_CONTROL", *CANNED[canned]]
    mine.s3.put_object(Bucket=open_bucket, Key="put", Body=b"x", ACL=canned)
    mine.s3.put_object(Bucket=open_bucket, Key="set", Body=b"x")
    mine.s3.put_object_acl(Bucket=open_bucket, Key="set", ACL=canned)
    source = {"Bucket": open_bucket, "Key": "put"}
    mine.s3.copy_object(Bucket=open_bucket, Key="copied", CopySource=source, ACL=canned)
    upload = mine.s3.create_multipart_upload(Bucket=open_bucket, Key="parts", ACL=canned)
    named = {"Bucket": open_bucket, "Key": "parts", "UploadId": upload["UploadId"]}
    part = mine.s3.upload_part(**named, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    mine.s3.complete_multipart_upload(**named, MultipartUpload=parts)
    for key in ("put", "set", "copied", "parts"):
        assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key=key)) == expected, key


def test_an_acl_is_not_copied(mine, open_bucket):
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", ACL="public-read")
    mine.s3.copy_object(Bucket=open_bucket, Key="copy", CopySource={"Bucket": open_bucket, "Key": "k"})
    assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key="copy")) == [f"{mine.canonical} FULL_CONTROL"]


def test_logs_may_be_delivered(mine, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="log-delivery-write")
    expected = [f"{mine.canonical} FULL_CONTROL", "LogDelivery READ_ACP", "LogDelivery WRITE"]
    assert told(mine.s3.get_bucket_acl(Bucket=open_bucket)) == expected


def test_headers_grant_exactly_what_they_say(mine, other, open_bucket):
    grants = {
        "GrantFullControl": f'id="{mine.canonical}"',
        "GrantRead": f'uri="{EVERYONE}", id="{other.canonical}"',
        "GrantReadACP": f"id={other.canonical}",
    }
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x", **grants)
    expected = [
        f"{mine.canonical} FULL_CONTROL", "AllUsers READ", f"{other.canonical} READ", f"{other.canonical} READ_ACP"
    ]
    assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key="k")) == expected
    mine.s3.put_object_acl(Bucket=open_bucket, Key="k", GrantRead=f'uri="{LOGS}"')
    assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key="k")) == ["LogDelivery READ"]
    mine.s3.put_bucket_acl(Bucket=open_bucket, **grants, GrantWrite=f'id="{other.canonical}"')
    assert f"{other.canonical} WRITE" in told(mine.s3.get_bucket_acl(Bucket=open_bucket))


def test_a_document_is_kept_and_shows_names(mine, other, open_bucket):
    grants = [(user(mine.canonical), "FULL_CONTROL"), (user(other.canonical), "WRITE"), (group(SIGNED), "READ")]
    mine.s3.put_bucket_acl(Bucket=open_bucket, AccessControlPolicy=document(mine.canonical, *grants))
    acl = mine.s3.get_bucket_acl(Bucket=open_bucket)
    assert told(acl) == [
        f"{mine.canonical} FULL_CONTROL", f"{other.canonical} WRITE", "AuthenticatedUsers READ"
    ]
    assert [grant["Grantee"].get("DisplayName") for grant in acl["Grants"]] == ["root", "other", None]


def test_all_grants_can_be_revoked(mine, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, AccessControlPolicy=document(mine.canonical))
    assert mine.s3.get_bucket_acl(Bucket=open_bucket)["Grants"] == []
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="private")


def test_versions_have_acls_of_their_own(mine, open_bucket):
    mine.s3.put_bucket_versioning(Bucket=open_bucket, VersioningConfiguration={"Status": "Enabled"})
    first = mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"1")["VersionId"]
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"2")
    mine.s3.put_object_acl(Bucket=open_bucket, Key="k", VersionId=first, ACL="public-read")
    owner = f"{mine.canonical} FULL_CONTROL"
    assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key="k", VersionId=first)) == [owner, "AllUsers READ"]
    assert told(mine.s3.get_object_acl(Bucket=open_bucket, Key="k")) == [owner]


def test_a_delete_marker_has_no_acl(mine, open_bucket):
    mine.s3.put_bucket_versioning(Bucket=open_bucket, VersioningConfiguration={"Status": "Enabled"})
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"1")
    marker = mine.s3.delete_object(Bucket=open_bucket, Key="k")["VersionId"]
    for named in ({}, {"VersionId": marker}):
        with refused("MethodNotAllowed", 405) as error:
            mine.s3.put_object_acl(Bucket=open_bucket, Key="k", ACL="public-read", **named)
        assert (error["Method"], error["ResourceType"]) == ("PUT", "DeleteMarker")
    with refused("NoSuchKey", 404):
        mine.s3.get_object_acl(Bucket=open_bucket, Key="k")
    with refused("MethodNotAllowed", 405):
        mine.s3.get_object_acl(Bucket=open_bucket, Key="k", VersionId=marker)


WRONG_HEADERS = {
    "a canned acl that is none": ({"ACL": "fake-acl"}, ("x-amz-acl", "fake-acl")),
    "a group that is none": ({"GrantReadACP": 'uri="http://acs.amazonaws.com/groups/s3/Fake"'}, ("uri", None)),
    "an id that is none": ({"GrantReadACP": 'id="wrong-id"'}, ("id", "wrong-id")),
    "an id of nobody": ({"GrantReadACP": f'id="{"a" * 64}"'}, ("id", "a" * 64)),
    "a kind that is none": ({"GrantReadACP": 'fakekey="1"'}, ("x-amz-grant-read-acp", 'fakekey="1"')),
}


@pytest.mark.parametrize("what", WRONG_HEADERS)
def test_headers_that_mean_nothing(mine, open_bucket, what):
    asked, (name, value) = WRONG_HEADERS[what]
    mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    for call in (
        lambda: mine.s3.put_bucket_acl(Bucket=open_bucket, **asked),
        lambda: mine.s3.put_object_acl(Bucket=open_bucket, Key="k", **asked),
        lambda: mine.s3.put_object(Bucket=open_bucket, Key="k", Body=b"y", **asked),
        lambda: mine.s3.create_bucket(
            Bucket=boto.fresh_name(), CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}, **asked
        ),
    ):
        with refused("InvalidArgument", 400) as error:
            call()
        assert error["ArgumentName"] == name and (value is None or error["ArgumentValue"] == value)
    assert boto.body(mine.s3.get_object(Bucket=open_bucket, Key="k")) == b"x"


def test_email_addresses_name_nobody_any_more(mine, other, open_bucket):
    with refused("MethodNotAllowed", 405):
        mine.s3.put_bucket_acl(Bucket=open_bucket, GrantRead='emailAddress="other@example.com"')
    grantee = {"Type": "AmazonCustomerByEmail", "EmailAddress": "other@example.com"}
    with refused("MethodNotAllowed", 405):
        asked = document(mine.canonical, (grantee, "READ"))
        mine.s3.put_bucket_acl(Bucket=open_bucket, AccessControlPolicy=asked)


def test_one_way_at_a_time(mine, open_bucket):
    with refused("InvalidRequest", 400) as error:
        mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="private", GrantRead=f'uri="{LOGS}"')
    assert error["Message"] == "Specifying both Canned ACLs and Header Grants is not allowed"
    with refused("UnexpectedContent", 400):
        asked = document(mine.canonical, (user(mine.canonical), "FULL_CONTROL"))
        mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="private", AccessControlPolicy=asked)
    with refused("MissingSecurityHeader", 400) as error:
        mine.s3.put_bucket_acl(Bucket=open_bucket)
    assert error["MissingHeaderName"] == "x-amz-acl"


def test_documents_that_mean_nothing(mine, other, open_bucket):
    def put(asked):
        return mine.s3.put_bucket_acl(Bucket=open_bucket, AccessControlPolicy=asked)

    whole = document(mine.canonical, (group(LOGS), "WRITE"))
    for asked in ({}, {"Grants": whole["Grants"]}, document(mine.canonical, (group(LOGS), "WRONG"))):
        with refused("MalformedACLError", 400):
            put(asked)
    with refused("MalformedACLError", 400):
        put(document(mine.canonical, ({"Type": "BadType", "ID": mine.canonical}, "READ")))
    with refused("MalformedACLError", 400):
        many = [(user(mine.canonical), "READ")] * 101
        put(document(mine.canonical, *many))
    with refused("InvalidArgument", 400) as error:
        put({**whole, "Owner": {"ID": "wrong-id"}})
    assert (error["ArgumentName"], error["ArgumentValue"]) == ("CanonicalUser/ID", "wrong-id")
    with refused("InvalidArgument", 400) as error:
        put(document(mine.canonical, (group("http://acs.amazonaws.com/groups/s3/Fake"), "READ")))
    assert error["ArgumentName"] == "Group/URI"
    with refused("InvalidArgument", 400) as error:
        put(document(mine.canonical, (user("_foo"), "READ")))
    assert (error["ArgumentName"], error["ArgumentValue"]) == ("CanonicalUser/ID", "_foo")
    with refused("AccessDenied", 403):
        put(document(other.canonical, (user(mine.canonical), "FULL_CONTROL")))
    assert told(mine.s3.get_bucket_acl(Bucket=open_bucket)) == [f"{mine.canonical} FULL_CONTROL"]


def test_who_writes_into_anothers_bucket_owns_what_it_writes(mine, other, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read-write")
    other.s3.put_object(Bucket=open_bucket, Key="alone", Body=b"x")
    other.s3.put_object(Bucket=open_bucket, Key="shared", Body=b"x", ACL="bucket-owner-full-control")
    other.s3.put_object(Bucket=open_bucket, Key="read", Body=b"x", ACL="bucket-owner-read")
    full = f"{other.canonical} FULL_CONTROL"
    for key, more in (
        ("alone", []), ("shared", [f"{mine.canonical} FULL_CONTROL"]), ("read", [f"{mine.canonical} READ"])
    ):
        acl = other.s3.get_object_acl(Bucket=open_bucket, Key=key)
        assert (acl["Owner"]["ID"], told(acl)) == (other.canonical, [full, *more])
    owners = {entry["Owner"]["ID"] for entry in mine.s3.list_objects(Bucket=open_bucket)["Contents"]}
    assert owners == {other.canonical}
    listed = mine.s3.list_object_versions(Bucket=open_bucket)["Versions"]
    assert {entry["Owner"]["DisplayName"] for entry in listed} == {"other"}


def test_uploads_show_who_began_them_and_whose_they_are(mine, other, open_bucket):
    mine.s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read-write")
    upload = other.s3.create_multipart_upload(Bucket=open_bucket, Key="k")["UploadId"]
    parts = mine.s3.list_parts(Bucket=open_bucket, Key="k", UploadId=upload)
    [listed] = mine.s3.list_multipart_uploads(Bucket=open_bucket)["Uploads"]
    for shown in (parts, listed):
        assert shown["Owner"]["ID"] == shown["Initiator"]["ID"] == other.canonical
        assert shown["Initiator"]["DisplayName"] == "other"


def test_making_a_bucket_again_in_us_east_1_resets_its_acl(opened):
    s3, name = boto.client(opened, region="us-east-1"), boto.fresh_name()
    s3.create_bucket(Bucket=name, ACL="public-read")
    s3.create_bucket(Bucket=name)
    assert len(s3.get_bucket_acl(Bucket=name)["Grants"]) == 1
    s3.delete_bucket(Bucket=name)
