"""What an operator sees: health, metrics in Prometheus' text, a line in the log for every request."""

import re
import time

import requests

from support import boto, raw
from support.boto import refused
from support.server import binary


def metrics(server):
    """Every sample by its name and labels."""
    answer = requests.get(f"{server.endpoint}/-/metrics", timeout=10)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    samples = {}
    for line in answer.text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples


def requests_total(server, operation, code):
    found = metrics(server)
    return sum(
        value
        for name, value in found.items()
        if name.startswith("strongroom_requests_total{")
        and f'operation="{operation}"' in name
        and f'code="{code}"' in name
    )


def test_requests_are_counted_by_operation_and_code(server, s3, bucket):
    before = requests_total(server, "PutObject", "OK"), requests_total(server, "GetObject", "NoSuchKey")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
    assert raw.call(server, "GET", f"/{bucket}/absent").status == 404
    after = requests_total(server, "PutObject", "OK"), requests_total(server, "GetObject", "NoSuchKey")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)


def test_latency_bytes_and_syncs_are_measured(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    found = metrics(server)
    assert any(name.startswith("strongroom_request_seconds") and 'operation="PutObject"' in name for name in found)
    assert any(name.startswith("strongroom_request_bytes_total{") and 'direction="in"' in name and value >= 100_000 for name, value in found.items())
    assert any(name.startswith("strongroom_device_syncs_total{") and value > 0 for name, value in found.items())
    assert any(name.startswith("strongroom_connections") for name in found)


def test_every_request_has_its_line_in_the_log(server, s3, bucket):
    answer = raw.call(server, "GET", f"/{bucket}/absent")
    request_id, deadline = answer.header("x-amz-request-id"), time.monotonic() + 5
    lines = []
    while not lines and time.monotonic() < deadline:
        lines = [line for line in server.tail(1_000_000).splitlines() if request_id in line]
        time.sleep(0.05)
    assert len(lines) == 1
    assert "GetObject" in lines[0] and "404" in lines[0] and "NoSuchKey" in lines[0] and bucket in lines[0]


def test_other_services_operations_are_told_behind_their_names(server):
    before = requests_total(server, "iam:ListDelegationRequests", "NotImplemented")
    with refused("NotImplemented", 501):
        boto.client(server, service="iam").list_delegation_requests()
    assert requests_total(server, "iam:ListDelegationRequests", "NotImplemented") == before + 1


def test_no_secret_and_no_signature_is_logged(server, s3, bucket):
    url = boto.client(server, signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}
    )
    requests.get(url, timeout=10)
    signature = re.search("X-Amz-Signature=([0-9a-f]+)", url).group(1)
    time.sleep(0.2)
    log = server.tail(10_000_000)
    assert signature not in log and "a-secret-that-only-these-suites-use" not in log


def test_health_and_metrics_need_no_signature_and_change_nothing(server):
    for path in ("/-/health/live", "/-/health/ready", "/-/metrics"):
        assert raw.plain(server, "GET", path).status == 200
        assert raw.plain(server, "HEAD", path).status in (200, 405)
        assert raw.plain(server, "DELETE", path).status in (403, 404, 405)


def test_help_explains_itself_on_every_level(shell):
    for line in ("--help", "serve --help", "account --help", "account create --help"):
        out = shell(f"{binary()} {line}").out
        assert "Usage:" in out and "Example" in out, line
    assert re.match(r"strongroom \d+\.\d+\.\d+", shell(f"{binary()} --version").out)


def test_an_idle_server_is_small(start):
    private = start()
    assert private.memory_kib() < 60 * 1024
