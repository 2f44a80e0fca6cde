"""The user documents' shell commands, as they print them, and what they say that each prints.

Only AWS_ENDPOINT_URL and credentials are set. Bucket names are the documents' own, so each document gets a
server to itself. Windows' `.\\name` is Linux' `./name`.
"""

import json
import re

import pytest

from support.command import Shell
from support.credentials import ROOT

LISTED = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def aws(start, tmp_path):
    return Shell(start(), tmp_path)


def test_a_first_bucket_from_the_command_line(aws):
    aws.write("sampletext.txt", b"sample text\n")
    assert aws("aws s3 ls").lines == []
    assert aws("aws s3 mb s3://tech230-esther-bucket").lines == ["make_bucket: tech230-esther-bucket"]
    assert re.fullmatch(rf"{LISTED} tech230-esther-bucket", aws("aws s3 ls").lines[0])
    assert aws("aws s3 cp sampletext.txt s3://tech230-esther-bucket").lines == [
        "upload: ./sampletext.txt to s3://tech230-esther-bucket/sampletext.txt"
    ]
    assert aws("aws s3 sync s3://tech230-esther-bucket s3-downloads").lines == [
        "download: s3://tech230-esther-bucket/sampletext.txt to s3-downloads/sampletext.txt"
    ]
    assert aws.read("s3-downloads/sampletext.txt") == b"sample text\n"
    assert aws("aws s3 rm s3://tech230-esther-bucket/sampletext.txt").lines == [
        "delete: s3://tech230-esther-bucket/sampletext.txt"
    ]
    aws("aws s3 cp sampletext.txt s3://tech230-esther-bucket")
    assert aws("aws s3 rm s3://tech230-esther-bucket --recursive").lines == [
        "delete: s3://tech230-esther-bucket/sampletext.txt"
    ]
    assert aws("aws s3 rb s3://tech230-esther-bucket").lines == ["remove_bucket: tech230-esther-bucket"]
    assert aws("aws s3 ls").lines == []


