"""The audit: one event a request in CloudTrail's shape, with the decision and its reason, and never a secret."""

import contextlib
import http.client
import json
import pathlib
import re
import stat
import time
import uuid

import pytest
import requests

from support import boto, framing, raw
from support.accounts import create
from support.credentials import ROOT, Credentials
from support.people import People, allow, credentials, document, trust
from support.signer import SIGNED_TRAILER, Signer


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A server that audits into `server.audit`."""
    from support.server import Server

    folder = tmp_path_factory.mktemp("audit")
    server = Server(folder, arguments=["--audit-log", folder / "audit.json", "--region", "eu-west-1", "--log", "debug"])
    server.audit = folder / "audit.json"
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def other(audited):
    return create(audited, "audit-other")


@pytest.fixture(scope="module")
def bucket(audited):
    name = boto.fresh_name("audited")
    s3 = boto.client(audited)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="a key/ü", Body=b"hello")
    return name


def events(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def event(server, request_id, within=5.0):
    """The one event of a request; it is written within a tenth of a second."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = [event for event in events(server.audit) if event["requestID"] == request_id]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"no event of {request_id}")


def of(server, answer):
    return event(server, answer.header("x-amz-request-id"))


def test_a_root_s_read(audited, bucket):
    target = f"/{bucket}/a%20key/%C3%BC?versionId=null&response-content-type=text/plain"
    answer = raw.call(audited, "GET", target, headers={"user-agent": "suite/1"})
    assert answer.status == 200
    told = of(audited, answer)
    root = told["userIdentity"]
    account = root["accountId"]
    assert root == {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": ROOT.access_key,
    }
    assert re.fullmatch(r"\d{12}", account)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told.pop("eventTime"))
    assert uuid.UUID(told.pop("eventID")).version == 4
    told.pop("userIdentity"), told.pop("requestID")
    assert told == {
        "eventVersion": "1.11",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "[suite/1]",
        "requestParameters": {
            "bucketName": bucket,
            "Host": audited.host,
            "key": "a key/ü",
            "versionId": "null",
            "response-content-type": "text/plain",
        },
        "responseElements": None,
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "bytesTransferredOut": 5,
            "statusCode": 200,
            "decision": "allowed to the account's root",
        },
        "readOnly": True,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/a key/ü"},
            {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": account,
        "eventCategory": "Data",
    }


def test_buckets_are_managed_and_a_failure_says_why(audited, bucket):
    told = of(audited, raw.call(audited, "GET", f"/{bucket}?versioning"))
    assert (told["eventName"], told["eventCategory"], told["managementEvent"]) == ("GetBucketVersioning", "Management", True)
    assert told["requestParameters"]["versioning"] == "" and len(told["resources"]) == 1
    told = of(audited, raw.call(audited, "GET", f"/{bucket}?list-type=2&prefix=a"))
    assert (told["eventName"], told["eventCategory"]) == ("ListObjects", "Data")
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/absent"))
    assert (told["errorCode"], told["errorMessage"]) == ("NoSuchKey", "The specified key does not exist.")
    assert told["additionalEventData"]["statusCode"] == 404
    told = of(audited, raw.call(audited, "PUT", f"/{bucket}/k", b"x" * 100, {"x-amz-storage-class": "STANDARD"}))
    assert (told["eventName"], told["readOnly"]) == ("PutObject", False)
    assert told["additionalEventData"]["bytesTransferredIn"] == 100
    assert told["requestParameters"]["x-amz-storage-class"] == "STANDARD"


