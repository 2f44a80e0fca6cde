"""Listings of objects: V1 and V2, delimiters, pages, markers, encodings, and their order."""

import pytest

from support import boto, raw
from support.boto import refused

KEYS = ["a", "a/1", "a/2", "a/b/3", "b", "b//x", "c/", "c/d", "e&f", "z ü"]


@pytest.fixture(scope="module")
def place(s3):
    """A bucket that this file only reads."""
    name = boto.fresh_name("listing")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key in reversed(KEYS):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    yield name
    boto.remove(s3, name)


def keys(response):
    return [entry["Key"] for entry in response.get("Contents", [])]


def prefixes(response):
    return [entry["Prefix"] for entry in response.get("CommonPrefixes", [])]


def test_all_keys_come_in_the_order_of_their_bytes(s3, place):
    expected = sorted(KEYS, key=str.encode)
    assert keys(s3.list_objects_v2(Bucket=place)) == keys(s3.list_objects(Bucket=place)) == expected
    listed = s3.list_objects_v2(Bucket=place)
    assert (listed["KeyCount"], listed["MaxKeys"], listed["IsTruncated"], listed["Name"]) == (10, 1000, False, place)
    first = listed["Contents"][0]
    assert (first["Size"], first["StorageClass"], len(first["ETag"])) == (1, "STANDARD", 34)
    assert "Owner" not in first
    assert s3.list_objects(Bucket=place)["Contents"][0]["Owner"]["ID"]
    assert s3.list_objects_v2(Bucket=place, FetchOwner=True)["Contents"][0]["Owner"]["ID"]


DELIMITED = [
    ("", "/", ["a", "b", "e&f", "z ü"], ["a/", "b/", "c/"]),
    ("a/", "/", ["a/1", "a/2"], ["a/b/"]),
    ("a", "/", ["a"], ["a/"]),
    ("c/", "/", ["c/", "c/d"], []),
    ("b", "//", ["b"], ["b//"]),
    ("", "b/", ["a", "a/1", "a/2", "b", "c/", "c/d", "e&f", "z ü"], ["a/b/", "b/"]),
    ("x", "/", [], []),
    ("a/", "", ["a/1", "a/2", "a/b/3"], []),
    ("", "ü", [key for key in KEYS if key != "z ü"], ["z ü"]),
]


@pytest.mark.parametrize(("prefix", "delimiter", "found", "common"), DELIMITED)
def test_a_delimiter_folds_what_lies_below_it(s3, place, prefix, delimiter, found, common):
    for call in (s3.list_objects_v2, s3.list_objects):
        listed = call(Bucket=place, Prefix=prefix, Delimiter=delimiter)
        assert (keys(listed), prefixes(listed)) == (found, common)
    assert s3.list_objects_v2(Bucket=place, Prefix=prefix, Delimiter=delimiter)["KeyCount"] == len(found) + len(common)


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize(("prefix", "delimiter"), [("", ""), ("", "/"), ("a", "/"), ("", "b/")])
def test_pages_of_any_size_make_the_whole(s3, place, size, prefix, delimiter):
    whole = s3.list_objects_v2(Bucket=place, Prefix=prefix, Delimiter=delimiter)
    found, token = [], {}
    while True:
        page = s3.list_objects_v2(Bucket=place, Prefix=prefix, Delimiter=delimiter, MaxKeys=size, **token)
        assert page["KeyCount"] == len(keys(page)) + len(prefixes(page)) <= size
        found += keys(page) + prefixes(page)
        if not page["IsTruncated"]:
            break
        assert page["KeyCount"] == size
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert sorted(found) == sorted(keys(whole) + prefixes(whole)) and len(found) == len(set(found))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_of_version_one_go_on_from_their_marker(s3, place, size, delimiter):
    whole = s3.list_objects(Bucket=place, Delimiter=delimiter)
    found, marker = [], ""
    while True:
        page = s3.list_objects(Bucket=place, Delimiter=delimiter, MaxKeys=size, Marker=marker)
        found += keys(page) + prefixes(page)
        if not page["IsTruncated"]:
            break
        # Without a delimiter there is no NextMarker: the last key serves.
        assert ("NextMarker" in page) == bool(delimiter)
        marker = page.get("NextMarker") or keys(page)[-1]
    assert sorted(found) == sorted(keys(whole) + prefixes(whole))


