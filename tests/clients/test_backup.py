"""Backups: what is restored is the site of one point in time, whatever happens on the way."""

import json
import os
import pathlib
import random
import subprocess
import threading
import time
import urllib.request

import pytest

from support import boto, identities, site
from support.boto import refused
from support.command import environment
from support.content import content
from support.credentials import ROOT, Credentials
from support.identities import eventually
from support.server import Server, binary

MISSING = 3


class Backups:
    """The commands, against one place. Each answers its code, its lines of JSON and what it says."""

    def __init__(self, server, folder, place=None, **variables):
        self.place = str(place or folder / "shelf")
        self.variables = {**environment(server, folder), **variables}

    def __call__(self, *arguments, code=0):
        done = self.run(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def run(self, *arguments):
        command = [str(binary()), *arguments]
        return subprocess.run(
            command, env=self.variables, capture_output=True, text=True, timeout=300, check=False
        )

    def take(self, *arguments, code=0):
        lines, _ = self("backup", "--to", self.place, "--json", *arguments, code=code)
        return next(line["backup"] for line in lines if "backup" in line)

    def verify(self, *arguments, code=0):
        return self("backup", "verify", "--from", self.place, "--json", *arguments, code=code)

    def restore(self, data, *arguments, code=0):
        return self("restore", "--from", self.place, "--data", str(data), *arguments, "--json", code=code)

    def ids(self):
        done = self.run("backup", "list", "--from", self.place, "--json")
        assert done.returncode == 0, done.stderr
        return [backup["id"] for backup in json.loads(done.stdout)]

    def packs(self):
        # A run that was killed early has made no folder.
        return sorted(pathlib.Path(self.place).glob("packs/*"))


@pytest.fixture
def private(start):
    return start()


@pytest.fixture
def backups(private, tmp_path):
    return Backups(private, tmp_path)


@pytest.fixture
def served(tmp_path_factory):
    """Serves a restored directory."""
    started = []

    def begin(data, **how):
        server = Server(tmp_path_factory.mktemp("restored"), **how)
        server.data = data
        started.append(server)
        server.start()
        return server

    yield begin
    for server in started:
        server.stop()


def key_of(server):
    return server.data / "master-key"


def put(s3, bucket, bodies):
    for key, data in bodies.items():
        s3.put_object(Bucket=bucket, Key=key, Body=data)


def test_a_restored_site_is_the_same_site(private, backups, served, tmp_path):
    user = site.fill(private, tmp_path)
    before = site.portrait(private)
    backup = backups.take()
    assert backup["unreadable"] == 0 and backup["bytes"] > 10 << 20
    backups.verify("--read-data")
    (*_, told), _ = backups.restore(tmp_path / "new", "--master-key", str(key_of(private)))
    assert told["restored"]["bytes"] == backup["bytes"] and told["restored"]["lost"] == 0
    restored = served(tmp_path / "new")
    assert site.portrait(restored) == before
    reader = boto.client(restored, Credentials(user["AccessKeyId"], user["SecretAccessKey"]))
    assert [bucket["Name"] for bucket in reader.list_buckets()["Buckets"]] == ["tenants"]
    s3 = boto.client(restored)
    with refused("AccessDenied", 403):
        which = s3.list_object_versions(Bucket="locked")["Versions"][0]
        s3.delete_object(Bucket="locked", Key="kept", VersionId=which["VersionId"])
    site.go_on(s3)


def test_a_backup_under_writers_is_of_one_point(private, backups, served, tmp_path):
    """Two keys are always written one after the other: no backup has the second one's number without the first's."""
    s3 = boto.client(private)
    s3.create_bucket(Bucket="busy", **site.EU)
    put(s3, "busy", {f"still/{n}": content(f"still {n}", 300_000) for n in range(40)})
    stop, counts = threading.Event(), {}

    def write(writer):
        client, n = boto.client(private), 0
        while not stop.is_set():
            n += 1
            for key in ("first", "second"):
                client.put_object(Bucket="busy", Key=f"{writer}/{key}", Body=f"{n} ".encode() * 9000)
            client.delete_object(Bucket="busy", Key=f"{writer}/gone/{n - 1}")
            client.put_object(Bucket="busy", Key=f"{writer}/gone/{n}", Body=content(f"{n}", 100_000))
            counts[writer] = n

    writers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for writer in writers:
        writer.start()
    assert eventually(lambda: len(counts) == 3, within=30)
    # Slow, so that what it names is overwritten many times before it is read.
    first = backups.take("--limit-rate", "4MiB")
    stop.set()
    for writer in writers:
        writer.join()
    assert first["unreadable"] == 0 and min(counts.values()) > 10
    backups.verify("--read-data")
    backups.restore(tmp_path / "new", "--master-key", str(key_of(private)))
    s3 = boto.client(served(tmp_path / "new"))
    for writer in range(3):
        numbers = []
        for key in ("first", "second"):
            text = boto.body(s3.get_object(Bucket="busy", Key=f"{writer}/{key}")).split()
            assert len(set(text)) == 1
            numbers.append(int(text[0]))
        assert numbers[0] - numbers[1] in (0, 1)
    for n in range(40):
        assert boto.body(s3.get_object(Bucket="busy", Key=f"still/{n}")) == content(f"still {n}", 300_000)
    # Nothing holds the bytes back any longer.
    assert reclaims(private, "busy")


def reclaims(server, bucket):
    """Whether bytes that nothing names any more are freed soon."""

    def count():
        with urllib.request.urlopen(f"{server.endpoint}/-/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("strongroom_reclaimed_rows_total"))

    before = count()
    put(boto.client(server), bucket, {"last": bytes(50_000)})
    put(boto.client(server), bucket, {"last": b""})
    return eventually(lambda: count() > before)


def test_the_next_backup_sends_only_what_changed(private, backups, served, tmp_path):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="grows", **site.EU)
    put(s3, "grows", {f"k{n:04}": content(f"grows {n}", 100_000) for n in range(100)})
    put(s3, "grows", {f"small/{n:04}": content(f"small {n}", 1000) for n in range(1500)})
    first = backups.take()
    assert first["fresh_bytes"] > 10_000_000
    same = backups.take()
    assert same["fresh_bytes"] < 400_000 and same["bytes"] == first["bytes"]
    put(s3, "grows", {"k0007": content("other", 100_000), "new": content("new", 200_000)})
    changed = backups.take()
    assert 300_000 < changed["fresh_bytes"] < 1_200_000
    assert backups.ids() == [first["id"], same["id"], changed["id"]]

    backups("backup", "prune", "--from", backups.place, "--keep", "1", "--json")
    assert backups.ids() == [changed["id"]]
    backups.verify("--read-data")
    backups.restore(tmp_path / "new", "--master-key", str(key_of(private)))
    restored = boto.client(served(tmp_path / "new"))
    assert boto.body(restored.get_object(Bucket="grows", Key="k0007")) == content("other", 100_000)
    assert len(restored.list_objects_v2(Bucket="grows", Prefix="small/", MaxKeys=1000)["Contents"]) == 1000


def test_pruning_keeps_what_the_kept_need_and_frees_the_rest(private, backups):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="prune", **site.EU)
    for n in range(3):
        put(s3, "prune", {"k": content(f"prune {n}", 3_000_000)})
        backups.take()
    held = sum(pack.stat().st_size for pack in backups.packs())
    lines, _ = backups("backup", "prune", "--from", backups.place, "--keep", "2", "--json")
    assert lines[0]["pruned"]["backups"] == 1 and lines[0]["pruned"]["bytes"] > 2_900_000
    assert sum(pack.stat().st_size for pack in backups.packs()) < held - 2_900_000
    backups.verify("--read-data")


