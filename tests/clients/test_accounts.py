"""Accounts by `strongroom account …`: made, listed, deleted; none sees another's buckets."""

import json
import re
import stat

import pytest

from support import boto, raw
from support.boto import refused
from support.command import Shell
from support.credentials import Credentials
from support.server import binary
from support.signer import Signer


@pytest.fixture
def admin(start, tmp_path):
    """A shell of the administrator; `run(…)` is `strongroom account …`."""
    shell = Shell(start(), tmp_path)
    shell.run_account = lambda line, **how: shell.run(f"{binary()} account {line}", **how)
    return shell


def create(admin, name, more=""):
    done = admin.run_account(f"create {name} --json {more}")
    assert done.code == 0, done.err
    return json.loads(done.out)


def listed(admin):
    told = json.loads(admin.run_account("list --json").out)
    return told["accounts"] if isinstance(told, dict) else told


def server_of(admin):
    class Reached:
        endpoint = admin.environment["AWS_ENDPOINT_URL"]
        host = endpoint.removeprefix("http://")
        port = int(host.rsplit(":", 1)[1])

    return Reached


def credentials(account):
    return Credentials(account["access_key"], account["secret_key"])


def test_an_account_is_made_listed_and_deleted(admin):
    made = create(admin, "alice", "--email alice@example.com")
    assert re.fullmatch(r"\d{12}", made["id"]) and made["name"] == "alice"
    assert made["access_key"] and made["secret_key"]
    found = {account["name"]: account for account in listed(admin)}
    assert found["alice"]["id"] == made["id"] and found["alice"]["email"] == "alice@example.com"
    assert made["secret_key"] not in admin.run_account("list --json").out
    assert admin.run_account("delete alice").code == 0
    assert "alice" not in [account["name"] for account in listed(admin)]
    with refused("InvalidAccessKeyId", 403):
        boto.client(server_of(admin), credentials(made)).list_buckets()


def test_people_can_read_what_it_prints(admin):
    made = admin.run_account("create bob")
    assert made.code == 0 and "bob" in made.out and re.search(r"\d{12}", made.out)
    assert "bob" in admin.run_account("list").out


def test_keys_may_be_brought_along(admin):
    made = create(admin, "carol", "--access-key CAROLSOWNKEY00000000 --secret-key carols-own-secret-0123456789")
    assert (made["access_key"], made["secret_key"]) == ("CAROLSOWNKEY00000000", "carols-own-secret-0123456789")
    s3 = boto.client(server_of(admin), credentials(made))
    assert s3.list_buckets()["Buckets"] == []
    taken = admin.run_account("create dave --access-key CAROLSOWNKEY00000000 --secret-key another-secret-0123456789")
    assert taken.code != 0 and "CAROLSOWNKEY00000000" in taken.err
    half = admin.run_account("create dave --access-key ONLYAKEY")
    assert half.code != 0


