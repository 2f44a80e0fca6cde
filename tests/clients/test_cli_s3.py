"""`aws s3` beyond the documents: folders, filters, pipes, moves, large files, errors and exit codes."""

import re

import pytest

from support import boto
from support.content import content, multipart_etag

MIB = 1024 * 1024


@pytest.fixture
def tree(shell):
    """A small folder of files."""
    files = {"a.txt": b"a", "b.log": b"bb", "deep/c.txt": b"ccc", "deep/er/d e.txt": b"dddd", "empty": b""}
    for name, data in files.items():
        shell.write(f"tree/{name}", data)
    return files


def test_ls_shows_folders_and_files(shell, bucket, tree):
    shell(f"aws s3 cp --recursive --quiet tree s3://{bucket}/t")
    listed = shell(f"aws s3 ls s3://{bucket}/t/").lines
    assert listed[0] == "                           PRE deep/"
    assert [line.split()[-2:] for line in listed[1:]] == [["1", "a.txt"], ["2", "b.log"], ["0", "empty"]]
    everything = shell(f"aws s3 ls s3://{bucket} --recursive --human-readable --summarize").lines
    assert everything[-2:] == ["Total Objects: 5", "   Total Size: 10 Bytes"]
    assert any(line.endswith("4 Bytes t/deep/er/d e.txt") for line in everything)


def test_ls_of_what_is_absent_fails(shell, bucket):
    nothing = shell.run(f"aws s3 ls s3://{bucket}/absent")
    assert nothing.code == 1 and nothing.out == ""
    gone = shell.run("aws s3 ls s3://no-such-bucket-here")
    assert gone.code != 0
    assert "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist" in gone.err


def test_sync_moves_only_what_changed(shell, bucket, tree):
    shell(f"aws s3 sync tree s3://{bucket}")
    assert shell(f"aws s3 sync tree s3://{bucket}").lines == []
    shell.write("tree/a.txt", b"changed")
    (shell.folder / "tree/b.log").unlink()
    assert sorted(shell(f"aws s3 sync tree s3://{bucket} --delete").lines) == [
        f"delete: s3://{bucket}/b.log",
        f"upload: tree/a.txt to s3://{bucket}/a.txt",
    ]
    shell(f"aws s3 sync s3://{bucket} copy")
    assert shell.read("copy/a.txt") == b"changed" and shell.read("copy/deep/er/d e.txt") == b"dddd"
    assert shell(f"aws s3 sync s3://{bucket} copy").lines == []


def test_filters_choose_files(shell, bucket, tree):
    up = shell(f"aws s3 cp --recursive tree s3://{bucket} --exclude '*' --include '*.txt'").lines
    assert sorted(up) == [
        f"upload: tree/a.txt to s3://{bucket}/a.txt",
        f"upload: tree/deep/c.txt to s3://{bucket}/deep/c.txt",
        f"upload: tree/deep/er/d e.txt to s3://{bucket}/deep/er/d e.txt",
    ]
    gone = shell(f"aws s3 rm --recursive s3://{bucket} --exclude 'deep/*'").lines
    assert gone == [f"delete: s3://{bucket}/a.txt"]


def test_objects_move_and_copy_between_keys(shell, bucket):
    shell.write("f", b"moved\n")
    assert shell(f"aws s3 mv f s3://{bucket}/one").lines == [f"move: ./f to s3://{bucket}/one"]
    assert not (shell.folder / "f").exists()
    assert shell(f"aws s3 cp s3://{bucket}/one s3://{bucket}/two").lines == [f"copy: s3://{bucket}/one to s3://{bucket}/two"]
    assert shell(f"aws s3 mv s3://{bucket}/two s3://{bucket}/three").lines == [
        f"move: s3://{bucket}/two to s3://{bucket}/three"
    ]
    assert shell(f"aws s3 mv s3://{bucket}/three back").lines == [f"move: s3://{bucket}/three to ./back"]
    assert shell.read("back") == b"moved\n"
    assert [line.split()[-1] for line in shell(f"aws s3 ls s3://{bucket}").lines] == ["one"]


def test_pipes_stream_in_and_out(shell, bucket):
    shell(f"echo through a pipe | aws s3 cp - s3://{bucket}/piped")
    assert shell(f"aws s3 cp s3://{bucket}/piped -").out == "through a pipe\n"


def test_a_large_file_goes_by_parts(shell, s3, bucket):
    data = content("cli large", 20 * MIB + 7)
    shell.write("large", data)
    assert shell(f"aws s3 cp large s3://{bucket}").lines == [f"upload: ./large to s3://{bucket}/large"]
    parts = [data[at : at + 8 * MIB] for at in range(0, len(data), 8 * MIB)]
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"] == multipart_etag(parts)
    shell(f"aws s3 cp s3://{bucket}/large back")
    assert shell.read("back") == data
    # Parts copied on the server.
    shell(f"aws s3 cp s3://{bucket}/large s3://{bucket}/copied")
    assert s3.head_object(Bucket=bucket, Key="copied")["ContentLength"] == len(data)
    assert boto.body(s3.get_object(Bucket=bucket, Key="copied")) == data


def test_types_and_metadata_are_set(shell, s3, bucket):
    shell.write("page.html", b"<p>")
    shell(f"aws s3 cp page.html s3://{bucket} --metadata a=1 --cache-control no-cache --storage-class STANDARD_IA")
    head = s3.head_object(Bucket=bucket, Key="page.html")
    assert (head["ContentType"], head["CacheControl"], head["Metadata"]) == ("text/html", "no-cache", {"a": "1"})
    assert head["StorageClass"] == "STANDARD_IA"


def test_errors_end_with_one_and_say_why(shell, bucket):
    failed = shell.run(f"aws s3 cp s3://{bucket}/absent here")
    assert failed.code == 1
    assert failed.err.strip().endswith(
        "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"absent\" does not exist"
    )
    taken = shell.run(f"aws s3 mb s3://{bucket}")
    assert taken.code == 1
    assert taken.err.strip().endswith(
        f"make_bucket failed: s3://{bucket} An error occurred (BucketAlreadyOwnedByYou) when calling the CreateBucket "
        "operation: Your previous request to create the named bucket succeeded and you already own it."
    )
    illegal = shell.run("aws s3 mb s3://Illegal_Name")
    assert illegal.code == 1 and "InvalidBucketName" in illegal.err


def test_wrong_credentials_are_told(shell):
    wrong = shell.run("aws s3 ls", AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.code != 0 and "(SignatureDoesNotMatch)" in wrong.err
    unknown = shell.run("aws s3 ls", AWS_ACCESS_KEY_ID="UNKNOWNKEY0000000000")
    assert unknown.code != 0 and "(InvalidAccessKeyId)" in unknown.err


def test_presign_prints_a_url_that_works(shell, bucket):
    shell.write("f", b"presigned\n")
    shell(f"aws s3 cp f s3://{bucket}/f")
    url = shell(f"aws s3 presign s3://{bucket}/f --expires-in 60").out.strip()
    assert re.match(r"https?://", url)
    assert shell(f"curl -sf '{url}'").out == "presigned\n"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_any_region_is_accepted(shell, region):
    name = boto.fresh_name("region")
    assert shell(f"aws s3 mb s3://{name} --region {region}").lines == [f"make_bucket: {name}"]
    shell.write("f", b"f")
    shell(f"aws s3 cp f s3://{name} --region {region}")
    assert shell(f"aws s3 rb s3://{name} --force --region {region}").lines[-1] == f"remove_bucket: {name}"
