"""Every copy of the catalog is lost, and made anew of the rows that the volumes hold."""

import io
import json
import random
import shutil
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from support import boto, site
from support.boto import refused
from support.command import Shell
from support.content import content
from support.credentials import Credentials
from support.identities import eventually
from support.server import Server, binary

# A round begins with little that changes.
SMALL = ["--archive-allowance", "64KiB"]
# What may be missing of a site that was killed: ten seconds, and what it takes to lay them down.
TAIL = 15


def directories(server):
    return server.devices or [server.data]


def lose(server):
    """What a careless operator deletes."""
    for device in directories(server):
        for part in ("index", "journal"):
            shutil.rmtree(device / part, ignore_errors=True)


def command(server, *arguments):
    data = [word for device in directories(server) for word in ("--data", str(device))]
    return [str(binary()), "verify", "--rebuild", *data, *arguments]


def run(server, *arguments):
    return subprocess.run(command(server, *arguments), capture_output=True, text=True, timeout=300, check=False)


def rebuild(server, *arguments, code=0):
    done = run(server, "--json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return next(line["rebuilt"] for line in map(json.loads, done.stdout.splitlines()) if "rebuilt" in line)


def verified(server, folder):
    """What `verify` says of it, once nothing is to be repaired."""
    shell = Shell(server, folder)
    shell(f"{binary()} repair")
    lines = shell(f"{binary()} verify --json").out.splitlines()
    verdict = json.loads(lines[-1])
    assert verdict["sound"], verdict
    return verdict


def rounds(server):
    return server.log.read_text(errors="replace").count("a round of the row archive is whole")


def archived(server):
    """Waits until what was written is in the archive: a second without a commit, and what that takes."""
    time.sleep(3)


def churn(s3, bucket, seed, count=150):
    dice = random.Random(seed)
    for n in range(count):
        key = f"churn/{dice.randrange(60):03}"
        if dice.random() < 0.2:
            s3.delete_object(Bucket=bucket, Key=key)
        else:
            size = dice.choice([10, 900, 9_000, 14_000, 60_000])
            s3.put_object(Bucket=bucket, Key=key, Body=content(f"{seed} {n}", size), Metadata={"n": str(n)})


@pytest.mark.parametrize("devices", [1, 6])
def test_a_rebuilt_site_is_the_same_site_and_can_be_rebuilt_again(start, tmp_path, devices):
    server = start(devices=devices)
    user = site.fill(server, tmp_path)
    s3 = boto.client(server)
    if devices == 6:
        # Its REDUCED_REDUNDANCY bears one device less than are lost.
        which = s3.head_object(Bucket="versions", Key="large/ä")["VersionId"]
        s3.delete_object(Bucket="versions", Key="large/ä", VersionId=which)
    s3.upload_fileobj(io.BytesIO(content("parts", 12 << 20)), "versions", "parts")
    before = site.portrait(server)
    server.stop()
    lose(server)
    for gone in server.devices[4:]:
        shutil.rmtree(gone)
    with pytest.raises(AssertionError, match="verify --rebuild"):
        server.start()
    told = rebuild(server)
    assert told["holes"] == [] and told["lost"] == 0 and told["objects"] >= 30
    server.start()
    assert site.portrait(server) == before
    reader = boto.client(server, Credentials(user["AccessKeyId"], user["SecretAccessKey"]))
    assert [bucket["Name"] for bucket in reader.list_buckets()["Buckets"]] == ["tenants"]
    s3 = boto.client(server)
    with refused("AccessDenied", 403):
        which = s3.list_object_versions(Bucket="locked")["Versions"][0]
        s3.delete_object(Bucket="locked", Key="kept", VersionId=which["VersionId"])
    assert verified(server, tmp_path)["found"] == 0

    site.go_on(s3)
    churn(s3, "plain", 1)
    before = site.portrait(server)
    server.stop()
    lose(server)
    rebuild(server)
    server.start()
    assert site.portrait(server) == before
    assert verified(server, tmp_path)["found"] == 0


@pytest.mark.parametrize("devices", [1, 4])
def test_rounds_follow_one_another_and_nothing_old_stays(start, tmp_path, devices):
    server = start(devices=devices, arguments=SMALL)
    site.fill(server, tmp_path)
    s3 = boto.client(server)
    seed, begun = 0, time.monotonic()
    while rounds(server) < 3:
        assert time.monotonic() - begun < 120, server.tail()
        churn(s3, "plain", seed)
        seed += 1
    assert verified(server, tmp_path)["found"] == 0
    before = site.portrait(server)
    archived(server)
    server.kill()
    lose(server)
    told = rebuild(server)
    assert told["holes"] == [] and told["lost"] == 0
    server.start()
    assert site.portrait(server) == before
    assert verified(server, tmp_path)["found"] == 0


def test_killed_within_a_round_it_goes_on_and_all_can_be_rebuilt(start, tmp_path):
    server = start(arguments=[*SMALL, "--archive-rate", "512KiB"])
    site.fill(server, tmp_path)
    s3 = boto.client(server)
    s3.create_bucket(Bucket="many", **site.EU)
    for n in range(500):
        s3.put_object(Bucket="many", Key=f"{n:04}", Body=content(f"many {n}", 15_000))
    before = site.portrait(server)
    for _ in range(3):
        time.sleep(random.Random(4).uniform(6, 9))
        server.kill()
        server.start()
        assert site.portrait(server) == before
    assert verified(server, tmp_path)["found"] == 0
    archived(server)
    server.kill()
    lose(server)
    rebuild(server)
    server.start()
    assert site.portrait(server) == before
    assert eventually(lambda: rounds(server) > 0, within=60)


def test_a_rebuild_that_is_killed_is_run_again(start, tmp_path):
    server = start()
    site.fill(server, tmp_path)
    s3 = boto.client(server)
    for seed in range(4):
        churn(s3, "plain", seed)
    before = site.portrait(server)
    server.stop()
    lose(server)
    killed = 0
    for step in range(12):
        with subprocess.Popen(command(server), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                process.wait(0.05 + 0.04 * step)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
                continue
        break
    assert killed
    marked = (server.data / "rebuilding").exists()
    if marked:
        with pytest.raises(AssertionError, match="has not ended"):
            server.start()
    if marked or not (server.data / "index").exists():
        rebuild(server)
    server.start()
    assert site.portrait(server) == before


def test_a_catalog_that_is_there_stays(start, tmp_path):
    server = start(devices=3)
    site.fill(server, tmp_path)
    before = site.portrait(server)
    done = run(server)
    assert done.returncode == 1 and "stop the other server" in done.stderr
    server.stop()
    done = run(server)
    assert done.returncode == 1 and "the catalog is there" in done.stderr and "strongroom verify" in done.stderr
    # One whole copy is enough.
    shutil.rmtree(server.devices[0] / "journal")
    shutil.rmtree(server.devices[0] / "index")
    assert "the catalog is there" in run(server).stderr
    server.start()
    assert site.portrait(server) == before
    server.stop()
    for device in server.devices:
        shutil.rmtree(device / "index", ignore_errors=True)
    done = run(server)
    assert done.returncode == 1 and "move" in done.stderr and str(server.devices[1] / "journal") in done.stderr
    # The journals have all of so young a site.
    server.start()
    assert site.portrait(server) == before


def test_nothing_is_made_of_nothing(tmp_path):
    (tmp_path / "data").mkdir()
    done = run(Server(tmp_path))
    assert done.returncode == 1 and "hold no rows" in done.stderr
    nameless = [str(binary()), "verify", "--rebuild"]
    done = subprocess.run(nameless, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "--data" in done.stderr
    assert not (tmp_path / "strongroom-data").exists()


def test_a_device_that_a_rebuild_went_on_without_is_repaired_unasked(start, tmp_path):
    server = start(devices=4)
    s3 = boto.client(server)
    s3.create_bucket(Bucket="short", **site.EU)
    s3.put_object(Bucket="short", Key="large", Body=content("large", 3 << 20))
    server.stop()
    lose(server)
    shutil.rmtree(server.devices.pop())
    rebuild(server, "--without", "3")
    server.start()
    shell = Shell(server, tmp_path)

    def repaired():
        status = json.loads(shell(f"{binary()} status --json").out)["repair"]
        return status["idle"] and status["chunks_mended"] > 0

    assert eventually(repaired, within=30)
    assert boto.body(s3.get_object(Bucket="short", Key="large")) == content("large", 3 << 20)
    assert verified(server, tmp_path)["found"] == 0


def test_of_a_site_that_died_under_writers_all_but_the_last_seconds_return(start, tmp_path):
    """Every object is as it was at one moment; only what was written last may be missing, or be as it was before."""
    server = start()
    s3 = boto.client(server)
    s3.create_bucket(Bucket="busy", **site.EU)
    stop, written = threading.Event(), {}

    def write(writer):
        client, n = boto.client(server), 0
        try:
            while not stop.is_set():
                n += 1
                for key in ("first", "second"):
                    client.put_object(Bucket="busy", Key=f"{writer}/{key}", Body=f"{n} ".encode() * 9_000)
                client.delete_object(Bucket="busy", Key=f"{writer}/gone/{n - 1}")
                client.put_object(Bucket="busy", Key=f"{writer}/gone/{n}", Body=content(f"{n}", 40_000))
                written.setdefault(writer, []).append((time.monotonic(), n))
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
            assert stop.is_set()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(TAIL + 8)
    stop.set()
    died = time.monotonic()
    server.kill()
    for writer in writers:
        writer.join()
    lose(server)
    told = rebuild(server)
    assert told["holes"] == [] and told["lost"] == 0
    server.start()
    s3 = boto.client(server)
    for writer, counts in written.items():
        numbers = []
        for key in ("first", "second"):
            text = boto.body(s3.get_object(Bucket="busy", Key=f"{writer}/{key}")).split()
            assert len(set(text)) == 1
            numbers.append(int(text[0]))
        assert numbers[0] - numbers[1] in (0, 1)
        assert numbers[1] >= max(n for when, n in counts if when < died - TAIL)
    for entry in s3.list_objects_v2(Bucket="busy")["Contents"]:
        assert len(boto.body(s3.get_object(Bucket="busy", Key=entry["Key"]))) == entry["Size"]
    assert verified(server, tmp_path)["found"] == 0
