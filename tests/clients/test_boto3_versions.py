"""Versioning: versions kept and named, delete markers, the null version in every order of switching."""

import pytest

from support import boto, raw
from support.boto import refused


def switch(s3, bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def put(s3, bucket, text, key="k"):
    return s3.put_object(Bucket=bucket, Key=key, Body=text.encode()).get("VersionId")


def read(s3, bucket, version, key="k"):
    return boto.body(s3.get_object(Bucket=bucket, Key=key, VersionId=version)).decode()


def history(s3, bucket):
    """(key, version id, is it the latest, is it a delete marker), in the order of the listing."""
    listed = s3.list_object_versions(Bucket=bucket)
    found = [(v["Key"], v["VersionId"], v["IsLatest"], False) for v in listed.get("Versions", [])]
    return found + [(m["Key"], m["VersionId"], m["IsLatest"], True) for m in listed.get("DeleteMarkers", [])]


def test_the_state_of_versioning_is_told(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for state in ("Enabled", "Suspended", "Enabled"):
        switch(s3, bucket, state)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == state


def test_a_state_that_is_none_is_refused(server, bucket):
    body = b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</VersioningConfiguration>'
    for inner, code in ((b"<Status>Perhaps</Status>", "MalformedXML"), (b"", "IllegalVersioningConfigurationException")):
        answer = raw.call(server, "PUT", f"/{bucket}?versioning", body % inner)
        assert (answer.status, answer.code) == (400, code)


def test_every_put_is_a_version_of_its_own(s3, versioned):
    versions = [put(s3, versioned, text) for text in ("one", "two", "three")]
    assert len(set(versions)) == 3 and None not in versions and "null" not in versions
    for version, text in zip(versions, ("one", "two", "three"), strict=True):
        assert read(s3, versioned, version) == text
    latest = s3.get_object(Bucket=versioned, Key="k")
    assert latest["VersionId"] == versions[2] and boto.body(latest) == b"three"
    assert history(s3, versioned) == [("k", v, v == versions[2], False) for v in reversed(versions)]


def test_a_delete_hides_and_its_removal_shows_again(s3, versioned):
    version = put(s3, versioned, "text")
    deleted = s3.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True and deleted["VersionId"] != version
    with refused("NoSuchKey", 404) as error:
        s3.get_object(Bucket=versioned, Key="k")
    assert error["headers"]["x-amz-delete-marker"] == "true"
    assert error["headers"]["x-amz-version-id"] == deleted["VersionId"]
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    assert read(s3, versioned, version) == "text"
    removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=deleted["VersionId"])
    assert removed["DeleteMarker"] is True and removed["VersionId"] == deleted["VersionId"]
    assert boto.body(s3.get_object(Bucket=versioned, Key="k")) == b"text"


def test_a_delete_marker_asked_for_by_its_id_is_405(server, s3, versioned):
    put(s3, versioned, "text")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    for method in ("GET", "HEAD"):
        answer = raw.call(server, method, f"/{versioned}/k?versionId={marker}")
        assert answer.status == 405 and answer.header("x-amz-delete-marker") == "true"
        assert answer.header("allow") == "DELETE"
        assert answer.header("last-modified")
        assert method == "HEAD" or answer.code == "MethodNotAllowed"


def test_a_delete_marker_can_stand_on_nothing_and_on_another(s3, versioned):
    first = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    second = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    assert history(s3, versioned) == [("k", second, True, True), ("k", first, False, True)]


def test_deleting_a_version_removes_it_for_good_and_the_one_before_is_current(s3, versioned):
    versions = [put(s3, versioned, text) for text in ("one", "two", "three")]
    gone = s3.delete_object(Bucket=versioned, Key="k", VersionId=versions[2])
    assert gone["VersionId"] == versions[2] and "DeleteMarker" not in gone
    assert boto.body(s3.get_object(Bucket=versioned, Key="k")) == b"two"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=versions[0])
    assert history(s3, versioned) == [("k", versions[1], True, False)]
    with refused("NoSuchVersion", 404) as error:
        read(s3, versioned, versions[0])
    assert (error["Key"], error["VersionId"]) == ("k", versions[0])
    assert boto.status(s3.delete_object(Bucket=versioned, Key="k", VersionId=versions[0])) == 204