def test_start_after_and_marker_are_exclusive_and_need_not_exist(s3, place):
    assert keys(s3.list_objects_v2(Bucket=place, StartAfter="a/2"))[0] == "a/b/3"
    assert keys(s3.list_objects_v2(Bucket=place, StartAfter="a/20"))[0] == "a/b/3"
    assert keys(s3.list_objects(Bucket=place, Marker="a/2"))[0] == "a/b/3"
    assert keys(s3.list_objects_v2(Bucket=place, StartAfter="~~", MaxKeys=5)) == []
    assert prefixes(s3.list_objects_v2(Bucket=place, StartAfter="a/1", Delimiter="/")) == ["a/", "b/", "c/"]
    assert prefixes(s3.list_objects(Bucket=place, Marker="a/", Delimiter="/")) == ["b/", "c/"]


def test_a_token_wins_over_start_after(s3, place):
    page = s3.list_objects_v2(Bucket=place, MaxKeys=2)
    token = page["NextContinuationToken"]
    more = s3.list_objects_v2(Bucket=place, ContinuationToken=token, StartAfter="z")
    assert keys(more)[0] == "a/2" and more["ContinuationToken"] == token


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
def test_max_keys_zero_is_an_empty_page_and_more_than_1000_are_1000(s3, place, call):
    none = getattr(s3, call)(Bucket=place, MaxKeys=0)
    assert keys(none) == [] and not none["IsTruncated"] and none["MaxKeys"] == 0
    many = getattr(s3, call)(Bucket=place, MaxKeys=5000)
    assert len(keys(many)) == 10 and many["MaxKeys"] == 1000


@pytest.mark.parametrize("query", ["max-keys=-1", "max-keys=x", "max-keys=99999999999", "list-type=2&max-keys=-1", "list-type=2&continuation-token=nonsense", "list-type=2&continuation-token=", "encoding-type=xml"])
def test_arguments_that_are_wrong_are_told(server, place, query):
    answer = raw.call(server, "GET", f"/{place}?{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    # AWS itself says `max-keys` of what is no number and `maxKeys` of a negative one.
    assert answer.element("ArgumentName").lower().replace("-", "") == query.split("&")[-1].split("=")[0].replace("-", "")


def test_url_encoding_covers_all_names_in_the_answer(server, place):
    answer = raw.call(server, "GET", f"/{place}?encoding-type=url&delimiter=%C3%BC&prefix=z%20&start-after=a%20b&list-type=2")
    assert answer.element("EncodingType") == "url"
    assert answer.element("Delimiter") == "%C3%BC"
    # AWS writes a space as `+` here.
    assert answer.element("StartAfter") == "a+b"
    assert re_prefixes(answer.body.decode()) == ["z+", "z+%C3%BC"]


def re_prefixes(text):
    return [piece.split("</Prefix>")[0] for piece in text.split("<Prefix>")[1:]]


def test_without_encoding_names_are_only_escaped_for_xml(server, place):
    answer = raw.call(server, "GET", f"/{place}?list-type=2&prefix=e")
    assert answer.element("Key") == "e&amp;f" and answer.element("EncodingType") is None


def test_a_key_with_a_control_character_is_listed(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="bell\x07", Body=b"")
    assert keys(s3.list_objects_v2(Bucket=bucket)) == ["bell\x07"]
    answer = raw.call(server, "GET", f"/{bucket}?list-type=2")
    assert answer.status == 200 and answer.element("Key") == "bell&#x7;"


def test_more_than_a_page(s3, bucket):
    names = [f"k{n:05}" for n in range(1105)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    first = s3.list_objects_v2(Bucket=bucket)
    assert first["KeyCount"] == 1000 and first["IsTruncated"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    assert [key for page in pages for key in keys(page)] == names
    pages = s3.get_paginator("list_objects").paginate(Bucket=bucket)
    assert [key for page in pages for key in keys(page)] == names


def test_order_is_of_bytes_not_of_code_units(s3, bucket):
    # In UTF-16 the last two would change places.
    names = ["Z", "a", "é", "\uffee", "\U0001f600"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    assert keys(s3.list_objects_v2(Bucket=bucket)) == names


def test_an_absent_bucket_has_no_listing(s3):
    for call in (s3.list_objects, s3.list_objects_v2, s3.list_object_versions, s3.list_multipart_uploads):
        with refused("NoSuchBucket", 404):
            call(Bucket=boto.fresh_name("absent"))
