"""Accounts of a running server, made by its admin API."""

import dataclasses
import json

from . import raw
from .credentials import Credentials


@dataclasses.dataclass(frozen=True)
class Account(Credentials):
    account: str = ""
    canonical_id: str = ""


def create(server, name):
    """A new account with its root user's key."""
    answer = raw.call(server, "POST", "/-/admin/v1/accounts", json.dumps({"name": name}).encode())
    assert answer.status == 201, answer.body
    made = json.loads(answer.body)
    return Account(made["access_key"], made["secret_key"], account=made["id"], canonical_id=made["canonical_id"])
