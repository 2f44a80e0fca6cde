"""CORS: rules of buckets, preflights without a signature, and the headers that let a browser's page read an answer."""

import pytest

from support import boto, raw
from support.boto import refused

PAGE = "https://localhost:4200"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def rule(*origins, methods=("GET",), **more):
    return {"AllowedOrigins": list(origins), "AllowedMethods": list(methods), **more}


def put(s3, bucket, *rules):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})


def told(answer):
    """The CORS headers of an answer, without the prefix."""
    prefix = "access-control-"
    found = {name.lower(): value for name, value in answer.headers}
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def preflight(server, path, origin=PAGE, method="GET", headers=None):
    sent = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    kept = {name: value for name, value in sent.items() if value is not None}
    return raw.plain(server, "OPTIONS", path, headers=kept)


def test_rules_are_set_told_and_taken_away(s3, bucket):
    with refused("NoSuchCORSConfiguration", 404) as error:
        s3.get_bucket_cors(Bucket=bucket)
    assert error["BucketName"] == bucket
    rules = [
        rule(PAGE, "http://*.example.com", methods=("GET", "PUT"), AllowedHeaders=["x-amz-*", "X-Other"], ID="one",
             ExposeHeaders=["ETag"], MaxAgeSeconds=3000),
        rule(""),
    ]
    put(s3, bucket, *rules)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules
    for _ in range(2):
        assert boto.status(s3.delete_bucket_cors(Bucket=bucket)) == 204
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)


def test_rules_that_mean_nothing(s3, bucket):
    for rules in ([], [rule("*")] * 101, [rule(methods=("GET",))], [rule("*", methods=())]):
        with refused("MalformedXML", 400):
            put(s3, bucket, *rules)
    with refused("InvalidRequest", 400) as error:
        put(s3, bucket, rule("*", methods=("MYMETHOD",)))
    assert error["Message"] == "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD"
    for wrong in (rule("http://*.*"), rule("*", AllowedHeaders=["a*b*"]), rule("*", ExposeHeaders=["x-amz-*"])):
        with refused("InvalidRequest", 400) as error:
            put(s3, bucket, wrong)
    assert error["Message"].startswith('ExposeHeader "x-amz-*" contains wildcard.')


def test_a_preflight_wants_an_origin_a_bucket_and_rules(server, s3, bucket):
    answer = raw.plain(server, "OPTIONS", f"/{bucket}/k", headers={"referer": PAGE})
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert answer.element("Message") == "Insufficient information. Origin request header needed."
    for path, method, message in (
        (f"/{bucket}/k", "PUT", "CORSResponse: CORS is not enabled for this bucket."),
        (f"/{bucket}/k", None, "CORSResponse: CORS is not enabled for this bucket."),
        (f"/{boto.fresh_name('absent')}/k", None, "CORSResponse: Bucket not found"),
    ):
        answer = preflight(server, path, method=method)
        assert (answer.status, answer.code, answer.element("Message")) == (403, "AccessForbidden", message)
        assert (answer.element("Method"), answer.element("ResourceType")) == (method or "OPTIONS", "BUCKET")
    put(s3, bucket, rule(PAGE))
    answer = preflight(server, f"/{bucket}/k", method=None)
    assert (answer.status, answer.code) == (400, "BadRequest")


def test_a_preflight_that_fits_is_answered(server, s3, bucket):
    put(s3, bucket, rule(PAGE, methods=("GET", "PUT"), AllowedHeaders=["*"], MaxAgeSeconds=3000,
                         ExposeHeaders=["x-amz-id-2", "ETag"]))
    answer = preflight(server, f"/{bucket}/k", method="PUT", headers="X-Amz-Date, content-type")
    assert (answer.status, answer.body, answer.header("vary")) == (200, b"", VARY)
    assert told(answer) == {
        "allow-origin": PAGE, "allow-credentials": "true", "allow-methods": "GET, PUT", "max-age": "3000",
        "allow-headers": "x-amz-date, content-type", "expose-headers": "x-amz-id-2, ETag",
    }
    put(s3, bucket, rule("*"))
    answer = preflight(server, f"/{bucket}", origin="http://random:1234")
    assert (answer.status, told(answer)) == (200, {"allow-origin": "*", "allow-methods": "GET"})


@pytest.mark.parametrize(("path", "kind"), [("/k", "OBJECT"), ("", "BUCKET")])
def test_a_preflight_that_fits_no_rule_is_refused(server, s3, bucket, path, kind):
    put(s3, bucket, rule(PAGE, AllowedHeaders=["x-amz-*"]))
    for asked in ({"origin": "http://localhost:4200"}, {"method": "PUT"}, {"headers": "x-amz-date, other"}):
        answer = preflight(server, f"/{bucket}{path}", **asked)
        assert (answer.status, answer.code, answer.element("ResourceType")) == (403, "AccessForbidden", kind)
        assert answer.element("Method") == asked.get("method", "GET")
        assert answer.element("Message").startswith("CORSResponse: This CORS request is not allowed.")
        assert told(answer) == {} and answer.header("vary") is None


def test_answers_to_a_page_say_so_errors_too(server, s3, bucket):
    put(s3, bucket, rule(PAGE, ExposeHeaders=["ETag"]))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    shown = {"allow-origin": PAGE, "allow-credentials": "true", "allow-methods": "GET", "expose-headers": "ETag"}
    for key, status in (("k", 200), ("absent", 404)):
        answer = raw.call(server, "GET", f"/{bucket}/{key}", headers={"origin": PAGE})
        assert (answer.status, told(answer), answer.header("vary")) == (status, shown, VARY)
    answer = raw.plain(server, "GET", f"/{bucket}/k", headers={"origin": PAGE})
    assert (answer.status, told(answer)) == (403, shown)


def test_answers_to_others_say_nothing(server, s3, bucket):
    put(s3, bucket, rule(PAGE))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for headers in (
        {}, {"referer": PAGE}, {"origin": "http://localhost:4200"},
        # S3 takes these two for a preflight's, whatever the method.
        {"origin": PAGE, "access-control-request-method": "PUT"},
        {"origin": PAGE, "access-control-request-headers": "x-amz-request-payer"},
    ):
        answer = raw.call(server, "GET", f"/{bucket}/k", headers=headers)
        assert (answer.status, told(answer), answer.header("vary")) == (200, {}, None), headers
    answer = raw.call(server, "PUT", f"/{bucket}/k", b"y", headers={"origin": PAGE})
    assert (answer.status, told(answer)) == (200, {})


def test_new_rules_count_at_once(server, s3, bucket):
    for origin in (PAGE, "http://a", "http://b"):
        put(s3, bucket, rule(origin))
        assert preflight(server, f"/{bucket}", origin=origin).status == 200
    s3.delete_bucket_cors(Bucket=bucket)
    assert preflight(server, f"/{bucket}", origin="http://b").element("Message").endswith("not enabled for this bucket.")
