"""A full disk: writes are refused clearly and store nothing, reads and deletes go on, and so do writes once there is room.

Needs root for a small file system of its own (a loop device, else a tmpfs).
"""

import os
import subprocess
import time

import botocore.exceptions
import pytest

from support import boto
from support.content import content

MIB = 1024 * 1024
DISK_MIB = 256
REFUSALS = {"SlowDown", "InsufficientStorage", "ServiceUnavailable"}


def quiet(*command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    image, mount = tmp_path / "disk.img", tmp_path / "disk"
    mount.mkdir()
    image.touch()
    os.truncate(image, DISK_MIB * MIB)
    made = quiet("mkfs.ext4", "-q", str(image)) and quiet("mount", "-o", "loop", str(image), str(mount))
    if not made and not quiet("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(mount)):
        pytest.skip("neither a loop device nor a tmpfs can be mounted here")
    yield mount
    for _ in range(50):
        if quiet("umount", str(mount)):
            return
        time.sleep(0.1)
    quiet("umount", "-l", str(mount))


def fill(s3, size, most):
    """Puts objects until one is refused; the keys that were taken, and the refusal."""
    taken = []
    for n in range(most):
        key = f"{size}/{n}"
        try:
            s3.put_object(Bucket="full", Key=key, Body=content(key, size))
        except botocore.exceptions.ClientError as error:
            return taken, error.response
        taken.append(key)
    raise AssertionError(f"the disk took {most} objects of {size} bytes")


@pytest.mark.timeout(300)
def test_a_full_disk_refuses_writes_and_serves_the_rest(small_disk, start):
    server = start(data=small_disk)
    s3 = boto.client(server)
    s3.create_bucket(Bucket="full", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    taken, refusal = fill(s3, 4 * MIB, DISK_MIB)
    assert refusal["Error"]["Code"] in REFUSALS, refusal
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] in (503, 507)
    assert refusal["Error"]["Message"]
    small, refusal = fill(s3, 64 * 1024, 16 * DISK_MIB)
    assert refusal["Error"]["Code"] in REFUSALS
    taken += small

    listed = [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="full") for entry in page["Contents"]]
    assert sorted(listed) == sorted(taken)
    for key in taken[::7]:
        assert boto.body(s3.get_object(Bucket="full", Key=key)) == content(key, int(key.split("/")[0]))

    gone, kept = taken[::2], taken[1::2]
    for key in gone:
        assert boto.status(s3.delete_object(Bucket="full", Key=key)) == 204
    again = wait_for_room(s3)
    assert boto.body(s3.get_object(Bucket="full", Key=again)) == content(again, 4 * MIB)
    for key in kept:
        assert boto.body(s3.get_object(Bucket="full", Key=key)) == content(key, int(key.split("/")[0]))

    server.restart()
    s3 = boto.client(server)
    for key in [*kept, again]:
        assert boto.body(s3.get_object(Bucket="full", Key=key)) == content(key, int(key.split("/")[0]))


def wait_for_room(s3, seconds=30):
    """Reclaiming may lag behind deletes a little."""
    key, deadline = f"{4 * MIB}/again", time.monotonic() + seconds
    while True:
        try:
            s3.put_object(Bucket="full", Key=key, Body=content(key, 4 * MIB))
            return key
        except botocore.exceptions.ClientError:
            assert time.monotonic() < deadline, "deletes made no room"
            time.sleep(0.3)


@pytest.mark.timeout(300)
def test_a_server_starts_and_serves_on_a_full_disk(small_disk, start):
    server = start(data=small_disk)
    s3 = boto.client(server)
    s3.create_bucket(Bucket="full", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    taken, _ = fill(s3, MIB, DISK_MIB)
    server.kill()
    server.start()
    s3 = boto.client(server)
    for key in taken[::10]:
        assert boto.body(s3.get_object(Bucket="full", Key=key)) == content(key, MIB)
    for key in taken:
        s3.delete_object(Bucket="full", Key=key)
    wait_for_room(s3)