@pytest.mark.parametrize("after", [0.3, 0.8, 1.5])
def test_a_backup_that_is_killed_is_gone_on_with(private, backups, served, tmp_path, after):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="killed", **site.EU)
    bodies = {f"k{n:02}": content(f"killed {n}", 2_000_000) for n in range(40)}
    put(s3, "killed", bodies)
    earlier = backups.take() if after > 1 else None
    if earlier:
        put(s3, "killed", {key: data[::-1] for key, data in bodies.items()})
    command = [str(binary()), "backup", "--to", backups.place, "--limit-rate", "40MiB"]
    running = subprocess.Popen(command, env=backups.variables)
    time.sleep(after)
    running.kill()
    running.wait()
    if earlier:
        assert backups.ids() == [earlier["id"]]
    there = sum(pack.stat().st_size for pack in backups.packs() if "." not in pack.name) if after > 0.5 else 0
    already = there - (earlier["fresh_bytes"] if earlier else 0)
    done = backups.take()
    assert done["fresh_bytes"] < 80_400_000 - max(0, already - 1_000_000)
    backups.verify("--read-data")
    backups.restore(tmp_path / "new", "--backup", done["id"], "--master-key", str(key_of(private)))
    restored = boto.client(served(tmp_path / "new"))
    for key in ("k00", "k39"):
        expected = bodies[key][::-1] if earlier else bodies[key]
        assert boto.body(restored.get_object(Bucket="killed", Key=key)) == expected


