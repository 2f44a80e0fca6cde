"""What an operator runs against a server, and what its status tells."""

import json
import time

from .command import Shell
from .server import binary


class Operator:
    """Runs `strongroom status`, `device`, `repair` and their kind."""

    def __init__(self, server, folder):
        self.server = server
        self.shell = Shell(server, folder)

    def run(self, line):
        done = self.shell.run(f"{binary()} {line}")
        assert done.code == 0, f"{line}: {done.err}\n{self.server.tail()}"
        return done.out

    def status(self):
        return json.loads(self.run("status --json"))

    def states(self):
        return {device["number"]: device["state"] for device in self.status()["devices"]}

    def wait(self, wanted, within=40):
        start = time.monotonic()
        while not wanted(status := self.status()):
            assert time.monotonic() - start < within, f"{status}\n{self.server.tail()}"
            time.sleep(0.1)

    def wait_for_state(self, number, state):
        self.wait(lambda status: any(
            device["number"] == number and device["state"] == state for device in status["devices"]
        ))

    def wait_for_catalog(self, copies):
        self.wait(lambda status: sum(device.get("catalog") == "whole" for device in status["devices"]) == copies)


def fills(status):
    """What lives on each device, by number."""
    return {device["number"]: device["live_bytes"] for device in status["devices"]}


def spread(status):
    """How much fuller than the emptiest device the fullest one is."""
    of = fills(status).values()
    return max(of) - min(of)
