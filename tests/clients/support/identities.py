"""Accounts of their own for tests of IAM, and documents that they use."""

import dataclasses
import json
import subprocess
import time

from . import boto
from .command import environment
from .credentials import Credentials
from .server import binary


@dataclasses.dataclass(frozen=True)
class Account:
    """An account and its root user's credentials."""

    id: str
    credentials: Credentials

    def arn(self, resource):
        return f"arn:aws:iam::{self.id}:{resource}"


def account(server, folder, name=None):
    """A new account of the server."""
    name = name or boto.fresh_name("account")
    command = [str(binary()), "account", "create", name, "--json"]
    done = subprocess.run(command, env=environment(server, folder), capture_output=True, timeout=30, check=True)
    made = json.loads(done.stdout)
    return Account(made["id"], Credentials(made["access_key"], made["secret_key"]))


def client(server, who, service="iam"):
    """Of an account's root, of a user's access key as CreateAccessKey answers it, or of credentials."""
    if isinstance(who, Account):
        who = who.credentials
    if isinstance(who, dict):
        who = Credentials(who["AccessKeyId"], who["SecretAccessKey"])
    return boto.client(server, who, service)


def allow(*actions, resource="*", effect="Allow", **more):
    """A policy document of one statement."""
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal, action="sts:AssumeRole", **more):
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def user(iam, *documents, name=None, **more):
    """A user with these inline policies, and an access key of it."""
    name = name or boto.fresh_name("user")
    iam.create_user(UserName=name, **more)
    for index, document in enumerate(documents):
        iam.put_user_policy(UserName=name, PolicyName=f"p{index}", PolicyDocument=document)
    return name, iam.create_access_key(UserName=name)["AccessKey"]


def eventually(ask, within=10):
    """Asks until the answer is true."""
    end = time.monotonic() + within
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(0.1)
    return answer
