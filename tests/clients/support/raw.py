"""HTTP/1.1 by hand: exactly the bytes that a test wants to send, and answers read strictly.

No client library sits between, so nothing is mended, retried or normalised.
"""

import contextlib
import dataclasses
import hashlib
import re
import socket

from .credentials import ROOT
from .signer import Signer


@dataclasses.dataclass
class Answer:
    status: int
    headers: list
    body: bytes

    def header(self, name):
        """The one header of that name; None when absent, an error when doubled."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} came {len(found)} times"
        return found[0] if found else None

    def element(self, name):
        """The text of the first such element of an XML body."""
        found = re.search(rf"<{name}>(.*?)</{name}>", self.body.decode(), re.DOTALL)
        return found.group(1) if found else None

    @property
    def code(self):
        return self.element("Code")


class Connection:
    """One socket. Reads answers one after another, so requests may be pipelined."""

    def __init__(self, server, timeout=30.0):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=timeout)
        self.host = server.host
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends all; a server that refuses early may close its ear, and then what it said still wants reading."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def _more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError(f"the server closed; unread: {self.buffer[:200]!r}")
        self.buffer += got

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def head(self):
        """Status and headers of the next answer."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        assert re.match(r"HTTP/1\.1 \d{3}( |$)", lines[0]), lines[0]
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return int(lines[0].split(" ")[1]), headers

    def read(self, method="GET"):
        """The next final answer."""
        status, headers = self.head()
        while status == 100:
            status, headers = self.head()
        answer = Answer(status, headers, b"")
        if method == "HEAD" or status in (204, 304):
            return answer
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            answer.body = self._chunked()
        else:
            answer.body = self._exactly(int(answer.header("content-length") or 0))
        return answer

    def _chunked(self):
        body = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        while self._until(b"\r\n"):
            continue
        return body

    def is_closed(self):
        """Has the server closed, with nothing left to read?"""
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def head_bytes(method, target, headers):
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def signed(server, method, target, body=b"", headers=None, signer=None, unsigned=()):
    """The bytes of a request with a body whose hash is signed."""
    sent = {"host": server.host, "content-length": str(len(body)), **(headers or {})}
    signature = (signer or Signer(ROOT)).sign(method, target, sent, hashlib.sha256(body).hexdigest(), unsigned)
    return head_bytes(method, target, signature.headers) + body


def call(server, method, target, body=b"", headers=None, signer=None, unsigned=(), timeout=30.0):
    """One signed request on a connection of its own."""
    with Connection(server, timeout) as connection:
        connection.send(signed(server, method, target, body, headers, signer, unsigned))
        return connection.read(method)


def plain(server, method, target, body=b"", headers=None):
    """One request without any signature of ours."""
    sent = {"host": server.host, "content-length": str(len(body)), **(headers or {})}
    with Connection(server) as connection:
        connection.send(head_bytes(method, target, sent) + body)
        return connection.read(method)
