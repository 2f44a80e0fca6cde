"""One plain request for any operation of a service's model, made by the client's own serializer and signed by us."""

import datetime
import functools
import urllib.parse

import botocore.serialize
import botocore.session

from .credentials import ROOT
from .raw import call
from .signer import Signer, escape

SAMPLES = {"integer": 1, "long": 1, "boolean": True, "double": 1.0, "float": 1.0, "blob": b"x"}


@functools.cache
def model(service):
    return botocore.session.get_session().get_service_model(service)


def names(service="s3"):
    return list(model(service).operation_names)


def sample(shape):
    """The least value that the shape takes: required members only."""
    if shape.type_name == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {}
    if shape.type_name == "timestamp":
        return datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x"
    return SAMPLES[shape.type_name]


def request(name, bucket, key="k", service="s3", given=None):
    """Method, target, headers and body. What is `given` stands for the least value, where the operation takes it."""
    operation = model(service).operation_model(name)
    members = operation.input_shape.members if operation.input_shape else {}
    parameters = sample(operation.input_shape) if operation.input_shape else {}
    given = {"Bucket": bucket, "Key": key, **(given or {})}
    parameters.update({known: value for known, value in given.items() if known in members})
    serializer = botocore.serialize.create_serializer(model(service).protocol, include_validation=False)
    made = serializer.serialize_to_request(parameters, operation)
    query = made["query_string"] or {}
    pairs = [
        f"{escape(str(name))}={escape(str(value))}"
        for name, values in (query.items() if isinstance(query, dict) else query)
        for value in (values if isinstance(values, list) else [values])
    ]
    path, _, fixed = made["url_path"].partition("?")
    parts = [part for part in [fixed, *pairs] if part]
    target = path + ("?" + "&".join(parts) if parts else "")
    body = made["body"] or b""
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    headers = {name: value for name, value in made["headers"].items() if name.lower() != "host"}
    return made["method"], target, headers, body.encode() if isinstance(body, str) else body


def send(server, name, bucket, key="k", service="s3"):
    method, target, headers, body = request(name, bucket, key, service)
    signer = Signer(ROOT, service=model(service).signing_name)
    return call(server, method, target, body, headers, signer)
