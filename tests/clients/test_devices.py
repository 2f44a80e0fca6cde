"""Several devices: any two of six may die, lie or rot; they are taken out, repaired, drained, added and returned."""

import itertools
import json
import shutil
import time

import pytest

from support import boto
from support.command import Shell
from support.credentials import Credentials
from support.devices import DAMAGES, Load, away, flipped, frozen, removed
from support.operating import Operator
from support.server import Server, binary
from support.site import EU

PAIRS = list(itertools.combinations(range(6), 2))


@pytest.fixture
def site(start, tmp_path):
    def begin(devices, arguments=()):
        server = start(devices=devices, arguments=arguments)
        boto.client(server).create_bucket(Bucket="bucket", **EU)
        return server, Operator(server, tmp_path)

    return begin


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{first}-{second}" for first, second in PAIRS])
def test_no_acknowledged_object_is_lost_with_any_two_of_six_devices(site, pair):
    server, operator = site(6)
    kinds = PAIRS.index(pair)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=15)
        for place, number in enumerate(pair):
            DAMAGES[(kinds + place * (1 + kinds // 4)) % len(DAMAGES)](server.devices[number])
        load.run_for(2, objects=15)
        load.check()
    load.check()
    operator.run("repair")
    load.check()
    assert operator.status()["repair"]["chunks_lost"] == 0
    server.restart()
    load.check()


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{first}-{second}" for first, second in PAIRS])
def test_devices_that_turn_read_only_are_taken_out_and_writes_go_on(site, pair):
    server, operator = site(6)
    try:
        with Load(server, "bucket") as load:
            load.run_for(0.5, objects=15)
            if not all(frozen(server.devices[number]) for number in pair):
                pytest.skip("this file system keeps no file from being written")
            load.run_for(2, objects=15)
            for number in pair:
                operator.wait_for_state(number, "out")
            load.check()
        operator.run("repair")
        load.check()
    finally:
        for number in pair:
            frozen(server.devices[number], False)


def test_repair_restores_full_parity_so_that_two_more_may_go(site):
    server, operator = site(6)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=20)
    for gone in [(4, 1), (0, 3)]:
        for number in gone:
            removed(server.devices[number])
            operator.wait_for_state(number, "out")
        operator.run("repair")
        # What the parity leaves: three copies of the catalog, two where only two devices are left.
        operator.wait_for_catalog(3 if gone == (4, 1) else 2)
        load.check()
    assert operator.status()["layout"] == "1+1"
    boto.client(server).put_object(Bucket="bucket", Key="still", Body=b"written")


def test_every_device_that_fails_under_writes_is_repaired_unasked(site):
    server, operator = site(6)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=20)
        for number in [1, 4]:
            away(server.devices[number])
            operator.wait_for_state(number, "out")
            load.run_for(0.5, objects=10)
    operator.wait(lambda status: status["repair"]["idle"])
    for number in [0, 3]:
        away(server.devices[number])
        operator.wait_for_state(number, "out")
    load.check()


def test_a_device_that_was_away_is_let_in_again_and_repaired(site):
    server, operator = site(4)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=10)
        away(server.devices[2])
        operator.wait_for_state(2, "out")
        load.run_for(0.5, objects=10)
        server.devices[2].with_name("d2-away").rename(server.devices[2])
        operator.wait_for_state(2, "in")
        load.run_for(0.5, objects=10)
    operator.run("repair")
    load.check()
    for number in [0, 1]:
        away(server.devices[number])
        operator.wait_for_state(number, "out")
    load.check()


def test_a_device_taken_out_stays_out_until_it_is_returned_and_may_go_once_it_is_repaired(site):
    server, operator = site(6)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=20)
    operator.run("repair")
    operator.run("device out 5")
    time.sleep(12)
    device = operator.status()["devices"][5]
    assert (device["state"], device["reason"]) == ("out", "by order")
    operator.run("device return 5")
    assert operator.states()[5] == "in"
    operator.run("device out 5")
    while (done := operator.shell.run(f"{binary()} device remove 5")).code != 0:
        assert "wait until the repair is done" in done.err
        time.sleep(0.1)
    for number in [0, 3]:
        removed(server.devices[number])
        operator.wait_for_state(number, "out")
    load.check()


def test_a_drained_device_is_empty_and_may_be_removed(site):
    server, operator = site(4)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=10)
        operator.run("device drain 0")
        load.run_for(0.2, objects=5)
    assert operator.states()[0] == "draining"
    operator.run("device remove 0")
    assert operator.states()[0] == "removed"
    load.check()
    server.stop()
    shutil.rmtree(server.devices.pop(0))
    server.start()
    load.check()
    done = operator.shell.run(f"{binary()} device remove 1")
    assert done.code == 1 and "drain it first" in done.err


def test_an_added_device_takes_part_and_gets_what_was_missing(site, tmp_path):
    server, operator = site(3)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=10)
        removed(server.devices[1])
        operator.wait_for_state(1, "out")
        added = json.loads(operator.run(f"device add {tmp_path / 'd9'} --json"))
        assert added == {"number": 3}
        load.run_for(0.5, objects=10)
    operator.run("repair")
    load.check()
    assert operator.status()["layout"] == "2+1"
    removed(server.devices[0])
    operator.wait_for_state(0, "out")
    load.check()
    server.devices = [server.devices[2], tmp_path / "d9"]
    server.restart()
    load.check()


def test_parity_may_be_chosen_and_is_kept(site):
    server, operator = site(5, arguments=["--parity", "1"])
    assert (operator.status()["layout"], operator.status()["parity"]) == ("4+1", 1)
    server.arguments = []
    server.restart()
    assert operator.status()["layout"] == "4+1"


