"""Everybody who may ask, on one server: roots, users and sessions of two accounts, and nobody in particular."""

import dataclasses

from . import accounts, boto
from .credentials import ROOT, Credentials
from .people import People, allow, credentials, document, trust

BUCKET, PUBLIC = "matrix-bucket", "matrix-public"
ALL = allow("*")
READS = allow([f"{service}:{verb}*" for service in ("s3", "iam", "sts") for verb in ("Get", "List")])


@dataclasses.dataclass(frozen=True)
class Asker:
    """`credentials` are None for the anonymous."""

    name: str
    credentials: Credentials | None
    bucket: str = BUCKET


@dataclasses.dataclass
class Askers:
    owner: accounts.Account
    other: accounts.Account
    # The policy of each bucket.
    policies: dict
    # The ARN of the sessions' role.
    role: str
    all: list

    def named(self, name):
        return next(asker for asker in self.all if asker.name == name)


def everything(principal, bucket):
    return document(allow("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], Principal=principal))


def open_bucket(s3, name, principal):
    """A bucket whose policy lets this principal do everything, versioned and with object lock."""
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    s3.delete_public_access_block(Bucket=name)
    policy = everything(principal, name)
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    return policy


def gather(server):
    owner, other = accounts.create(server, "owner"), accounts.create(server, "other")
    own, others = People(server, owner), People(server, other)
    _, allowed = own.user(ALL, name="allowed")
    stranger, strangers = others.user(ALL, name="stranger")
    s3 = boto.client(server, owner, region="us-east-1")
    policies = {
        BUCKET: open_bucket(s3, BUCKET, {"AWS": others.user_arn(stranger)}),
        PUBLIC: open_bucket(s3, PUBLIC, "*"),
    }
    _, role = own.role(trust({"AWS": owner.account}), ALL)
    sts = boto.client(server, allowed, "sts")
    session = sts.assume_role(RoleArn=role, RoleSessionName="free")
    reading = sts.assume_role(RoleArn=role, RoleSessionName="reading", Policy=document(READS))
    askers = [
        Asker("site's root", ROOT),
        Asker("owner's root", owner),
        Asker("user, no policy", own.user(name="plain")[1]),
        Asker("user, allowed", allowed),
        Asker("user, denied", own.user(ALL, {**ALL, "Effect": "Deny"}, name="denied")[1]),
        Asker("role session", credentials(session)),
        Asker("session that reads", credentials(reading)),
        Asker("other's root", other),
        Asker("other's user, both", strangers),
        Asker("anonymous", None),
        Asker("anonymous, public", None, PUBLIC),
    ]
    return Askers(owner, other, policies, role, askers)