def test_a_restore_that_is_killed_is_gone_on_with_and_not_served_before(private, backups, served, tmp_path):
    site.fill(private, tmp_path)
    s3 = boto.client(private)
    put(s3, "plain", {f"k{n:03}": content(f"restore {n}", 700_000) for n in range(100)})
    before = site.portrait(private)
    backups.take()
    new = tmp_path / "new"
    command = ["restore", "--from", backups.place, "--data", str(new), "--master-key", str(key_of(private))]
    for _ in range(3):
        running = subprocess.Popen([str(binary()), *command], env=backups.variables)
        time.sleep(random.uniform(0.1, 0.5))
        running.kill()
        running.wait()
        if not (new / "restoring").exists():
            continue
        with pytest.raises(AssertionError, match="the server ended with [1-9]"):
            served(new)
    if not new.exists() or (new / "restoring").exists():
        backups(*command, "--json")
    assert site.portrait(served(new)) == before


def test_a_flipped_byte_is_found_and_its_object_refused(private, backups, served, tmp_path):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="flip", **site.EU)
    bodies = {f"k{n}": content(f"flip {n}", 1_000_000) for n in range(6)}
    put(s3, "flip", bodies)
    backups.take()
    pack = next(pack for pack in backups.packs() if bodies["k3"] in pack.read_bytes())
    data = bytearray(pack.read_bytes())
    data[data.index(bodies["k3"]) + 500_000] ^= 1
    pack.write_bytes(data)
    backups.verify()
    _, said = backups.verify("--read-data", code=MISSING)
    assert "damaged" in said
    lines, said = backups.restore(tmp_path / "new", "--master-key", str(key_of(private)), code=MISSING)
    assert [line["lost"] for line in lines if "lost" in line][0].startswith('"k3"') and "restored: 1" in said
    restored = boto.client(served(tmp_path / "new"))
    for key in ("k0", "k5"):
        assert boto.body(restored.get_object(Bucket="flip", Key=key)) == bodies[key]
    with refused("InternalError", 500):
        restored.get_object(Bucket="flip", Key="k3")
    restored.delete_object(Bucket="flip", Key="k3")
    # Without the damaged pack the next backup sends its pieces again.
    pack.unlink()
    assert backups.take()["fresh_bytes"] >= 1_000_000
    backups.verify("--read-data")


def test_what_the_server_cannot_read_is_told_and_the_rest_is_kept(private, backups, served, tmp_path):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="rot", **site.EU)
    bodies = {f"k{n}": content(f"rot {n}", 6_000_000) for n in range(4)}
    put(s3, "rot", bodies)
    private.stop()
    needle = bodies["k1"][5_000_000:5_000_100]
    volume = next(path for path in private.data.rglob("*") if path.is_file() and needle in path.read_bytes())
    data = volume.read_bytes()
    with volume.open("r+b") as file:
        file.seek(data.index(needle))
        file.write(bytes(50))
    private.start()
    assert backups.take(code=MISSING)["unreadable"] == 1
    lines, _ = backups.restore(tmp_path / "new", "--master-key", str(key_of(private)), code=MISSING)
    assert len([line for line in lines if "lost" in line]) == 1
    restored = boto.client(served(tmp_path / "new"))
    for key in ("k0", "k2", "k3"):
        assert boto.body(restored.get_object(Bucket="rot", Key=key)) == bodies[key]
    with refused("InternalError", 500):
        restored.get_object(Bucket="rot", Key="k1")


@pytest.mark.parametrize("what", ["backups", "packs", "index", "shelf"])
def test_damage_to_any_file_is_told_or_healed(private, backups, what):
    s3 = boto.client(private)
    s3.create_bucket(Bucket="damage", **site.EU)
    put(s3, "damage", {"k": content("damage", 500_000)})
    backups.take()
    root = pathlib.Path(backups.place) / what
    file = root if root.is_file() else next(root.iterdir())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x20
    file.write_bytes(data)
    done = backups.run("backup", "verify", "--from", backups.place, "--read-data")
    assert done.returncode == {"backups": MISSING, "packs": MISSING, "index": 0, "shelf": 1}[what], done.stderr


