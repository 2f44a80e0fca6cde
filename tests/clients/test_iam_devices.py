"""Virtual MFA devices: a seed that is shown once, two codes in a row that prove it."""

import base64
import hashlib
import hmac
import time

import pytest

from support import boto
from support.boto import refused

STEP_S = 30


def code(seed, step):
    """RFC 6238."""
    tag = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = tag[-1] & 15
    return f"{(int.from_bytes(tag[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def two(seed, shift=0):
    step = int(time.time()) // STEP_S + shift
    return {"AuthenticationCode1": code(seed, step - 1), "AuthenticationCode2": code(seed, step)}


@pytest.fixture
def name():
    return boto.fresh_name("device")


@pytest.fixture
def device(iam, name):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/m/")["VirtualMFADevice"]
    iam.create_user(UserName=name)
    return made["SerialNumber"], made["Base32StringSeed"]


def test_a_device_is_enabled_by_two_codes_and_deactivated(iam, account, name, device):
    serial, seed = device
    assert serial == account.arn(f"mfa/m/{name}") and len(base64.b32decode(seed)) == 40
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    with refused("InvalidAuthenticationCode", 403):
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, **wrong)
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two(seed))
    with refused("EntityAlreadyExists", 409):
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two(seed))
    assert [one["SerialNumber"] for one in iam.list_mfa_devices(UserName=name)["MFADevices"]] == [serial]
    assert iam.get_mfa_device(SerialNumber=serial)["UserName"] == name
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert name in [one["User"]["UserName"] for one in assigned]
    assert all("Base32StringSeed" not in one for one in assigned)
    for away in (iam.delete_virtual_mfa_device, lambda **_: iam.delete_user(UserName=name)):
        with refused("DeleteConflict", 409):
            away(SerialNumber=serial)
    iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
    with refused("InvalidAuthenticationCode", 403):
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two(seed))
    assert iam.list_mfa_devices(UserName=name)["MFADevices"] == []
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    with refused("NoSuchEntity", 404) as error:
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert error["Message"] == f"MFA Device with serial number {serial} does not exist."


def test_a_device_whose_clock_is_off_is_brought_back(iam, name, device):
    serial, seed = device
    with refused("InvalidAuthenticationCode", 403):
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two(seed, 20))
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, **two(seed))
    iam.resync_mfa_device(UserName=name, SerialNumber=serial, **two(seed, 20))


def test_devices_have_tags_and_names_of_their_own(iam, name, device):
    serial, _ = device
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_mfa_device(SerialNumber=serial, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == []
    with refused("EntityAlreadyExists", 409):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
    unassigned = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert serial in [one["SerialNumber"] for one in unassigned]
