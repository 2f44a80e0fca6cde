"""TLS by `--tls-cert` and `--tls-key`: clients that verify, HTTP/2 by ALPN, a new certificate on SIGHUP."""

import signal
import socket
import ssl
import time

import pytest
import trustme

from support import boto
from support.content import content
from support.credentials import ROOT
from support.http2 import Http2
from support.signer import EMPTY_SHA256, Signer


class Certificates:
    """An authority of our own and where the server's files lie."""

    def __init__(self, folder):
        self.authority = trustme.CA()
        self.cert, self.key, self.trusted = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.trusted)
        self.renew()

    def renew(self):
        issued = self.authority.issue_cert("127.0.0.1", "localhost")
        self.key.write_bytes(issued.private_key_pem.bytes())
        self.cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


@pytest.fixture
def secure(start, certificates):
    return start(arguments=["--tls-cert", certificates.cert, "--tls-key", certificates.key])


def shown(server, certificates):
    """The serial number of the certificate that the server shows."""
    context = ssl.create_default_context(cafile=certificates.trusted)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
            return wrapped.getpeercert()["serialNumber"]


def client(server, certificates):
    made = boto.boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=ROOT.access_key,
        aws_secret_access_key=ROOT.secret_key,
        region_name="eu-west-1",
        verify=str(certificates.trusted),
    )
    made.create_bucket(Bucket="secure", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return made


def test_a_client_that_verifies_uploads_with_trailing_checksums(secure, certificates):
    s3 = client(secure, certificates)
    # Over TLS the client frames its body and sends the checksum as a trailer.
    for algorithm in ("CRC32", "CRC64NVME", "SHA256"):
        data = content(f"tls {algorithm}", 3_000_000)
        s3.put_object(Bucket="secure", Key="k", Body=data, ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket="secure", Key="k", ChecksumMode="ENABLED")
        assert boto.body(got) == data and got[f"Checksum{algorithm}"]


def test_a_certificate_is_renewed_without_a_restart(secure, certificates):
    before = shown(secure, certificates)
    s3 = client(secure, certificates)
    certificates.renew()
    secure.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while shown(secure, certificates) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert shown(secure, certificates) != before
    s3.put_object(Bucket="secure", Key="k", Body=b"still there")


def test_a_broken_certificate_on_renewal_keeps_the_old_one(secure, certificates):
    before = shown(secure, certificates)
    certificates.cert.write_text("nonsense")
    secure.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert shown(secure, certificates) == before


def test_alpn_chooses_http2(secure, certificates):
    context = ssl.create_default_context(cafile=certificates.trusted)
    context.set_alpn_protocols(["h2", "http/1.1"])
    sockets = []

    def wrap(plain):
        sockets.append(context.wrap_socket(plain, server_hostname="127.0.0.1"))
        return sockets[0]

    with Http2(secure, wrap) as connection:
        assert sockets[0].selected_alpn_protocol() == "h2"
        signature = Signer(ROOT).sign("GET", "/", {"host": secure.host}, EMPTY_SHA256)
        assert connection.read(connection.request("https", "GET", "/", signature.headers)).status == 200


def test_plain_http_on_a_tls_port_is_no_crash(secure, certificates):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        plain.recv(1000)
    assert shown(secure, certificates)


def test_a_completed_upload_is_named_by_an_https_url(secure, certificates):
    s3 = client(secure, certificates)
    upload = s3.create_multipart_upload(Bucket="secure", Key="a b")["UploadId"]
    sent = s3.upload_part(Bucket="secure", Key="a b", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
    done = s3.complete_multipart_upload(Bucket="secure", Key="a b", UploadId=upload, MultipartUpload=parts)
    assert done["Location"].startswith("https://") and done["Location"].endswith("/secure/a%20b")
