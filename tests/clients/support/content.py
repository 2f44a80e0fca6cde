"""Bytes to store: reproducible, of any length, different for every name."""

import hashlib
import random


def content(name, length):
    """`length` bytes that only this name has."""
    return random.Random(name).randbytes(length)


def md5(data):
    return hashlib.md5(data).hexdigest()


def multipart_etag(parts):
    """S3's ETag of an object made of these parts, in quotes."""
    joined = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    return f'"{joined}-{len(parts)}"'
