"""Objects of mixed sizes that are overwritten and deleted for ever; what is true of each key is known."""

import hashlib
import os
import random
import threading

import botocore.exceptions

from . import boto

KIB, MIB = 1024, 1024 * 1024
# Lengths and how often each comes. The two shortest ride in the catalog.
SIZES = {900: 2, 9_000: 1, 17 * KIB: 4, 70_000: 3, 300_000: 4, MIB: 3, 3 * MIB: 1}


class Churn:
    """`writers` threads, each with keys of its own. `truth[key]` is its (length, digest), None when it was deleted."""

    def __init__(self, server, bucket, keys=160, writers=4):
        self.server, self.bucket, self.writers = server, bucket, writers
        self.keys = [f"{number % writers}/{number}" for number in range(keys)]
        self.truth = {}
        self.put_bytes = 0
        self.failures = []

    def living_bytes(self):
        return sum(held[0] for held in self.truth.values() if held)

    def run(self, bytes_to_put):
        """Each writer puts its part of so many bytes. A request without an answer leaves its key in doubt."""
        def write(writer):
            dice, s3 = random.Random(os.urandom(8)), boto.client(self.server)
            own, left = self.keys[writer :: self.writers], bytes_to_put // self.writers
            fresh = [key for key in own if key not in self.truth]
            while left > 0 or fresh:
                key = fresh.pop() if fresh else dice.choice(own)
                try:
                    left -= self.step(s3, dice, key)
                except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as failure:
                    self.truth.pop(key, None)
                    self.failures.append(str(failure))
                    return

        threads = [threading.Thread(target=write, args=(number,)) for number in range(self.writers)]
        for thread in threads:
            thread.start()
        return threads

    def step(self, s3, dice, key):
        if self.truth.get(key) and dice.random() < 0.15:
            s3.delete_object(Bucket=self.bucket, Key=key)
            self.truth[key] = None
            return 0
        body = dice.randbytes(dice.choices(list(SIZES), SIZES.values())[0])
        s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        self.truth[key] = (len(body), hashlib.sha256(body).digest())
        self.put_bytes += len(body)
        return len(body)

    def churn(self, bytes_to_put):
        for thread in self.run(bytes_to_put):
            thread.join()
        assert not self.failures, self.failures[-1]

    def check(self):
        """Every key is what it was told to be."""
        s3 = boto.client(self.server)
        for key, held in self.truth.items():
            if held:
                body = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                assert (len(body), hashlib.sha256(body).digest()) == held, key
