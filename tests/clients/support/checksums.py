"""S3's checksums in base64, as its headers carry them. The CRCs are written out, bit by bit, from their definitions."""

import base64
import hashlib
import zlib


def _reflected(polynomial, width):
    """A table-driven reflected CRC with all ones before and after."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    ones = (1 << width) - 1

    def crc(data):
        value = ones
        for byte in data:
            value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
        return (value ^ ones).to_bytes(width // 8, "big")

    return crc


CRC32C = _reflected(0x82F63B78, 32)
CRC64NVME = _reflected(0x9A6C9329AC4BC9B5, 64)

DIGESTS = {
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": CRC32C,
    "CRC64NVME": CRC64NVME,
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
    "MD5": lambda data: hashlib.md5(data).digest(),
}


def header(algorithm):
    return f"x-amz-checksum-{algorithm.lower()}"


def checksum(algorithm, data):
    return base64.b64encode(DIGESTS[algorithm](data)).decode()


def composite(algorithm, parts):
    """The checksum of the parts' checksums, with their number."""
    joined = b"".join(DIGESTS[algorithm](part) for part in parts)
    return f"{base64.b64encode(DIGESTS[algorithm](joined)).decode()}-{len(parts)}"
