"""MFA delete: versions go, and versioning changes, only with a code of a device."""

import base64
import hmac
import struct
import time

import pytest

from support import boto
from support.boto import refused
from test_accounts import admin, create, credentials, server_of  # noqa: F401


def code(seed, step):
    """RFC 6238, six digits."""
    digest = hmac.digest(base64.b32decode(seed), struct.pack(">Q", step), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Device:
    """Enabled with the codes of the last and of this half minute: the next one's is left for one request."""

    def __init__(self, iam, user, name):
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.serial, self.seed = made["SerialNumber"], made["Base32StringSeed"]
        step = int(time.time()) // 30
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=self.serial,
            AuthenticationCode1=code(self.seed, step - 1),
            AuthenticationCode2=code(self.seed, step),
        )
        self.left = f"{self.serial} {code(self.seed, step + 1)}"


@pytest.fixture
def alice(admin):  # noqa: F811
    return server_of(admin), credentials(create(admin, "alice"))


def test_versions_go_only_with_a_code(alice):
    server, root = alice
    s3, iam = boto.client(server, root), boto.client(server, root, "iam")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    iam.create_user(UserName="keeper")
    both = {"Status": "Enabled", "MFADelete": "Enabled"}
    with refused("AccessDenied", 403):
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration=both)
    first, second = Device(iam, "keeper", "first"), Device(iam, "keeper", "second")
    with refused("AccessDenied", 403):
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration=both, MFA=f"{first.serial} 000000")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration=both, MFA=first.left)
    told = s3.get_bucket_versioning(Bucket="kept")
    assert (told["Status"], told["MFADelete"]) == ("Enabled", "Enabled")
    version = s3.put_object(Bucket="kept", Key="k", Body=b"x")["VersionId"]
    # A marker is no loss.
    s3.delete_object(Bucket="kept", Key="k")
    names = {"Bucket": "kept", "Key": "k", "VersionId": version}
    with refused("AccessDenied", 403):
        s3.delete_object(**names)
    with refused("AccessDenied", 403):
        s3.delete_objects(Bucket="kept", Delete={"Objects": [{"Key": "k", "VersionId": version}]})
    with refused("AccessDenied", 403):
        # A code is taken once.
        s3.delete_object(**names, MFA=first.left)
    with refused("AccessDenied", 403):
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Suspended"})
    s3.delete_object(**names, MFA=second.left)
    with refused("NoSuchVersion", 404):
        s3.get_object(**names)
