"""What can befall a device, and a load that goes on meanwhile.

The server makes, renames and removes files while they are damaged: what is gone by then needs no damage.
"""

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
import threading
import time

import botocore.exceptions

from . import boto

SIZES = [900, 3_000, 20_000, 70_000, 400_000, 1_200_000]


def files(device):
    return [path for path in sorted(device.rglob("*")) if path.is_file() and path.name != "lock"]


def removed(device):
    """All that is in it is gone."""
    while left := list(device.iterdir()):
        for path in left:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def flipped(device):
    """A bit in every few kilobytes of every file."""
    for path in files(device):
        with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
            for offset in range(100, path.stat().st_size, 3_333):
                file.seek(offset)
                byte = file.read(1)
                if byte:
                    file.seek(offset)
                    file.write(bytes([byte[0] ^ 0x10]))


def truncated(device):
    """Every file ends in its middle."""
    for path in files(device):
        with contextlib.suppress(FileNotFoundError):
            os.truncate(path, path.stat().st_size // 2)


def away(device):
    """The directory is somewhere else, as if its file system were mounted no more."""
    device.rename(device.with_name(f"{device.name}-away"))


def frozen(device, frozen=True):
    """Nothing in it can be written, made or removed any more, by anybody. False where the file system can't do that."""
    if shutil.which("chattr") is None:
        return False
    done = subprocess.run(["chattr", "-R", "+i" if frozen else "-i", str(device)], capture_output=True, check=False)
    return done.returncode == 0


DAMAGES = [removed, flipped, truncated, away]


class Load:
    """Writers that never stop until told; what was acknowledged is known by key."""

    def __init__(self, server, bucket, writers=3):
        self.server, self.bucket = server, bucket
        self.acknowledged = {}
        self.failures = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(writers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)

    def write(self, writer):
        s3 = boto.client(self.server)
        dice = random.Random(writer)
        for number in range(1_000_000):
            if self.stopping.is_set():
                return
            key = f"{writer}/{number}"
            body = dice.randbytes(dice.choice(SIZES))
            try:
                s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as failure:
                self.failures.append(str(failure))
                continue
            self.acknowledged[key] = hashlib.sha256(body).digest()
            time.sleep(0.02)

    def run_for(self, seconds, objects=5):
        """So long, and until so many more were acknowledged."""
        before, start = len(self.acknowledged), time.monotonic()
        while time.monotonic() - start < seconds or len(self.acknowledged) < before + objects:
            assert time.monotonic() - start < 60, f"writes do not go on: {self.failures[-3:]}"
            time.sleep(0.05)

    def check(self):
        """Every acknowledged object reads whole."""
        s3 = boto.client(self.server)
        for key, digest in list(self.acknowledged.items()):
            body = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            assert hashlib.sha256(body).digest() == digest, key
