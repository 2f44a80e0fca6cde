"""Users and roles of an account, made by its root."""

import itertools
import json

from . import boto
from .credentials import Credentials

_numbers = itertools.count()
ALL_OF_S3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, action="sts:AssumeRole", **condition):
    more = {"Condition": condition} if condition else {}
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def credentials(answer):
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


class People:
    """An account's root at work."""

    def __init__(self, server, root):
        self.server, self.root = server, root
        self.iam = boto.client(server, root, "iam")
        self.account = boto.client(server, root, "sts").get_caller_identity()["Account"]

    def user(self, *statements, name=None):
        """A new user with these permissions; its name and credentials."""
        name = name or f"user-{next(_numbers)}"
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return name, Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def user_arn(self, name):
        return f"arn:aws:iam::{self.account}:user/{name}"

    def role(self, trusted, *statements, **more):
        """A new role with these permissions; its name and ARN."""
        name = f"role-{next(_numbers)}"
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return name, role["Arn"]
