"""Bodies in AWS's own framing (aws-chunked): signed chunks, signed trailers, unsigned trailers."""

import base64
import zlib


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def cut(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def signed_chunks(signature, chunks, last=True, spoil=None):
    """Each chunk under the signature of the one before; `spoil` is the index of a chunk to sign falsely."""
    previous, out = signature.value, []
    for index, chunk in enumerate([*chunks, b""] if last else chunks):
        previous = signature.chunk(previous, chunk + b"?" if index == spoil else chunk)
        out.append(f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + (chunk + b"\r\n" if chunk else b""))
    return b"".join(out), previous


def signed_body(signature, chunks, **how):
    body, _ = signed_chunks(signature, chunks, **how)
    return body + b"\r\n"


def signed_trailer_body(signature, chunks, trailers, spoil_trailer=False, **how):
    body, previous = signed_chunks(signature, chunks, **how)
    lines = "".join(f"{name}:{value}\n" for name, value in trailers).encode()
    value = signature.trailer(previous, lines + (b"?" if spoil_trailer else b""))
    sent = "".join(f"{name}:{value}\r\n" for name, value in trailers)
    return body + sent.encode() + f"x-amz-trailer-signature:{value}\r\n\r\n".encode()


def unsigned_trailer_body(chunks, trailers, last=True):
    out = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
    if not last:
        return out
    sent = "".join(f"{name}:{value}\r\n" for name, value in trailers)
    return out + b"0\r\n" + sent.encode() + b"\r\n"
