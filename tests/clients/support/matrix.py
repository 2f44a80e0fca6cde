"""Who may do what, asked of a running server: every operation × everybody × every way to ask.

A cell says `allowed` when authorization let the request through, whatever came of it then (the uploads, users and
policies that are asked for mostly do not exist); `denied` for AccessDenied; any other refusal that comes before or in
place of a decision by its code; `-` where there is no such way.
"""

import base64
import hashlib
import json

import requests

from . import askers, boto, operations
from .framing import crc32, signed_body, unsigned_trailer_body
from .people import document, trust
from .raw import Connection, head_bytes
from .signer import EMPTY_SHA256, SIGNED_CHUNKS, UNSIGNED, UNSIGNED_TRAILER, Signer

SERVICES = {"s3": "S3", "s3control": "S3 Control", "iam": "IAM", "sts": "STS"}
WAYS = ["header", "presigned", "form", "chunks", "trailer"]
# Refusals that are no answer to the question: a row with one wants looking at.
UNDECIDED = {
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "ExpiredToken",
    "IncompleteBody",
    "InternalError",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MalformedXML",
    "MissingContentLength",
    "NotImplemented",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SlowDown",
    "ValidationError",
}
# The latter to anonymous callers of services that know none.
DENIED = {"AccessDenied", "MissingAuthenticationToken"}
# S3 says so to who may not deal with a bucket's policy because it is another account's.
DENIED_BY_METHOD = {"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}
# No request to this endpoint can ask for these.
ELSEWHERE = {("s3", "ListDirectoryBuckets"), ("s3", "WriteGetObjectResponse"), ("s3control", "CreateBucket")}
TRUST = trust({"AWS": "*"})


def parameters(service, name, bucket, asked):
    """What the least request lacks, or would spoil: an allowed one must leave the people and the buckets as they are."""
    own = f"arn:aws:iam::{asked.owner.account}"
    known = {
        "Bucket": bucket,
        "Key": key(name),
        "AccountId": asked.owner.account,
        "PolicyDocument": document(askers.ALL),
        "AssumeRolePolicyDocument": TRUST,
        "CopySource": f"{bucket}/{key(name)}-source",
        "RenameSource": f"/{bucket}/{key(name)}-source",
        "AccessKeyId": "AKIA" + "A" * 16,
        "PolicyArn": f"{own}:policy/x",
        "PermissionsBoundary": f"{own}:policy/x",
        "OpenIDConnectProviderArn": f"{own}:oidc-provider/example.com",
        "SerialNumber": f"{own}:mfa/x",
        "RoleArn": asked.role,
        "CallerArn": f"{own}:user/plain",
        "PolicySourceArn": f"{own}:user/plain",
        "Url": "https://example.com",
        "ActionNames": ["s3:GetObject"],
        "PolicyInputList": [document(askers.ALL)],
        "VersionId": "v9",
        "RoleSessionName": "session",
        "UserName": "x",
        "AccountAlias": "matrix-alias",
        "ThumbprintList": ["a" * 40],
        "AuthenticationCode1": "123456",
        "AuthenticationCode2": "654321",
    }
    if service == "s3":
        known = {name: known[name] for name in ("Bucket", "Key", "CopySource", "RenameSource")}
    if service == "sts":
        del known["SerialNumber"]
        known.update({"Name": "federated", "WebIdentityToken": "not.a.token"})
    if service == "s3control":
        known["Name"] = "matrix-point"
    if name in ("GetAccessKeyLastUsed", "GetAccessKeyInfo"):
        known["AccessKeyId"] = asked.named("user, no policy").credentials.access_key
    if (service, name) == ("s3", "PutBucketPolicy"):
        known["Policy"] = asked.policies[bucket]
    return {**known, **SPECIAL.get((service, name), {})}


def key(name):
    return f"keys/{name}"


SPECIAL = {
    ("s3", "DeleteObjects"): {"Delete": {"Objects": [{"Key": "keys/DeleteObjects"}]}},
    ("s3", "PutBucketVersioning"): {"VersioningConfiguration": {"Status": "Enabled"}},
    ("s3", "PutObjectLockConfiguration"): {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ("s3", "PutObjectRetention"): {"Retention": {}},
    ("s3", "PutObjectLegalHold"): {"LegalHold": {"Status": "OFF"}},
    ("s3", "GetObjectAttributes"): {"ObjectAttributes": ["ETag"]},
    ("s3", "PutBucketAcl"): {"ACL": "private"},
    ("s3", "PutObjectAcl"): {"ACL": "private"},
    ("s3", "PutBucketRequestPayment"): {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
    ("s3", "PutBucketOwnershipControls"): {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    },
    ("s3", "PutBucketAbac"): {"AbacStatus": {"Status": "Disabled"}},
    ("s3", "PutPublicAccessBlock"): {"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
    ("s3control", "PutPublicAccessBlock"): {"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
    ("s3", "CompleteMultipartUpload"): {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"e"'}]}},
}

# What an allowed request takes away is put back before the next.
TAKES_OBJECTS = {"DeleteObject", "DeleteObjects", "RenameObject"}
SPOILS_BUCKETS = {"DeleteBucketPolicy", "DeleteBucketOwnershipControls"}


class Matrix:
    """The rows, and what each operation needs, as the audit tells it."""

    def __init__(self, server):
        self.server = server
        self.people = askers.gather(server)
        self.s3 = boto.client(server, self.people.owner, region="us-east-1")
        self.rows = {}
        self.not_built = []
        # The request ids of the user who may do all.
        self.witnesses = {}

    def fill(self):
        for service in SERVICES:
            for name in operations.names(service):
                self.ask_all(service, name)
        return self

    def ask_all(self, service, name):
        if (service, name) in ELSEWHERE:
            return
        if self.is_built(service, name):
            rows = {}
            for asker in self.people.all:
                if asker.bucket == askers.PUBLIC and service != "s3":
                    continue
                rows[asker.name] = [self.cell(service, name, asker, way) for way in WAYS]
            self.rows[service, name] = rows
        else:
            self.not_built.append((service, name))

    def is_built(self, service, name):
        method, target, headers, body = self.request(service, name, askers.BUCKET)
        signer = Signer(self.people.all[0].credentials, service=operations.model(service).signing_name)
        answer, _ = self.send(method, target, headers, body, signer)
        return answer.status != 501

    def request(self, service, name, bucket):
        given = parameters(service, name, bucket, self.people)
        method, target, headers, body = operations.request(name, bucket, key(name), service, given)
        if body and service == "s3":
            headers["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        return method, target, headers, body

    def prepare(self, service, name, bucket):
        if service == "s3" and ("Object" in name or "Part" in name or "Upload" in name):
            names = [key(name), f"{key(name)}-source"]
            if name in TAKES_OBJECTS or (bucket, name) not in self.witnesses:
                for each in names:
                    self.s3.put_object(Bucket=bucket, Key=each, Body=b"hello")
                self.witnesses.setdefault((bucket, name), None)

    def repair(self, name, bucket):
        self.s3.put_bucket_policy(Bucket=bucket, Policy=self.people.policies[bucket])
        controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        self.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)

    def cell(self, service, name, asker, way):
        """One request, and what came of it."""
        ask = getattr(self, f"by_{way}")
        self.prepare(service, name, asker.bucket)
        answer = ask(service, name, asker)
        if answer is None:
            return "-"
        if service == "s3" and name in SPOILS_BUCKETS:
            self.repair(name, asker.bucket)
        if (asker.name, way) == ("user, allowed", "header"):
            self.witnesses[service, name] = answer.header("x-amz-request-id")
        return told(name, answer)

    def signer(self, service, asker):
        signing = operations.model(service).signing_name
        return Signer(asker.credentials, service=signing) if asker.credentials else None

    def by_header(self, service, name, asker):
        method, target, headers, body = self.request(service, name, asker.bucket)
        return self.send(method, target, headers, body, self.signer(service, asker))[0]

    def by_presigned(self, service, name, asker):
        signer = self.signer(service, asker)
        if signer is None:
            return None
        method, target, headers, body = self.request(service, name, asker.bucket)
        if service in ("iam", "sts"):
            query = body.decode().replace("+", "%20")
            method, target, headers, body = "GET", f"/?{query}", {}, b""
        signed = {name: value for name, value in headers.items() if name.lower().startswith("x-amz-")}
        payload = UNSIGNED if service.startswith("s3") else EMPTY_SHA256
        target = signer.presign(method, self.server.host, target, headers=signed, payload=payload)
        return self.send(method, target, headers, body)[0]

    def by_form(self, service, name, asker):
        if (service, name) != ("s3", "PutObject"):
            return None
        fields = {"key": key(name)}
        if asker.credentials:
            fields.update(self.signer(service, asker).form([{"bucket": asker.bucket}, dict(fields)]))
        url = f"{self.server.endpoint}/{asker.bucket}"
        answer = requests.post(url, data=fields, files={"file": b"hello"}, timeout=30, allow_redirects=False)
        return Formed(answer)

    def by_chunks(self, service, name, asker):
        signer = self.signer(service, asker)
        if signer is None or not is_streaming(service, name):
            return None
        method, target, headers, _ = self.request(service, name, asker.bucket)
        headers = {**headers, "host": self.server.host, "x-amz-decoded-content-length": "5"}
        headers["content-encoding"] = "aws-chunked"
        signature = signer.sign(method, target, headers, SIGNED_CHUNKS)
        body = signed_body(signature, [b"hello"])
        return self.raw(method, target, signature.headers, body)

    def by_trailer(self, service, name, asker):
        if not is_streaming(service, name):
            return None
        signer = self.signer(service, asker)
        method, target, headers, _ = self.request(service, name, asker.bucket)
        headers = {**headers, "host": self.server.host, "x-amz-decoded-content-length": "5"}
        headers.update({"content-encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"})
        if signer:
            headers = signer.sign(method, target, headers, UNSIGNED_TRAILER).headers
        else:
            headers["x-amz-content-sha256"] = UNSIGNED_TRAILER
        body = unsigned_trailer_body([b"hello"], [("x-amz-checksum-crc32", crc32(b"hello"))])
        return self.raw(method, target, headers, body)

    def send(self, method, target, headers, body, signer=None):
        headers = {"host": self.server.host, **headers}
        if signer:
            headers = signer.sign(method, target, headers, hashlib.sha256(body).hexdigest()).headers
        return self.raw(method, target, headers, body), headers

    def raw(self, method, target, headers, body):
        sent = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        with Connection(self.server) as connection:
            connection.send(head_bytes(method, target, {**sent, "content-length": str(len(body))}) + body)
            return connection.read(method)

    def needs(self, audit):
        """The actions that were judged for the user who may do all, by operation; read once the server has stopped."""
        wanted = {request: operation for operation, request in self.witnesses.items() if request}
        needs = {}
        for line in audit.read_text().splitlines():
            event = json.loads(line)
            if operation := wanted.get(event["requestID"]):
                decided = event["additionalEventData"].get("decisions", [])
                needs[operation] = [f"{each['action']} on {', '.join(self.shown(arn) for arn in each['resources'])}" for each in decided if each["action"]]
        return needs

    def shown(self, arn):
        return arn.replace(self.people.role.partition("/")[2], "ROLE").replace(self.people.owner.account, "OWNER")


class Formed:
    """An answer of `requests`, read as the others are."""

    def __init__(self, answer):
        self.status, self.body = answer.status_code, answer.content
        self.code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
        self.header = answer.headers.get


def told(name, answer):
    if answer.status < 400:
        return "denied" if b"<Code>AccessDenied</Code>" in answer.body else "allowed"
    code = answer.code or {403: "AccessDenied"}.get(answer.status, "")
    if code in DENIED or (code == "MethodNotAllowed" and name in DENIED_BY_METHOD):
        return "denied"
    return code if code in {*UNDECIDED, "InvalidIdentityToken"} else "allowed"


def is_streaming(service, name):
    return service == "s3" and operations.model("s3").operation_model(name).has_streaming_input


def written(matrix, needs):
    """The whole file."""
    lines = [*HEAD.strip().splitlines(), ""]
    for (service, name), rows in matrix.rows.items():
        lines += [f"{SERVICES[service]} {name}: {'; '.join(needs.get((service, name), [])) or 'no permission'}"]
        for asker, cells in rows.items():
            lines.append(f"  {name:<36} {asker:<20} {' '.join(f'{cell:<9}' for cell in cells)}".rstrip())
        lines.append("")
    for service, title in SERVICES.items():
        absent = [name for of, name in matrix.not_built if of == service]
        lines += [f"{title}: not built", *(f"  {name}" for name in absent), ""]
    return "\n".join(lines).rstrip() + "\n"


HEAD = """
Who may do what. Written by tests/clients/test_matrix.py from the answers of a running server, and compared with them by
every run; after a change that is meant, `--update` writes it anew, and its diff is to be read line by line.

The bucket `matrix-bucket` belongs to the account `owner`; its policy lets the user of the account `other` do everything in
it. `matrix-public` has a policy for everybody and no public access block. Users without more said have no policy; `allowed`
may do everything, `denied` too but for a statement that denies everything. The session that reads is of the same role as
the role session, with a session policy of Get* and List*.

An operation's first line says which actions are judged. The columns are ways to ask: signed by header, presigned, an HTML
form, signed chunks, an unsigned payload with a trailer. `allowed`: authorization let it through; `-`: there is no such way.

                                       who                  header    presigned form      chunks    trailer
"""
