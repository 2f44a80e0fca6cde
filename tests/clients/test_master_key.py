"""The master key: drawn once, kept private, and no other opens the site."""

import base64
import stat

import pytest

from support import boto
from support.server import Server


def test_it_is_drawn_once_and_kept_private(start):
    private = start()
    kept = private.data / "master-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    first = kept.read_text()
    assert len(base64.b64decode(first)) == 32
    private.restart()
    assert kept.read_text() == first


@pytest.mark.parametrize("other", ["missing", "another", "damaged", "readable"])
def test_a_site_starts_with_no_other_key(start, other):
    private = start()
    private.stop()
    kept = private.data / "master-key"
    first = kept.read_text()
    if other == "missing":
        kept.unlink()
    elif other == "another":
        kept.write_text(base64.b64encode(bytes(32)).decode())
    elif other == "damaged":
        kept.write_text(first[:20])
    else:
        kept.chmod(0o644)
    with pytest.raises(AssertionError, match="the server ended with [1-9]"):
        private.start()
    assert "master" in private.tail() and first.strip() not in private.tail(100_000)
    kept.write_text(first)
    kept.chmod(0o600)
    private.start()
    assert boto.client(private).list_buckets()["Buckets"] == []


def test_the_environment_s_key_is_kept_nowhere(tmp_path):
    key = base64.b64encode(bytes(range(32))).decode()
    private = Server(tmp_path, environment={"STRONGROOM_MASTER_KEY": key})
    private.start()
    private.stop()
    assert not (private.data / "master-key").exists()
    private.environment = {"STRONGROOM_MASTER_KEY": base64.b64encode(bytes(32)).decode()}
    with pytest.raises(AssertionError, match="the server ended with [1-9]"):
        private.start()
    private.environment = {"STRONGROOM_MASTER_KEY": key}
    private.start()
    private.stop()