def test_configure_asks_for_keys_and_the_profile_then_signs(aws):
    bare = {name: None for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")}
    asked = aws("aws configure", f"{ROOT.access_key}\n{ROOT.secret_key}\neu-west-1\njson\n", **bare)
    assert asked.out == (
        "AWS Access Key ID [None]: AWS Secret Access Key [None]: Default region name [None]: "
        "Default output format [None]: "
    )
    aws("aws s3 mb s3://configured", **bare)
    assert aws("aws s3 ls", **bare).lines[0].endswith(" configured")
    # Enter keeps what is there; the secret is shown masked.
    again = aws("aws configure", "\n\n\n\n", **bare)
    assert again.out.endswith("Default region name [eu-west-1]: Default output format [json]: ")
    assert aws("aws s3 ls", **bare).lines[0].endswith(" configured")


def test_s3_from_a_virtual_machine(aws):
    aws.write("sampletext.txt", b"sample text\n")
    (aws.folder / "directory").mkdir()
    assert aws("python3 --version").out.startswith("Python 3")
    assert aws("aws --version").out.startswith("aws-cli/1.")
    # No LocationConstraint beside a region that is not us-east-1: this endpoint takes it.
    created = aws("aws s3api create-bucket --bucket tech230-esther-bucket --region eu-west-1")
    assert "tech230-esther-bucket" in json.loads(created.out)["Location"]
    assert re.fullmatch(rf"{LISTED} tech230-esther-bucket", aws("aws s3 ls").lines[0])
    assert aws("aws s3 cp ~/sampletext.txt s3://tech230-esther-bucket/sampletext.txt").lines == [
        "upload: ./sampletext.txt to s3://tech230-esther-bucket/sampletext.txt"
    ]
    listed = aws("aws s3 ls s3://tech230-esther-bucket").lines
    assert len(listed) == 1 and re.fullmatch(rf"{LISTED} +12 sampletext.txt", listed[0])
    # The document's home is /home/ubuntu.
    assert aws("aws s3 cp s3://tech230-esther-bucket/sampletext.txt ~/directory").lines == [
        "download: s3://tech230-esther-bucket/sampletext.txt to directory/sampletext.txt"
    ]
    assert aws("ls ~/directory").lines == ["sampletext.txt"]
    assert aws("aws s3 rm s3://tech230-esther-bucket/sampletext.txt").lines == [
        "delete: s3://tech230-esther-bucket/sampletext.txt"
    ]
    aws("aws s3 cp ~/sampletext.txt s3://tech230-esther-bucket/sampletext.txt")
    aws("aws s3 cp ~/sampletext.txt s3://tech230-esther-bucket/again.txt")
    deleted = aws("aws s3 rm s3://tech230-esther-bucket --recursive").lines
    assert sorted(deleted) == [
        "delete: s3://tech230-esther-bucket/again.txt",
        "delete: s3://tech230-esther-bucket/sampletext.txt",
    ]
    aws("aws s3 cp ~/sampletext.txt s3://tech230-esther-bucket/sampletext.txt")
    assert aws("aws s3 rb s3://tech230-esther-bucket --force").lines == [
        "delete: s3://tech230-esther-bucket/sampletext.txt",
        "remove_bucket: tech230-esther-bucket",
    ]
    assert aws("aws s3 ls").lines == []


def test_the_short_list_of_commands(aws):
    # Printed without `s3`: the command line itself refuses it, before any server is asked; so with AWS too.
    short = aws.run("aws mb s3://name")
    assert short.code == 2 and "argument command: Invalid choice" in short.err
    assert aws("aws s3 mb s3://name").lines == ["make_bucket: name"]
    aws.write("file-name")
    aws("aws s3 cp file-name s3://name")
    assert aws("aws s3 rm s3://name/file-name").lines == ["delete: s3://name/file-name"]
    assert aws("aws s3 rb s3://name").lines == ["remove_bucket: name"]


def test_a_touched_file_goes_up_empty(aws):
    assert aws("aws s3 mb s3://alex-tech201").lines == ["make_bucket: alex-tech201"]
    aws("touch file")
    assert aws("aws s3 cp file s3://alex-tech201").lines == ["upload: ./file to s3://alex-tech201/file"]
    assert re.fullmatch(rf"{LISTED} +0 file", aws("aws s3 ls s3://alex-tech201").lines[0])


def test_a_folder_is_backed_up_brought_back_and_its_bucket_removed(aws):
    for name in ("a.txt", "deep/er/b.txt"):
        aws.write(f"local-folder/{name}", name.encode())
    assert aws("aws s3 mb s3://your-bucket-name").lines == ["make_bucket: your-bucket-name"]
    up = aws("aws s3 sync local-folder s3://your-bucket-name/path/to/backup").lines
    assert sorted(up) == [
        "upload: local-folder/a.txt to s3://your-bucket-name/path/to/backup/a.txt",
        "upload: local-folder/deep/er/b.txt to s3://your-bucket-name/path/to/backup/deep/er/b.txt",
    ]
    assert aws("aws s3 sync local-folder s3://your-bucket-name/path/to/backup").lines == []
    down = aws("aws s3 cp --recursive s3://your-bucket-name/path/to/backup restored").lines
    assert sorted(down) == [
        "download: s3://your-bucket-name/path/to/backup/a.txt to restored/a.txt",
        "download: s3://your-bucket-name/path/to/backup/deep/er/b.txt to restored/deep/er/b.txt",
    ]
    assert aws.read("restored/deep/er/b.txt") == b"deep/er/b.txt"
    kept = aws.run("aws s3 rb s3://your-bucket-name")
    assert kept.code == 1
    assert kept.err.strip().endswith(
        "remove_bucket failed: s3://your-bucket-name An error occurred (BucketNotEmpty) when calling the "
        "DeleteBucket operation: The bucket you tried to delete is not empty"
    )
    gone = aws("aws s3 rb --force s3://your-bucket-name").lines
    assert gone[-1] == "remove_bucket: your-bucket-name" and len(gone) == 3


def test_versions_are_kept_listed_and_fetched(aws):
    aws("aws s3 mb s3://bucket-name")
    aws(
        "aws s3api put-bucket-versioning \\\n"
        "--bucket bucket-name \\\n"
        "--versioning-configuration Status=Enabled"
    )
    for text in (b"first\n", b"second\n"):
        aws.write("your-key", text)
        aws("aws s3 cp your-key s3://bucket-name")
    aws("aws s3 cp your-key s3://bucket-name/other")
    # The document breaks its line before `--prefix`; a shell would take that for a command of its own.
    listed = json.loads(
        aws("aws s3api list-object-versions \\\n--bucket bucket-name \\\n--prefix your-key \\\n").out
    )["Versions"]
    assert [(version["Key"], version["IsLatest"], version["Size"]) for version in listed] == [
        ("your-key", True, 7),
        ("your-key", False, 6),
    ]
    for version, text in zip(listed, (b"second\n", b"first\n"), strict=True):
        aws(
            "aws \\\ns3api get-object \\\n--bucket bucket-name \\\n--key your-key \\\n"
            f"--version-id {version['VersionId']} \\\nyour-local-file"
        )
        assert aws.read("your-local-file") == text
