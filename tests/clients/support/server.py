"""The server under test as a process: started on free loopback ports with known root credentials, stopped by pid.

Knows the contract (flags, environment, health, signals) and nothing about S3.
"""

import functools
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from .credentials import ROOT

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def binary():
    """The binary that `cargo xtask test` built, or the development one."""
    chosen = os.environ.get("STRONGROOM_BINARY")
    return pathlib.Path(chosen) if chosen else REPOSITORY / "target" / "debug" / "strongroom"


@functools.cache
def offers(flag):
    """Does `strongroom serve` know this flag? Some come with later capabilities."""
    done = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True, timeout=30, check=False)
    return flag in done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server on one data directory. The port stays the same over restarts.

    `environment` adds variables to those that it sets; None takes one away. `data` may lie apart from the log.
    With `devices` there are so many data directories beside each other. `before` is called in each new process before it
    becomes the server.
    """

    def __init__(self, folder, arguments=(), environment=None, data=None, devices=1, before=None):
        self.data = pathlib.Path(data or folder) / "data"
        self.devices = [self.data / f"d{number}" for number in range(devices)] if devices > 1 else []
        self.log = pathlib.Path(folder) / "server.log"
        self.port = free_port()
        self.arguments = [str(argument) for argument in arguments]
        self.environment = environment or {}
        self.scheme = "https" if "--tls-cert" in self.arguments else "http"
        self.before = before
        self.process = None

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self):
        return f"{self.scheme}://{self.host}"

    def command(self):
        command = [str(binary()), "serve", "--listen", self.host]
        for device in self.devices or [self.data]:
            command += ["--data", str(device)]
        if offers("--console"):
            command += ["--console", f"127.0.0.1:{free_port()}"]
        return command + self.arguments

    def start(self, ready_within=20.0):
        """Starts it and waits until it says that it is ready; answers how long that took, in seconds."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "STRONGROOM_ROOT_ACCESS_KEY": ROOT.access_key,
            "STRONGROOM_ROOT_SECRET_KEY": ROOT.secret_key,
            **self.environment,
        }
        environment = {name: value for name, value in environment.items() if value is not None}
        start = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), env=environment, stdout=log, stderr=log, preexec_fn=self.before
            )
        while not self.is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() - start > ready_within:
                self.kill()
                raise AssertionError(f"the server was not ready in {ready_within} s:\n{self.tail()}")
            time.sleep(0.01)
        return time.monotonic() - start

    def is_ready(self):
        if self.scheme == "https":
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        try:
            with urllib.request.urlopen(f"{self.endpoint}/-/health/ready", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, within=60.0):
        """SIGTERM drains; what was started must end with 0."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise AssertionError(f"the server did not drain in {within} s:\n{self.tail()}") from late
        assert code == 0, f"the server ended with {code}:\n{self.tail()}"

    def kill(self):
        """kill -9: no drain, no last sync."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    def restart(self, ready_within=20.0):
        self.stop()
        return self.start(ready_within)

    def memory_kib(self):
        """Resident memory that no file backs: pages of mapped data files belong to the kernel's cache."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
        raise AssertionError("the kernel tells no RssAnon")

    def tail(self, size=4000):
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else "(no log)"
