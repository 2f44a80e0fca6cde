"""A real OpenID Connect server (oidc-provider, on Node) behind TLS, and logins at it as a browser makes them."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.parse

import pytest
import requests
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .server import REPOSITORY, free_port

FOLDER = REPOSITORY / "tests" / "clients" / "oidc"
# `cargo xtask test` puts it there.
LIBRARY = REPOSITORY / "target" / "oidc" / "node_modules" / "oidc-provider" / "lib" / "index.js"
BACK = "https://127.0.0.1/back"


def _base64(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


def new_key(name, algorithm):
    """A private key as JWK."""
    if algorithm == "RS256":
        numbers = rsa.generate_private_key(65537, 2048).private_numbers()
        parts = {"n": numbers.public_numbers.n, "d": numbers.d, "p": numbers.p, "q": numbers.q}
        parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        jwk = {part: _base64(value, (value.bit_length() + 7) // 8) for part, value in parts.items()}
        return {"kty": "RSA", "e": "AQAB", "kid": name, "use": "sig", "alg": algorithm, **jwk}
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = numbers.public_numbers
    jwk = {"x": _base64(public.x, 32), "y": _base64(public.y, 32), "d": _base64(numbers.private_value, 32)}
    return {"kty": "EC", "crv": "P-256", "kid": name, "use": "sig", "alg": algorithm, **jwk}


class Provider:
    """One provider under one URL; what it signs with may change between starts."""

    def __init__(self, folder, authority=None):
        self.folder = pathlib.Path(folder)
        self.authority = authority or trustme.CA()
        self.roots = self.folder / "roots.pem"
        self.authority.cert_pem.write_to_path(self.roots)
        certificate = self.authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(self.folder / "cert.pem")
        self.url = f"127.0.0.1:{free_port()}"
        self.issuer = f"https://{self.url}"
        self.process = None

    def start(self, algorithm="RS256", key="first", life=600):
        if not LIBRARY.exists() or shutil.which("node") is None:
            pytest.skip("oidc-provider is not in target/oidc: Node and npm are needed, and `cargo xtask test` installs it")
        keys = {"keys": [new_key(key, algorithm)]}
        environment = {"PATH": os.environ.get("PATH", ""), "JWKS": json.dumps(keys), "ALGORITHM": algorithm}
        script = [FOLDER / "server.mjs", LIBRARY, self.issuer, self.folder / "key.pem", self.folder / "cert.pem"]
        self.process = subprocess.Popen(
            ["node", *map(str, script)],
            env={**environment, "LIFE": str(life)},
            stdout=subprocess.PIPE,
            stderr=(self.folder / "provider.log").open("ab"),
            text=True,
        )
        line = ""
        while line != "ready\n":
            line = self.process.stdout.readline()
            assert line, (self.folder / "provider.log").read_text()
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process.stdout.close()
            self.process = None

    def token(self, name):
        """Logs in as `name`, consents, and changes the code for an ID token."""
        browser = requests.Session()
        # The machine's proxies and certificates are not asked.
        browser.trust_env = False
        browser.verify = str(self.roots)
        asked = {"client_id": "suite", "response_type": "code", "scope": "openid", "redirect_uri": BACK}
        page = browser.get(f"{self.issuer}/auth", params=asked, timeout=30)
        for form in ({"prompt": "login", "login": name, "password": "any"}, {"prompt": "consent"}):
            action = re.search(r'action="([^"]+)"', page.text).group(1)
            page = browser.post(urllib.parse.urljoin(page.url, action), data=form, allow_redirects=False, timeout=30)
            while page.is_redirect:
                onward = urllib.parse.urljoin(page.url, page.headers["location"])
                if onward.startswith(BACK):
                    return self._exchange(browser, urllib.parse.parse_qs(urllib.parse.urlsplit(onward).query))
                page = browser.get(onward, allow_redirects=False, timeout=30)
        raise AssertionError(f"no code came back from {page.url}: {page.text}")

    def _exchange(self, browser, answer):
        form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": BACK}
        tokens = browser.post(f"{self.issuer}/token", data=form, auth=("suite", "a-secret-of-the-suite"), timeout=30)
        assert tokens.status_code == 200, tokens.text
        return tokens.json()["id_token"]
