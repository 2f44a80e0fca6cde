"""Command-line programs as a user runs them: a shell, a folder, the usual AWS variables and nothing else."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import time

from .credentials import ROOT

PROGRAMS = pathlib.Path(sys.executable).parent


@dataclasses.dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def lines(self):
        """What stays on a terminal: a progress line ends with a carriage return and is overwritten."""
        shown = (line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in self.out.split("\n"))
        return [line for line in shown if line]


def environment(server, home, credentials=ROOT):
    """The variables that the documents ask for, and a home of its own."""
    return {
        "PATH": f"{PROGRAMS}:{os.environ.get('PATH', '')}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONWARNINGS": "ignore",
    }


class Shell:
    """A user's shell in a folder."""

    def __init__(self, server, folder, credentials=ROOT):
        self.folder = pathlib.Path(folder)
        self.environment = environment(server, folder, credentials)

    def run(self, line, given="", timeout=120, **variables):
        """Runs one line, whatever becomes of it. A variable that is None is taken away."""
        merged = {**self.environment, **variables}
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env={name: value for name, value in merged.items() if value is not None},
            input=given.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def __call__(self, line, given="", **variables):
        """Runs one line that must succeed."""
        outcome = self.run(line, given, **variables)
        assert outcome.code == 0, f"{line}\n{outcome.out}\n{outcome.err}"
        return outcome

    def write(self, name, content=b"hello\n"):
        """A file of a while ago: S3's times are whole seconds, so a sync takes a file and an upload of the same
        second for a file that is newer than its object."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        before = time.time() - 10
        os.utime(path, (before, before))
        return path

    def read(self, name):
        return (self.folder / name).read_bytes()