@pytest.mark.parametrize("version", ["nonsense", "", "x" * 2000])
def test_an_id_that_is_none_is_refused(server, s3, versioned, version):
    put(s3, versioned, "text")
    answer = raw.call(server, "GET", f"/{versioned}/k?versionId={version}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert boto.body(s3.get_object(Bucket=versioned, Key="k")) == b"text"


def test_what_was_there_before_versioning_is_the_null_version(s3, bucket):
    assert put(s3, bucket, "before") is None
    assert history(s3, bucket) == [("k", "null", True, False)]
    switch(s3, bucket, "Enabled")
    after = put(s3, bucket, "after")
    assert history(s3, bucket) == [("k", after, True, False), ("k", "null", False, False)]
    assert read(s3, bucket, "null") == "before" and read(s3, bucket, after) == "after"


def test_a_suspended_bucket_writes_over_the_null_version_only(s3, versioned):
    named = put(s3, versioned, "named")
    switch(s3, versioned, "Suspended")
    for text in ("null one", "null two"):
        assert "VersionId" not in s3.put_object(Bucket=versioned, Key="k", Body=text.encode())
    assert history(s3, versioned) == [("k", "null", True, False), ("k", named, False, False)]
    assert read(s3, versioned, "null") == "null two" and read(s3, versioned, named) == "named"


def test_a_delete_while_suspended_leaves_a_null_marker(s3, versioned):
    named = put(s3, versioned, "named")
    switch(s3, versioned, "Suspended")
    put(s3, versioned, "null")
    deleted = s3.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True and deleted["VersionId"] == "null"
    assert history(s3, versioned) == [("k", named, False, False), ("k", "null", True, True)]
    s3.delete_object(Bucket=versioned, Key="k", VersionId="null")
    assert boto.body(s3.get_object(Bucket=versioned, Key="k")) == b"named"


def test_the_null_version_keeps_its_place_when_versioning_comes_back(s3, bucket):
    switch(s3, bucket, "Enabled")
    first = put(s3, bucket, "first")
    switch(s3, bucket, "Suspended")
    put(s3, bucket, "null")
    switch(s3, bucket, "Enabled")
    last = put(s3, bucket, "last")
    assert [version for _, version, _, _ in history(s3, bucket)] == [last, "null", first]
    switch(s3, bucket, "Suspended")
    put(s3, bucket, "null again")
    assert [version for _, version, _, _ in history(s3, bucket)] == ["null", last, first]


def test_versions_are_listed_in_pages_of_any_size(s3, versioned):
    for key in ("a", "b", "a/x", "c"):
        for text in ("1", "2"):
            put(s3, versioned, text, key)
    s3.delete_object(Bucket=versioned, Key="b")
    whole = history(s3, versioned)
    assert [key for key, _, _, marker in whole if not marker] == ["a", "a", "a/x", "a/x", "b", "b", "c", "c"]
    for size in (1, 2, 3, 8):
        found, markers = [], {}
        while True:
            page = s3.list_object_versions(Bucket=versioned, MaxKeys=size, **markers)
            entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
            assert len(entries) <= size
            found += [(entry["Key"], entry["VersionId"]) for entry in entries]
            if not page["IsTruncated"]:
                break
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert sorted(found) == sorted((key, version) for key, version, _, _ in whole)


def test_versions_and_markers_are_interleaved_in_one_order(server, s3, versioned):
    put(s3, versioned, "1")
    s3.delete_object(Bucket=versioned, Key="k")
    put(s3, versioned, "2")
    text = raw.call(server, "GET", f"/{versioned}?versions").body.decode()
    order = sorted((text.index(mark, at), mark) for mark in ("<Version>", "<DeleteMarker>") for at in [0])
    assert [mark for _, mark in order] == ["<Version>", "<DeleteMarker>"]
    assert text.rindex("<Version>") > text.index("<DeleteMarker>")


def test_versions_fold_below_a_delimiter(s3, versioned):
    for key in ("a/1", "a/1", "b"):
        put(s3, versioned, "x", key)
    listed = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["a/"]
    assert [one["Key"] for one in listed["Versions"]] == ["b"]
    only = s3.list_object_versions(Bucket=versioned, Prefix="a/")
    assert len(only["Versions"]) == 2


def test_a_version_marker_without_a_key_marker_is_refused(s3, versioned):
    version = put(s3, versioned, "x")
    with refused("InvalidArgument", 400):
        s3.list_object_versions(Bucket=versioned, VersionIdMarker=version)


def test_multipart_uploads_make_versions_too(s3, versioned):
    put(s3, versioned, "before")
    upload = {"Bucket": versioned, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"parts")["ETag"]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert read(s3, versioned, done["VersionId"]) == "parts"
    assert len(history(s3, versioned)) == 2