def test_somebody_unknown_and_why_they_were_refused(audited, bucket):
    told = of(audited, raw.plain(audited, "GET", f"/{bucket}/k"))
    assert told["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    assert told["errorCode"] == "AccessDenied"
    data = told["additionalEventData"]
    assert data["decision"] == "denied: no resource-based policy allows it"
    assert data["decisions"] == [
        {
            "action": "s3:GetObject",
            "resources": [f"arn:aws:s3:::{bucket}/k"],
            "decision": "denied",
            "reason": "no resource-based policy allows it",
        }
    ]
    assert "SignatureVersion" not in data and "AuthenticationMethod" not in data


def test_another_account_is_recorded_where_the_bucket_is(audited, bucket, other):
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/k", signer=Signer(other)))
    assert told["userIdentity"]["accountId"] == other.account
    assert told["recipientAccountId"] != other.account
    assert told["additionalEventData"]["decision"] == "denied: no resource-based policy allows it"


def test_a_signature_that_is_wrong_is_nobody_s(audited, bucket):
    wrong = Credentials(ROOT.access_key, "another-secret-than-the-right-one")
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/k", signer=Signer(wrong)))
    assert told["userIdentity"] == {"type": "Unknown", "principalId": "", "accountId": "", "accessKeyId": ROOT.access_key}
    assert told["additionalEventData"]["decision"] == "denied: SignatureDoesNotMatch, before it was known who asks"
    assert told["eventName"] == "GetObject"


def test_a_user_s_statement_is_named(audited, bucket):
    people = People(audited, ROOT)
    name, user = people.user({**allow("s3:GetObject"), "Sid": "MayRead"})
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/k", signer=Signer(user)))
    who = told["userIdentity"]
    assert re.fullmatch("AIDA[A-Z0-9]+", who.pop("principalId"))
    assert who == {
        "type": "IAMUser",
        "arn": people.user_arn(name),
        "accountId": people.account,
        "accessKeyId": user.access_key,
        "userName": name,
    }
    reason = "allowed by identity-based policy own statement 0 (MayRead)"
    assert told["additionalEventData"]["decision"] == reason
    told = of(audited, raw.call(audited, "PUT", f"/{bucket}/k", b"x", signer=Signer(user)))
    assert told["additionalEventData"]["decision"] == "denied: no identity-based policy allows it"
    people.iam.put_user_policy(UserName=name, PolicyName="never", PolicyDocument=document({**allow("s3:*"), "Effect": "Deny"}))
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/k", signer=Signer(user)))
    assert told["additionalEventData"]["decision"] == "denied: explicit deny in identity-based policy never statement 0"


def test_a_session_tells_whose_it_is(audited, bucket):
    people = People(audited, ROOT)
    _, user = people.user(allow("sts:AssumeRole"))
    role, arn = people.role(trust({"AWS": people.account}), allow("s3:*"))
    sts = boto.client(audited, user, "sts")
    assumed = sts.assume_role(RoleArn=arn, RoleSessionName="audited")
    told = event(audited, assumed["ResponseMetadata"]["RequestId"])
    assert (told["eventSource"], told["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
    assert told["requestParameters"]["roleArn"] == arn and told["requestParameters"]["roleSessionName"] == "audited"
    assert told["eventCategory"] == "Management" and told["userIdentity"]["type"] == "IAMUser"
    session = credentials(assumed)
    told = of(audited, raw.call(audited, "GET", f"/{bucket}/k", signer=Signer(session)))
    who = told["userIdentity"]
    role_id, _, session_name = who["principalId"].partition(":")
    assert (who["type"], session_name, who["accessKeyId"]) == ("AssumedRole", "audited", session.access_key)
    assert who["arn"] == f"arn:aws:sts::{people.account}:assumed-role/{role}/audited"
    issuer = who["sessionContext"]["sessionIssuer"]
    assert issuer == {"type": "Role", "principalId": role_id, "arn": arn, "accountId": people.account, "userName": role}
    attributes = who["sessionContext"]["attributes"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", attributes["creationDate"])
    assert attributes["mfaAuthenticated"] == "false"
    assert session.token not in audited.audit.read_text() and session.token not in audited.log.read_text(errors="replace")
    assert session.secret_key not in audited.audit.read_text()


def test_iam_s_events_have_iam_s_parameters(audited):
    iam = boto.client(audited, service="iam")
    made = iam.create_user(UserName="told", Path="/audit/")
    told = event(audited, made["ResponseMetadata"]["RequestId"])
    assert (told["eventSource"], told["eventName"], told["readOnly"]) == ("iam.amazonaws.com", "CreateUser", False)
    assert (told["requestParameters"]["userName"], told["requestParameters"]["path"]) == ("told", "/audit/")
    key = iam.create_access_key(UserName="told")["AccessKey"]
    listed = iam.list_access_keys(UserName="told")
    assert event(audited, listed["ResponseMetadata"]["RequestId"])["readOnly"]
    assert key["SecretAccessKey"] not in audited.audit.read_text()


def test_a_presigned_url_and_a_form(audited, bucket):
    target = Signer(ROOT).presign("GET", audited.host, f"/{bucket}/k")
    told = of(audited, raw.plain(audited, "GET", target))
    assert told["additionalEventData"]["AuthenticationMethod"] == "QueryString"
    assert {"X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"} <= set(told["requestParameters"])
    assert "X-Amz-Signature" not in told["requestParameters"] and "X-Amz-Credential" not in told["requestParameters"]
    fields = {"key": "formed", **Signer(ROOT).form([{"bucket": bucket}, {"key": "formed"}])}
    answer = requests.post(f"{audited.endpoint}/{bucket}", data=fields, files={"file": b"hello"}, timeout=30)
    told = event(audited, answer.headers["x-amz-request-id"])
    assert (told["eventName"], told["requestParameters"]["key"]) == ("PostObject", "formed")
    assert told["additionalEventData"]["AuthenticationMethod"] == "HtmlForm"
    assert told["userIdentity"]["type"] == "Root"


def test_of_many_keys_each_is_decided(audited, bucket, other):
    body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>"
    answer = raw.call(audited, "POST", f"/{bucket}?delete", body, {"x-amz-checksum-crc32": framing.crc32(body)}, signer=Signer(other))
    assert answer.status == 200 and answer.body.count(b"AccessDenied") == 2
    told = of(audited, answer)
    (decided,) = told["additionalEventData"]["decisions"]
    assert decided["resources"] == [f"arn:aws:s3:::{bucket}/a", f"arn:aws:s3:::{bucket}/b"]
    assert told["additionalEventData"]["decision"].startswith("denied: ")


def test_administration_is_told_and_health_is_not(audited):
    answer = raw.call(audited, "GET", "/-/admin/v1/accounts")
    told = of(audited, answer)
    assert (told["eventSource"], told["eventName"]) == ("admin.strongroom", "GET /-/admin/v1/accounts")
    assert (told["userIdentity"]["type"], told["eventCategory"]) == ("Root", "Management")
    raw.plain(audited, "GET", "/-/health/live")
    of(audited, raw.plain(audited, "GET", "/"))
    assert not [told for told in events(audited.audit) if "health" in told["eventName"]]


def test_no_secret_is_in_it(audited, bucket):
    signer = Signer(ROOT)
    secrets = [ROOT.secret_key]
    target = f"/{bucket}/k"
    url = signer.presign("GET", audited.host, f"{target}?token=a-query-secret")
    secrets += [url.rsplit("=", 1)[1], "a-query-secret"]
    raw.plain(audited, "GET", url)
    customer = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": "Y3VzdG9tZXJzLXNlY3JldC1rZXktb2YtMzItYnl0ZXM=",
        "x-amz-server-side-encryption-customer-key-md5": "Y3VzdG9tZXJzLW1kNQ==",
        "x-amz-security-token": "a-session-token",
        "cookie": "session=a-cookie-secret",
    }
    secrets += [*list(customer.values())[1:4], "a-cookie-secret"]
    signed = signer.sign("GET", target, {"host": audited.host, **customer}, "UNSIGNED-PAYLOAD")
    secrets.append(signed.value)
    with raw.Connection(audited) as connection:
        connection.send(raw.head_bytes("GET", target, signed.headers))
        connection.read()
    headers = {
        "host": audited.host,
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }
    signature = signer.sign("PUT", target, headers, SIGNED_TRAILER)
    body = framing.signed_trailer_body(signature, [b"hello"], [("x-amz-checksum-crc32", framing.crc32(b"hello"))])
    secrets.append(re.search(rb"x-amz-trailer-signature:(\w+)", body).group(1).decode())
    with raw.Connection(audited) as connection:
        connection.send(raw.head_bytes("PUT", target, {**signature.headers, "content-length": str(len(body))}) + body)
        assert connection.read().status == 200
    form = signer.form([{"bucket": bucket}, {"key": "k"}])
    secrets += [form["x-amz-signature"], form["policy"]]
    requests.post(f"{audited.endpoint}/{bucket}", data={"key": "k", **form}, files={"file": b"x"}, timeout=30)
    made = create(audited, "audit-secrets")
    secrets.append(made.secret_key)
    of(audited, raw.plain(audited, "GET", "/"))
    text, log = audited.audit.read_text(), audited.log.read_text(errors="replace")
    for secret in secrets:
        assert secret not in text, secret
        assert secret not in log, secret


def test_files_turn_over_and_are_their_owner_s(start, tmp_path):
    log = tmp_path / "audit.json"
    server = start(arguments=["--audit-log", log, "--audit-log-bytes-max", "4KiB", "--audit-log-files", "3"])
    seen = [raw.plain(server, "GET", "/a-bucket/k").header("x-amz-request-id") for _ in range(30)]
    server.stop()
    files = [log.with_name(name) for name in ("audit.json.2", "audit.json.1", "audit.json")]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file in files:
        assert file.stat().st_size <= 4096 and stat.S_IMODE(file.stat().st_mode) == 0o600
    told = [event["requestID"] for file in files for event in events(file)]
    assert len(told) > 5 and told == seen[-len(told) :]


def test_what_was_answered_is_told_also_when_the_server_stops(start, tmp_path):
    server = start(arguments=["--audit-log", tmp_path / "audit.json"])
    answer = raw.plain(server, "GET", "/")
    server.stop()
    assert events(tmp_path / "audit.json")[-1]["requestID"] == answer.header("x-amz-request-id")


@contextlib.contextmanager
def following(server, credentials=ROOT):
    signed = Signer(credentials).sign("GET", "/-/admin/v1/audit", {"host": server.host}, "UNSIGNED-PAYLOAD")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/-/admin/v1/audit", headers=signed.headers)
    yield connection.getresponse()
    connection.close()


def test_subscribers_follow_without_a_file(start):
    server = start()
    with following(server) as answer:
        assert answer.status == 200 and answer.getheader("content-type") == "application/x-ndjson"
        assert json.loads(answer.readline()) == {"missed": 0}
        asked = raw.plain(server, "GET", "/a-bucket/k").header("x-amz-request-id")
        told = json.loads(answer.readline())
        assert (told["requestID"], told["eventName"]) == (asked, "GetObject")
        # It ends with the server, and holds up no drain.
        began = time.monotonic()
        server.stop()
        assert answer.read() == b"" and time.monotonic() - began < 10


def test_only_the_root_account_follows(audited, other):
    with following(audited, other) as answer:
        assert answer.status == 403
