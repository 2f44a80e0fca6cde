"""Stopping, starting and what survives: SIGTERM drains, restarts forget nothing, one server a data directory."""

import re
import signal
import socket
import stat
import subprocess
import threading
import time
import urllib.request

import pytest

from support import boto
from support.boto import refused
from support.content import content
from support.raw import Connection, call, signed
from support.server import Server
from support.site import EU


@pytest.fixture
def private(start):
    return start()


def test_everything_is_there_after_a_restart(private):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="kept", **EU)
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    bodies = {f"k{n}": content(f"restart {n}", n * n * 3000) for n in range(20)}
    for key, data in bodies.items():
        s3.put_object(Bucket="kept", Key=key, Body=data, Metadata={"n": key})
    first = s3.put_object(Bucket="kept", Key="k1", Body=b"second")["VersionId"]
    s3.delete_object(Bucket="kept", Key="k2")
    upload = {"Bucket": "kept", "Key": "m"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [content("part a", 5 << 20), b"part b"]
    etags = [s3.upload_part(**upload, PartNumber=1, Body=parts[0])["ETag"]]

    for _ in range(2):
        assert private.restart() < 5
        s3 = boto.client(private)
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["kept"]
        assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
        for key, data in bodies.items():
            if key in ("k1", "k2"):
                continue
            got = s3.get_object(Bucket="kept", Key=key)
            assert boto.body(got) == data and got["Metadata"] == {"n": key}
        assert s3.get_object(Bucket="kept", Key="k1")["VersionId"] == first
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket="kept", Key="k2")

    etags.append(s3.upload_part(**upload, PartNumber=2, Body=parts[1])["ETag"])
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})
    assert boto.body(s3.get_object(Bucket="kept", Key="m")) == b"".join(parts)


def test_sigterm_finishes_what_is_in_flight_and_takes_nothing_new(private):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="drain", **EU)
    data = content("drain", 400_000)
    request = signed(private, "PUT", "/drain/k", data)
    with Connection(private) as connection:
        connection.send(request[:-200_000])
        time.sleep(0.3)
        private.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        with pytest.raises(OSError), socket.create_connection(("127.0.0.1", private.port), timeout=2) as late:
            late.sendall(b"GET /-/health/live HTTP/1.1\r\nhost: a\r\n\r\n")
            if late.recv(100) == b"":
                raise ConnectionResetError
        assert private.process.poll() is None
        connection.send(request[-200_000:])
        assert connection.read("PUT").status == 200
    private.stop()
    private.start()
    assert boto.body(boto.client(private).get_object(Bucket="drain", Key="k")) == data


def test_sigterm_does_not_wait_for_idle_connections(private):
    idle = [Connection(private) for _ in range(5)]
    busy = Connection(private)
    busy.send(signed(private, "GET", "/"))
    assert busy.read().status == 200
    start = time.monotonic()
    private.stop()
    assert time.monotonic() - start < 5
    for connection in [*idle, busy]:
        assert connection.is_closed()


def test_sigint_stops_too(private):
    private.process.send_signal(signal.SIGINT)
    assert private.process.wait(30) == 0


def test_a_second_server_on_the_same_data_is_refused(private, tmp_path):
    second = Server(tmp_path)
    second.data = private.data
    with pytest.raises(AssertionError, match="the server ended with [1-9]"):
        second.start()
    assert re.search("lock|in use|another", second.tail(), re.IGNORECASE)
    assert call(private, "GET", "/").status == 200


def test_a_port_that_is_taken_is_told(private, tmp_path):
    second = Server(tmp_path)
    second.port = private.port
    # The first one answers on that port, so wait for the process itself.
    command = second.command()
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0 and str(private.port) in done.stderr + done.stdout


def test_without_root_credentials_they_are_drawn_and_kept(tmp_path):
    private = Server(tmp_path, environment={"STRONGROOM_ROOT_ACCESS_KEY": None, "STRONGROOM_ROOT_SECRET_KEY": None})
    private.start()
    first = private.tail(100_000)
    private.restart()
    second = private.tail(100_000)[len(first) :]
    private.stop()
    kept = [path for path in private.data.rglob("*") if path.is_file() and "credential" in path.name.lower()]
    assert kept and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    secrets = [word for word in re.findall(r"[A-Za-z0-9/+]{40}", kept[0].read_text()) if word in first]
    assert secrets, "the secret is shown on the first start"
    assert secrets[0] not in second, "and only then"


def test_when_ready_it_says_where_and_what_to_try(private):
    said = private.tail(100_000)
    assert private.endpoint in said and "aws" in said


def test_health_is_told_while_it_runs(private):
    for path in ("live", "ready"):
        with urllib.request.urlopen(f"{private.endpoint}/-/health/{path}", timeout=5) as answer:
            assert answer.status == 200


def test_restarts_while_clients_write_lose_nothing_acknowledged(private):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="busy", **EU)
    acknowledged, stop = {}, threading.Event()

    def write(writer):
        client, n = boto.client(private), 0
        while not stop.is_set():
            n += 1
            key, data = f"w{writer}/{n}", content(f"{writer}/{n}", n * 997 % 50_000)
            try:
                client.put_object(Bucket="busy", Key=key, Body=data)
                acknowledged[key] = data
            except Exception:
                time.sleep(0.05)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        time.sleep(0.7)
        private.restart()
    time.sleep(0.3)
    stop.set()
    for writer in writers:
        writer.join()
    client = boto.client(private)
    assert len(acknowledged) > 20
    for key, data in acknowledged.items():
        assert boto.body(client.get_object(Bucket="busy", Key=key)) == data
