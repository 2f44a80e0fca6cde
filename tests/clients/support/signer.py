"""AWS's Signature Version 4, from its specification: headers, presigned URLs, chunks, trailers, POST policies.

Signs exactly what is sent, so that a test may send what no client library would.
"""

import base64
import dataclasses
import datetime
import hashlib
import hmac
import json
import urllib.parse

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def now():
    return datetime.datetime.now(datetime.UTC)


def escape(text, safe="-_.~"):
    return urllib.parse.quote(text, safe=safe)


def _mac(key, message):
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def canonical_query(query):
    """Names and values decoded once, escaped by AWS's rule, sorted; a name without `=` has an empty value."""
    pairs = []
    for piece in filter(None, query.split("&")):
        name, _, value = piece.partition("=")
        pairs.append((escape(urllib.parse.unquote(name)), escape(urllib.parse.unquote(value))))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a signed request hands to its chunks."""

    headers: dict
    value: str
    key: bytes
    date: str
    scope: str

    def chunk(self, previous, chunk):
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{self.date}\n{self.scope}\n{previous}\n{EMPTY_SHA256}\n"
        return _mac(self.key, text + hashlib.sha256(chunk).hexdigest()).hex()

    def trailer(self, previous, lines):
        text = f"AWS4-HMAC-SHA256-TRAILER\n{self.date}\n{self.scope}\n{previous}\n"
        return _mac(self.key, text + hashlib.sha256(lines).hexdigest()).hex()


@dataclasses.dataclass(frozen=True)
class Signer:
    credentials: object
    region: str = "eu-west-1"
    service: str = "s3"
    shift: datetime.timedelta = datetime.timedelta()

    def _date(self):
        return (now() + self.shift).strftime("%Y%m%dT%H%M%SZ")

    def _scope(self, date):
        return f"{date[:8]}/{self.region}/{self.service}/aws4_request"

    def _key(self, date):
        key = _mac(b"AWS4" + self.credentials.secret_key.encode(), date[:8])
        for part in (self.region, self.service, "aws4_request"):
            key = _mac(key, part)
        return key

    def _sign(self, date, method, path, query, headers, payload):
        """The signature over exactly these headers (lower-case names)."""
        lines = "".join(f"{name}:{' '.join(str(headers[name]).split())}\n" for name in sorted(headers))
        request = "\n".join([method, path, canonical_query(query), lines, ";".join(sorted(headers)), payload])
        text = "\n".join(
            ["AWS4-HMAC-SHA256", date, self._scope(date), hashlib.sha256(request.encode()).hexdigest()]
        )
        return _mac(self._key(date), text).hex()

    def sign(self, method, target, headers, payload, unsigned=()):
        """Signs `target` (path and query as sent); all headers are signed but those named in `unsigned`."""
        path, _, query = target.partition("?")
        date = self._date()
        sent = {name.lower(): value for name, value in headers.items()}
        sent.setdefault("x-amz-date", date)
        sent.setdefault("x-amz-content-sha256", payload)
        if self.credentials.token:
            sent.setdefault("x-amz-security-token", self.credentials.token)
        signed = {name: value for name, value in sent.items() if name not in unsigned}
        value = self._sign(date, method, path, query, signed, payload)
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{self._scope(date)}, "
            f"SignedHeaders={';'.join(sorted(signed))}, Signature={value}"
        )
        return Signature(sent, value, self._key(date), date, self._scope(date))

    def presign(self, method, host, target, expires=300, headers=None, payload=UNSIGNED):
        """The target with its signature in the query."""
        path, _, query = target.partition("?")
        date = self._date()
        signed = {"host": host, **{name.lower(): value for name, value in (headers or {}).items()}}
        parts = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.credentials.access_key}/{self._scope(date)}",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        if self.credentials.token:
            parts["X-Amz-Security-Token"] = self.credentials.token
        added = "&".join(f"{name}={escape(value)}" for name, value in parts.items())
        query = f"{query}&{added}" if query else added
        value = self._sign(date, method, path, query, signed, payload)
        return f"{path}?{query}&X-Amz-Signature={value}"

    def form(self, conditions, expires=300):
        """The fields that a POST form adds to its own for this policy."""
        date = self._date()
        credential = f"{self.credentials.access_key}/{self._scope(date)}"
        own = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": credential, "x-amz-date": date}
        if self.credentials.token:
            own["x-amz-security-token"] = self.credentials.token
        expiration = (now() + self.shift + datetime.timedelta(seconds=expires)).strftime("%Y-%m-%dT%H:%M:%SZ")
        policy = {"expiration": expiration, "conditions": [*conditions, *({k: v} for k, v in own.items())]}
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        return {**own, "policy": encoded, "x-amz-signature": _mac(self._key(date), encoded).hex()}