def test_storage_classes_of_less_redundancy_take_less_space(site):
    server, operator = site(6)
    s3 = boto.client(server)

    def live():
        return sum(device.get("live_bytes", 0) for device in operator.status()["devices"])

    s3.put_object(Bucket="bucket", Key="full", Body=bytes(4 << 20))
    full = live()
    s3.put_object(Bucket="bucket", Key="less", Body=bytes(4 << 20), StorageClass="REDUCED_REDUNDANCY")
    assert 1.45 * (4 << 20) < full < 1.55 * (4 << 20)
    assert 1.2 * (4 << 20) < live() - full < 1.3 * (4 << 20)


def test_a_start_without_more_than_half_is_refused_until_told_otherwise(site):
    server, operator = site(4)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=15)
    server.stop()
    for number in [1, 3]:
        shutil.rmtree(server.devices[number])
    server.devices = [server.devices[0], server.devices[2]]
    with pytest.raises(AssertionError, match="--without"):
        server.start()
    server.arguments = ["--without", "1", "--without", "3"]
    server.start()
    load.check()
    assert [operator.states()[number] for number in [1, 3]] == ["removed", "removed"]
    # Nobody need ask: what lay on them is repaired.
    operator.wait(lambda status: status["repair"]["idle"] and status["repair"]["chunks_mended"] > 0)
    operator.wait_for_catalog(2)
    removed(server.devices[0])
    operator.wait_for_state(0, "out")
    load.check()


@pytest.mark.parametrize("device", [0, 3])
def test_a_device_of_another_site_or_full_of_strangers_is_refused_and_left_alone(site, tmp_path, device):
    server, _ = site(4)
    server.stop()
    other = Server(tmp_path, devices=2)
    other.start()
    other.stop()
    strangers = tmp_path / "photos"
    strangers.mkdir()
    (strangers / "holiday.jpg").write_bytes(b"jpg")
    for wrong, message in [(other.devices[0], "site"), (strangers, "holiday.jpg")]:
        server.devices[device], kept = wrong, server.devices[device]
        before = {path: path.read_bytes() for path in wrong.rglob("*") if path.is_file()}
        with pytest.raises(AssertionError, match=message):
            server.start()
        assert {path: path.read_bytes() for path in wrong.rglob("*") if path.is_file()} == before
        server.devices[device] = kept
    server.start()
    other.start()
    other.stop()


def test_two_servers_never_share_a_device(site, tmp_path):
    server, _ = site(2)
    second = Server(tmp_path, devices=2)
    second.devices[1] = server.devices[1]
    with pytest.raises(AssertionError, match="another server"):
        second.start()


def test_secrets_outlive_the_device_that_had_them_first(start, tmp_path):
    drawn = {"STRONGROOM_ROOT_ACCESS_KEY": None, "STRONGROOM_ROOT_SECRET_KEY": None}
    server = start(devices=3, environment=drawn)
    kept = (server.devices[0] / "root-credentials.json").read_bytes()
    server.stop()
    shutil.rmtree(server.devices[0])
    server.start()
    for device in server.devices[1:]:
        assert (device / "root-credentials.json").read_bytes() == kept
        assert (device / "master-key").stat().st_mode & 0o777 == 0o600


def test_an_added_device_keeps_the_secrets_and_shows_them_to_nobody(start, tmp_path):
    server = start(devices=2, environment={"STRONGROOM_ROOT_ACCESS_KEY": None, "STRONGROOM_ROOT_SECRET_KEY": None})
    drawn = json.loads((server.devices[0] / "root-credentials.json").read_text())
    added = tmp_path / "d9"
    added.mkdir(mode=0o755)
    shell = Shell(server, tmp_path, Credentials(drawn["access_key"], drawn["secret_key"]))
    shell(f"{binary()} device add {added}")
    assert added.stat().st_mode & 0o777 == 0o700
    for name in ("root-credentials.json", "master-key"):
        assert (added / name).read_bytes() == (server.devices[0] / name).read_bytes()
        assert (added / name).stat().st_mode & 0o777 == 0o600


def test_rot_in_one_copy_of_the_catalog_is_told_from_a_dead_device(site):
    server, operator = site(4)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=20)
    server.stop()
    for name in ["index", "journal"]:
        flipped(server.devices[0] / name)
    server.start()
    load.check()
    operator.wait_for_catalog(3)
    load.check()


def test_a_copy_of_the_catalog_that_can_not_be_opened_costs_the_copy_and_not_the_device(site):
    server, operator = site(4)
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=10)
    server.stop()
    with (server.devices[1] / "index" / "tree").open("r+b") as file:
        file.write(bytes(96 << 10))
    server.start()
    assert operator.states()[1] == "in"
    operator.wait_for_catalog(3)
    for number in [0, 2]:
        removed(server.devices[number])
        operator.wait_for_state(number, "out")
    load.check()


def test_scrub_finds_rot_and_has_it_mended_and_verify_says_so(site):
    server, operator = site(4, arguments=["--scrub-rate", "1GiB"])
    with Load(server, "bucket") as load:
        load.run_for(0.5, objects=30)
    assert "0 findings" in operator.run("verify")
    for path in (server.devices[1] / "volumes").glob("*.vol"):
        with path.open("r+b") as file:
            for offset in range(5_000, path.stat().st_size, 40_000):
                file.seek(offset)
                byte = file.read(1) or b"\0"
                file.seek(offset)
                file.write(bytes([byte[0] ^ 0x20]))
    assert "were not what was written" in operator.run("scrub")
    operator.run("repair")
    operator.run("verify")
    assert operator.states()[1] == "in"
    for number in [0, 2]:
        removed(server.devices[number])
        operator.wait_for_state(number, "out")
    load.check()
