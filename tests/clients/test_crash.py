"""kill -9 under six concurrent writers: nothing acknowledged is lost or torn, and the server is back in two seconds.

Three rounds by default; STRONGROOM_CRASH_ROUNDS=20 for the long run.
"""

import hashlib
import os
import random
import statistics
import threading
import time

import pytest

from support import boto
from support.content import content

ROUNDS = int(os.environ.get("STRONGROOM_CRASH_ROUNDS", "3"))
WRITERS = 6
ROUND_S = 2.5
MIB = 1024 * 1024
# Lengths and how often each comes: mostly small ones, so that a round holds many acknowledgements.
SIZES = {0: 6, 1: 6, 100: 6, 4096: 12, 20_000: 8, 65_536: 8, 100_001: 4, MIB: 2, MIB + 1: 2, 3 * MIB: 2, 9 * MIB: 1}
READY_S = 2.0


class Writer(threading.Thread):
    """Writes, overwrites and deletes keys of its own; remembers what each key may hold after a crash.

    `truth[key]` is the set of states that are allowed: one after an acknowledgement, two while a request is
    under way whose outcome nobody was told. A state is (length, MD5), or None for an absent key.
    """

    def __init__(self, server, bucket, number, truth):
        super().__init__()
        self.client = boto.client(server)
        self.bucket, self.number, self.truth = bucket, number, truth
        self.random = random.Random()
        self.acknowledged = 0
        self.failure = None

    def run(self):
        try:
            while True:
                self.step()
        except Exception as ended:
            self.failure = ended

    def step(self):
        key = f"writer{self.number}/{self.random.randrange(40):02}"
        before = self.truth.setdefault(key, {None})
        deed = self.random.random()
        if deed < 0.1:
            self.truth[key] = before | {None}
            self.client.delete_object(Bucket=self.bucket, Key=key)
            self.truth[key] = {None}
        else:
            data = content(f"{key} {self.random.random()}", self.random.choices(list(SIZES), SIZES.values())[0])
            state = (len(data), hashlib.md5(data).hexdigest())
            self.truth[key] = before | {state}
            if deed < 0.4 and len(data) > MIB:
                self.by_parts(key, data)
            else:
                self.client.put_object(Bucket=self.bucket, Key=key, Body=data)
            self.truth[key] = {state}
        self.acknowledged += 1

    def by_parts(self, key, data):
        names = {"Bucket": self.bucket, "Key": key}
        names["UploadId"] = self.client.create_multipart_upload(**names)["UploadId"]
        parts = []
        for number, at in enumerate(range(0, len(data), 5 * MIB), 1):
            put = self.client.upload_part(**names, PartNumber=number, Body=data[at : at + 5 * MIB])
            parts.append({"PartNumber": number, "ETag": put["ETag"]})
        self.client.complete_multipart_upload(**names, MultipartUpload={"Parts": parts})


def states(s3, bucket):
    """What every listed key holds now; a listing and a read must agree."""
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            data = boto.body(s3.get_object(Bucket=bucket, Key=entry["Key"]))
            assert len(data) == entry["Size"], entry["Key"]
            found[entry["Key"]] = (len(data), hashlib.md5(data).hexdigest())
    return found


@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_nothing_acknowledged_is_lost_by_kill_9(start):
    server = start()
    boto.client(server).create_bucket(Bucket="crash", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    truth, starts, acknowledged = {}, [], 0
    for _ in range(ROUNDS):
        writers = [Writer(server, "crash", number, truth) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(ROUND_S * random.uniform(0.5, 1.5))
        server.kill()
        for writer in writers:
            writer.join()
        starts.append(server.start())
        found = states(boto.client(server), "crash")
        for key, allowed in truth.items():
            assert found.get(key) in allowed, f"{key} is {found.get(key)}, allowed are {allowed}"
            truth[key] = {found.get(key)}
        acknowledged += sum(writer.acknowledged for writer in writers)
    print(f"{ROUNDS} rounds, {acknowledged} acknowledged, starts in {', '.join(f'{took:.2f}' for took in starts)} s")
    assert acknowledged > 10 * ROUNDS
    # Each start syncs a dozen times; a disk that stands still for a while may hold one of them up, not most.
    assert statistics.median(starts) < READY_S


def test_a_crash_in_the_middle_of_uploads_leaves_them_usable(start):
    server = start()
    s3 = boto.client(server)
    s3.create_bucket(Bucket="parts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    names = {"Bucket": "parts", "Key": "m"}
    names["UploadId"] = s3.create_multipart_upload(**names)["UploadId"]
    parts = [content(f"crash part {n}", 5 * MIB) for n in range(3)]
    etags = [s3.upload_part(**names, PartNumber=n, Body=data)["ETag"] for n, data in enumerate(parts, 1)]
    server.kill()
    server.start()
    s3 = boto.client(server)
    assert [part["ETag"] for part in s3.list_parts(**names)["Parts"]] == etags
    listed = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    s3.complete_multipart_upload(**names, MultipartUpload={"Parts": listed})
    server.kill()
    server.start()
    assert boto.body(boto.client(server).get_object(**{"Bucket": "parts", "Key": "m"})) == b"".join(parts)
