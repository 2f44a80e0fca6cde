"""Accounts as owners of buckets and objects: each with its canonical id and a client of its root user."""

import dataclasses

from . import accounts, boto
from .credentials import ROOT, Credentials


@dataclasses.dataclass(frozen=True)
class Owner:
    # None for the root's, which no test names.
    id: str | None
    credentials: Credentials
    # What ACLs call it.
    canonical: str
    s3: object


def create(server, name):
    made = accounts.create(server, name)
    return Owner(made.account, made, made.canonical_id, boto.client(server, made))


def root(server):
    s3 = boto.client(server)
    return Owner(None, ROOT, s3.list_buckets()["Owner"]["ID"], s3)