def test_a_wrong_master_key_is_told_before_anything_is_written(private, backups, served, tmp_path):
    backups.take()
    wrong = tmp_path / "wrong"
    wrong.write_text("A" * 43 + "=")
    _, said = backups.restore(tmp_path / "new", "--master-key", str(wrong), code=1)
    assert "master key" in said and not (tmp_path / "new").exists()
    # Without one the site is there and asks for it at its start.
    backups.restore(tmp_path / "new")
    with pytest.raises(AssertionError, match="the server ended with [1-9]"):
        served(tmp_path / "new")
    key = tmp_path / "new" / "master-key"
    key.write_bytes(key_of(private).read_bytes())
    key.chmod(0o600)
    served(tmp_path / "new")


def test_nothing_is_written_over(private, backups, tmp_path):
    backups.take()
    _, said = backups.restore(private.data, code=1)
    assert "not empty" in said
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("a")
    _, said = backups("backup", "--to", str(full), code=1)
    assert "other files" in said and os.listdir(full) != []
    _, said = backups("backup", "list", "--from", str(tmp_path / "nowhere"), code=1)
    assert "no backups" in said


def test_a_rate_that_the_server_would_cut_off_is_refused(private, backups):
    _, said = backups("backup", "--to", backups.place, "--jobs", "8", "--limit-rate", "1023KiB", code=1)
    assert "1024KiB" in said and not os.path.exists(backups.place)
    backups.take("--jobs", "8", "--limit-rate", "1MiB")


def test_only_root_may_take_one(private, tmp_path):
    tenant = identities.account(private, tmp_path, "tenant")
    credentials = tenant.credentials
    names = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key}
    _, said = Backups(private, tmp_path, **names)("backup", "--to", str(tmp_path / "shelf"), code=1)
    assert "Only the root account" in said


def test_a_site_is_backed_up_to_another_s3_and_back(private, start, served, tmp_path):
    other = start()
    boto.client(other).create_bucket(Bucket="shelves", **site.EU)
    variables = {
        "STRONGROOM_BACKUP_ENDPOINT_URL": other.endpoint,
        "STRONGROOM_BACKUP_REGION": "eu-west-1",
        "STRONGROOM_BACKUP_ACCESS_KEY": ROOT.access_key,
        "STRONGROOM_BACKUP_SECRET_KEY": ROOT.secret_key,
    }
    backups = Backups(private, tmp_path, "s3://shelves/sites/one", **variables)
    site.fill(private, tmp_path)
    before = site.portrait(private)
    first = backups.take()
    boto.client(private).put_object(Bucket="plain", Key="later", Body=content("later", 50_000))
    assert backups.take()["fresh_bytes"] < 600_000
    backups.verify("--read-data")
    backups.restore(tmp_path / "new", "--backup", first["id"], "--master-key", str(key_of(private)))
    assert site.portrait(served(tmp_path / "new")) == before
    backups("backup", "prune", "--from", backups.place, "--keep", "1", "--json")
    assert len(backups.ids()) == 1 and first["id"] not in backups.ids()

    # What belongs to nobody goes, in listings of more than one page.
    put(boto.client(other), "shelves", {f"sites/one/packs/{n:04}": b"" for n in range(1010)})
    (pruned,), _ = backups("backup", "prune", "--from", backups.place, "--keep", "1", "--json")
    assert pruned["pruned"]["packs"] == 1010
    backups.verify("--read-data")

    # One that died leaves a lock; the next one waits until it is sure, and takes it over.
    boto.client(private).put_object(Bucket="plain", Key="more", Body=content("more", 4_000_000))
    command = [str(binary()), "backup", "--to", backups.place, "--jobs", "1", "--limit-rate", "128KiB"]
    running = subprocess.Popen(command, env=backups.variables)
    time.sleep(1.5)
    busy = backups.run("backup", "--to", backups.place)
    assert running.poll() is None and busy.returncode == 1 and "another backup" in busy.stderr
    running.kill()
    running.wait()
    backups.take()
    backups.verify("--read-data")