def test_what_is_wrong_is_told(admin):
    create(admin, "alice")
    assert "exists" in admin.run_account("create alice").err
    assert "nobody" in admin.run_account("delete nobody").err
    for line in ("create alice", "delete nobody", "create ''", "delete root"):
        assert admin.run_account(line).code != 0, line
    away = admin.run_account("list", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert away.code != 0 and "127.0.0.1:1" in away.err


def test_only_the_root_account_administers(admin):
    alice = create(admin, "alice")
    as_alice = {"AWS_ACCESS_KEY_ID": alice["access_key"], "AWS_SECRET_ACCESS_KEY": alice["secret_key"]}
    for line in ("list", "create mallory", "delete alice"):
        refusal = admin.run_account(line, **as_alice)
        assert refusal.code != 0 and "AccessDenied" in refusal.err + refusal.out or "root" in refusal.err
    unsigned = raw.plain(server_of(admin), "GET", "/-/admin/v1/accounts")
    assert unsigned.status == 403
    assert raw.plain(server_of(admin), "GET", "/-/admin/v1/openapi.json").status == 200


def test_accounts_do_not_see_one_another_s_buckets(admin):
    reached = server_of(admin)
    alice = boto.client(reached, credentials(create(admin, "alice")))
    bob = boto.client(reached, credentials(create(admin, "bob")))
    alice.create_bucket(Bucket="alices", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    alice.put_object(Bucket="alices", Key="k", Body=b"private")
    assert [bucket["Name"] for bucket in alice.list_buckets()["Buckets"]] == ["alices"]
    assert bob.list_buckets()["Buckets"] == []
    names = {"Bucket": "alices", "Key": "k"}
    for call in (
        lambda: bob.get_object(**names),
        lambda: bob.put_object(**names, Body=b"mine now"),
        lambda: bob.delete_object(**names),
        lambda: bob.list_objects_v2(Bucket="alices"),
        lambda: bob.list_object_versions(Bucket="alices"),
        lambda: bob.list_multipart_uploads(Bucket="alices"),
        lambda: bob.create_multipart_upload(**names),
        lambda: bob.get_bucket_location(Bucket="alices"),
        lambda: bob.get_bucket_versioning(Bucket="alices"),
        lambda: bob.put_bucket_versioning(Bucket="alices", VersioningConfiguration={"Status": "Enabled"}),
        lambda: bob.delete_bucket(Bucket="alices"),
    ):
        with refused("AccessDenied", 403):
            call()
    # Each key answers for itself.
    errors = bob.delete_objects(Bucket="alices", Delete={"Objects": [{"Key": "k"}]})["Errors"]
    assert [(error["Key"], error["Code"]) for error in errors] == [("k", "AccessDenied")]
    with refused("403", 403):
        bob.head_object(**names)
    with refused("403", 403):
        bob.head_bucket(Bucket="alices")
    assert boto.body(alice.get_object(**names)) == b"private"


def test_a_copy_needs_both_sides(admin):
    reached = server_of(admin)
    alice = boto.client(reached, credentials(create(admin, "alice")))
    bob = boto.client(reached, credentials(create(admin, "bob")))
    for client, bucket in ((alice, "alices"), (bob, "bobs")):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    alice.put_object(Bucket="alices", Key="k", Body=b"private")
    with refused("AccessDenied", 403):
        bob.copy_object(Bucket="bobs", Key="k", CopySource={"Bucket": "alices", "Key": "k"})
    with refused("AccessDenied", 403):
        alice.copy_object(Bucket="bobs", Key="k", CopySource={"Bucket": "alices", "Key": "k"})
    upload = bob.create_multipart_upload(Bucket="bobs", Key="m")["UploadId"]
    with refused("AccessDenied", 403):
        bob.upload_part_copy(
            Bucket="bobs", Key="m", UploadId=upload, PartNumber=1, CopySource={"Bucket": "alices", "Key": "k"}
        )


def test_a_name_that_another_account_has_is_taken(admin):
    reached = server_of(admin)
    alice = boto.client(reached, credentials(create(admin, "alice")))
    bob = boto.client(reached, credentials(create(admin, "bob")))
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    alice.create_bucket(Bucket="wanted", **where)
    with refused("BucketAlreadyExists", 409):
        bob.create_bucket(Bucket="wanted", **where)
    alice.delete_bucket(Bucket="wanted")
    bob.create_bucket(Bucket="wanted", **where)


def test_an_account_with_buckets_stays(admin):
    made = create(admin, "alice")
    alice = boto.client(server_of(admin), credentials(made))
    alice.create_bucket(Bucket="alices", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert admin.run_account("delete alice").code != 0
    alice.delete_bucket(Bucket="alices")
    assert admin.run_account("delete alice").code == 0


def test_accounts_survive_a_restart(start, tmp_path):
    server = start()
    shell = Shell(server, tmp_path)
    made = json.loads(shell(f"{binary()} account create alice --json").out)
    boto.client(server, credentials(made)).create_bucket(
        Bucket="alices", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    server.restart()
    listed = boto.client(server, credentials(made)).list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in listed] == ["alices"]


def test_secrets_lie_in_no_readable_file(start, tmp_path):
    server = start()
    Shell(server, tmp_path)(f"{binary()} account create alice --json")
    assert stat.S_IMODE(server.data.stat().st_mode) & 0o077 == 0 or all(
        stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in server.data.rglob("*") if path.is_file()
    )


def test_a_signature_for_one_account_is_none_for_another(admin):
    alice, bob = create(admin, "alice"), create(admin, "bob")
    mixed = Credentials(alice["access_key"], bob["secret_key"])
    answer = raw.call(server_of(admin), "GET", "/", signer=Signer(mixed))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
