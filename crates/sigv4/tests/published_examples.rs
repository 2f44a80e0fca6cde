//! The examples that AWS publishes for S3 ("Authenticating Requests: Using the Authorization Header", "Using Query
//! Parameters"), with the signatures that it prints.

use model::Timestamp;
use sigv4::{
    Claim, Options, PayloadMode, Refusal, RequestView, Secret, SignedClaim, Verified, read_claim, verify,
};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");
const DATE: (&str, &str) = ("x-amz-date", "20130524T000000Z");

fn secret() -> Secret {
    Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

fn noon() -> Timestamp {
    Timestamp::parse_basic("20130524T000500Z").expect("a date")
}

fn signed(view: &RequestView<'_>) -> SignedClaim {
    let Ok(Claim::Signed(claim)) = read_claim(view, &Options::default()) else {
        unreachable!("the request is signed");
    };
    *claim
}

fn decide(view: &RequestView<'_>) -> Result<Verified, Refusal> {
    verify(&signed(view), view, &secret(), noon())
}

fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
         SignedHeaders={signed_headers},Signature={signature}"
    )
}

#[test]
fn get_object_with_a_range() {
    let authorization = authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
    let headers = [
        HOST,
        ("authorization", &authorization),
        ("range", "bytes=0-9"),
        ("x-amz-content-sha256", EMPTY),
        DATE,
    ];
    let view = RequestView { method: "GET", path: "/test.txt", query: "", headers: &headers };
    let claim = signed(&view);
    assert_eq!(claim.access_key(), "AKIAIOSFODNN7EXAMPLE");
    assert_eq!((claim.region(), claim.service()), (Some("us-east-1"), "s3"));
    assert!(matches!(decide(&view), Ok(Verified { payload: PayloadMode::Sha256(_) })));
    let other = RequestView { path: "/test2.txt", ..view };
    assert!(decide(&other).is_err_and(|refusal| refusal.code() == "SignatureDoesNotMatch"));
}

#[test]
fn put_object_whose_key_has_a_dollar() {
    let authorization = authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
    let headers = [
        HOST,
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("authorization", &authorization),
        DATE,
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
    ];
    for path in ["/test%24file.text", "/test$file.text"] {
        let view = RequestView { method: "PUT", path, query: "", headers: &headers };
        assert!(decide(&view).is_ok(), "{path}");
    }
}

#[test]
fn get_bucket_lifecycle() {
    let authorization = authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
    let headers = [HOST, ("authorization", &authorization), DATE, ("x-amz-content-sha256", EMPTY)];
    let view = RequestView { method: "GET", path: "/", query: "lifecycle", headers: &headers };
    assert!(decide(&view).is_ok());
}

#[test]
fn list_objects() {
    let authorization = authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
    let headers = [HOST, ("authorization", &authorization), DATE, ("x-amz-content-sha256", EMPTY)];
    for query in ["max-keys=2&prefix=J", "prefix=J&max-keys=2"] {
        let view = RequestView { method: "GET", path: "/", query, headers: &headers };
        assert!(decide(&view).is_ok(), "{query}");
    }
}

#[test]
fn a_presigned_get() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let view = RequestView { method: "GET", path: "/test.txt", query, headers: &[HOST] };
    assert!(matches!(decide(&view), Ok(Verified { payload: PayloadMode::Unsigned })));
}
