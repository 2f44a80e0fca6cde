"""A device that was added gets its part of what is there: by itself, visibly, held and let go, over kill -9 as well."""

import time

import pytest

from support import boto
from support.churn import MIB, Churn
from support.operating import Operator, fills, spread
from support.site import EU

ARGUMENTS = ["--volume-max", "4MiB", "--rebalance-at", "8MiB"]


@pytest.fixture
def filled(start, tmp_path):
    """Three devices, and a fourth that is not added yet."""

    def begin(*arguments):
        server = start(devices=3, arguments=[*ARGUMENTS, *arguments])
        boto.client(server).create_bucket(Bucket="even", **EU)
        churn = Churn(server, "even")
        churn.churn(64 * MIB)
        return server, churn, Operator(server, tmp_path), server.data / "d3"

    return begin


def test_shards_move_to_an_added_device_until_all_are_even(filled):
    _, churn, operator, added = filled()
    assert "rebalance: nothing to do" in operator.run("status")
    operator.run(f"device add {added}")
    churn.churn(8 * MIB)
    assert "as even as they get" in operator.run("rebalance")
    status = operator.status()
    assert spread(status) <= 9 * MIB
    rebalance = status["rebalance"]
    assert not rebalance["running"] and rebalance["bytes"] > 0
    churn.check()
    assert "0 findings" in operator.run("verify")


def test_a_rebalance_is_held_over_restarts_and_goes_on_after_kill_9(filled):
    server, churn, operator, added = filled("--reclaim-rate", "2MiB")
    operator.run("rebalance --pause")
    operator.run(f"device add {added}")
    server.devices.append(added)
    server.restart()
    time.sleep(6)
    assert operator.status()["rebalance"]["paused"]
    assert "rebalance: paused" in operator.run("status")
    assert fills(operator.status())[3] < 2 * MIB
    operator.run("rebalance --resume")
    operator.wait(lambda status: status["rebalance"]["bytes"] > MIB, within=60)
    status = operator.status()["rebalance"]
    assert status["running"] and status["bytes"] < status["bytes_total"]
    time.sleep(2.5)
    server.kill()
    server.arguments = ARGUMENTS
    server.start()
    operator.wait(lambda status: spread(status) <= 9 * MIB, within=60)
    operator.wait(lambda status: not status["rebalance"]["running"], within=60)
    # The count went on where it was.
    assert operator.status()["rebalance"]["bytes"] > status["bytes"]
    churn.check()
    assert "0 findings" in operator.run("verify")
