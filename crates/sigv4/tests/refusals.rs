//! Each way to be refused, with S3's code, message and elements.

use model::Timestamp;
use sigv4::{
    Claim, Options, Payload, PayloadMode, Refusal, RequestView, Secret, SignedClaim, Signer,
    anonymous_payload, read_claim, verify,
};

const NOW: &str = "20260102T030405Z";
const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_basic(text).expect("a date")
}

fn secret() -> Secret {
    Secret::new("secret")
}

type Headers = Vec<(&'static str, String)>;

/// Headers that sign `GET /bucket/key?x=1` now.
fn signed() -> Headers {
    let mut headers: Headers = vec![("host", "localhost:9000".to_owned())];
    let borrowed = [("host", "localhost:9000")];
    let view = RequestView { method: "GET", path: "/bucket/key", query: "x=1", headers: &borrowed };
    let mut signer = Signer::new("AKID", secret(), "eu-west-1", "s3");
    headers.extend(signer.sign_headers(&view, Payload::Unsigned, at(NOW)).headers);
    headers
}

fn with_view<T>(headers: &Headers, query: &str, ask: impl FnOnce(&RequestView<'_>) -> T) -> T {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ask(&RequestView { method: "GET", path: "/bucket/key", query, headers: &headers })
}

fn claim(view: &RequestView<'_>) -> Result<SignedClaim, Refusal> {
    match read_claim(view, &Options::default())? {
        Claim::Signed(claim) => Ok(*claim),
        Claim::Anonymous => unreachable!("the request is signed"),
    }
}

fn decide_at(headers: &Headers, query: &str, now: &str) -> Result<(), Refusal> {
    with_view(headers, query, |view| verify(&claim(view)?, view, &secret(), at(now)).map(|_| ()))
}

fn decide(headers: &Headers) -> Result<(), Refusal> {
    decide_at(headers, "x=1", NOW)
}

fn set(headers: &mut Headers, name: &'static str, value: &str) {
    headers.retain(|(known, _)| *known != name);
    headers.push((name, value.to_owned()));
}

fn edit_authorization(edit: impl FnOnce(&str) -> String) -> Headers {
    let mut headers = signed();
    let (_, value) = headers.iter().find(|(name, _)| *name == "authorization").expect("it is signed").clone();
    set(&mut headers, "authorization", &edit(&value));
    headers
}

#[test]
fn a_sound_request_is_proven_with_or_without_spaces_after_commas() {
    assert_eq!(decide(&signed()), Ok(()));
    assert_eq!(decide(&edit_authorization(|value| value.replace(", ", ","))), Ok(()));
    assert_eq!(decide(&edit_authorization(|value| value.replace(", ", " ,  "))), Ok(()));
}

#[test]
fn a_mismatch_shows_what_was_signed() {
    let Err(refusal) = decide_at(&signed(), "x=2", NOW) else { unreachable!("another query") };
    assert_eq!(refusal.code(), "SignatureDoesNotMatch");
    let elements = refusal.elements();
    let names: Vec<&str> = elements.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes",
        ]
    );
    assert_eq!(elements[0].1, "AKID");
    assert!(
        elements[1].1.starts_with("AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/eu-west-1/s3/aws4_request\n")
    );
    assert!(elements[3].1.starts_with("41 57 53 34 2d"));
    assert_eq!(
        elements[4].1,
        "GET\n/bucket/key\nx=2\nhost:localhost:9000\nx-amz-content-sha256:UNSIGNED-PAYLOAD\n\
         x-amz-date:20260102T030405Z\n\nhost;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD"
    );
}

#[test]
fn an_upper_case_signature_is_another_one() {
    let headers = edit_authorization(|value| {
        let (start, signature) = value.rsplit_once('=').expect("a signature");
        format!("{start}={}", signature.to_uppercase())
    });
    assert!(decide(&headers).is_err_and(|refusal| refusal.code() == "SignatureDoesNotMatch"));
}

#[test]
fn unsigned_headers_that_change_the_meaning_are_refused() {
    let mut headers = signed();
    set(&mut headers, "x-amz-acl", "public-read");
    set(&mut headers, "x-amz-meta-a", "1");
    set(&mut headers, "user-agent", "any");
    let refusal = decide(&headers).expect_err("two headers are not covered");
    assert_eq!(refusal.code(), "AccessDenied");
    assert_eq!(refusal.message(), "There were headers present in the request which were not signed");
    assert_eq!(refusal.elements(), [("HeadersNotSigned", "x-amz-acl, x-amz-meta-a".to_owned())]);
    let hostless = edit_authorization(|value| value.replace("SignedHeaders=host;", "SignedHeaders="));
    assert!(decide(&hostless).is_err_and(|refusal| refusal.elements()[0].1 == "host"));
}

#[test]
fn a_skewed_clock_is_refused_beyond_fifteen_minutes() {
    for now in ["20260102T031905Z", "20260102T024905Z"] {
        assert_eq!(decide_at(&signed(), "x=1", now), Ok(()), "{now}");
    }
    for now in ["20260102T031906Z", "20260102T024904Z"] {
        let refusal = decide_at(&signed(), "x=1", now).expect_err("too skewed");
        assert_eq!(refusal.code(), "RequestTimeTooSkewed");
        let elements = refusal.elements();
        assert_eq!(elements[0], ("RequestTime", NOW.to_owned()));
        assert!(elements[1].0 == "ServerTime" && elements[1].1.starts_with("2026-01-02T"));
        assert_eq!(elements[1].1.len(), "2026-01-02T03:19:06Z".len());
        assert_eq!(elements[2], ("MaxAllowedSkewMilliseconds", "900000".to_owned()));
    }
}

#[test]
fn a_malformed_header_is_refused_in_awss_words() {
    let replaced = |from: &str, to: &str| {
        let headers = edit_authorization(|value| value.replace(from, to));
        decide(&headers).expect_err("malformed")
    };
    for (from, to, words) in [
        ("/s3/", "/ec2/", "incorrect service \"ec2\". This endpoint belongs to \"s3\"."),
        ("aws4_request", "aws5", "incorrect terminal \"aws5\". This endpoint uses \"aws4_request\"."),
        (
            "AKID/20260102/",
            "",
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        ),
        (
            "Credential=",
            "Cred=",
            "the authorization component \"Cred=AKID/20260102/eu-west-1/s3/aws4_request\" is malformed.",
        ),
        ("SignedHeaders=host;x-amz-content-sha256;x-amz-date, ", "", "missing SignedHeaders."),
        (
            "AKID/20260102",
            "AKID/20260103",
            "Invalid credential date \"20260103\". This date is not the same as X-Amz-Date: \"20260102\".",
        ),
    ] {
        let refusal = replaced(from, to);
        assert_eq!(refusal.code(), "AuthorizationHeaderMalformed");
        assert_eq!(refusal.message(), format!("The authorization header is malformed; {words}"));
    }
    assert_eq!(replaced("AWS4-HMAC-SHA256", "Bearer").message(), "Unsupported Authorization Type");
}

#[test]
fn a_list_of_signed_headers_that_would_swell_is_refused() {
    for more in ["host;".to_owned(), (0..200).map(|at| format!("a{at};")).collect()] {
        let headers = edit_authorization(|value| value.replace("=host;", &format!("=host;{more}")));
        let refusal = decide(&headers).expect_err("too long, or repeated");
        assert!(refusal.message().ends_with("the authorization component \"SignedHeaders\" is malformed."));
    }
}

#[test]
fn what_the_header_form_needs_must_be_there() {
    let without = |name: &str| {
        let mut headers = signed();
        headers.retain(|(known, _)| *known != name);
        decide(&headers).expect_err("something is missing")
    };
    let refusal = without("x-amz-content-sha256");
    assert_eq!(refusal.code(), "InvalidRequest");
    assert_eq!(refusal.message(), "Missing required header for this request: x-amz-content-sha256");
    assert_eq!(without("x-amz-date"), Refusal::DateMissing);
    let mut headers = signed();
    set(&mut headers, "x-amz-content-sha256", "nonsense");
    let refusal = decide(&headers).expect_err("not a hash");
    assert_eq!(refusal.elements()[1], ("ArgumentValue", "nonsense".to_owned()));
}

#[test]
fn two_mechanisms_at_once_are_refused() {
    let refusal = decide_at(&signed(), "X-Amz-Algorithm=AWS4-HMAC-SHA256", NOW).expect_err("two");
    assert_eq!(refusal.code(), "InvalidArgument");
    assert!(refusal.message().starts_with("Only one auth mechanism allowed"));
    let mut twice = signed();
    twice.extend(signed().pop());
    assert!(matches!(decide(&twice), Err(Refusal::SeveralMechanisms { .. })));
}

/// A presigned query with one parameter replaced, or dropped where the value is empty.
fn presigned(name: &str, value: &str) -> String {
    [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKID/20260102/eu-west-1/s3/aws4_request"),
        ("X-Amz-Date", NOW),
        ("X-Amz-Expires", "60"),
        ("X-Amz-SignedHeaders", "host"),
        ("X-Amz-Signature", SHA256),
    ]
    .into_iter()
    .map(|(known, usual)| (known, if known == name { value } else { usual }))
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("{name}={value}"))
    .collect::<Vec<_>>()
    .join("&")
}

#[test]
fn a_malformed_presigned_query_is_refused_in_awss_words() {
    let headers: Headers = vec![("host", "localhost:9000".to_owned())];
    let incomplete = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                      X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    for (name, value, words) in [
        ("X-Amz-Algorithm", "", incomplete),
        ("X-Amz-Expires", "", incomplete),
        ("X-Amz-Signature", "", incomplete),
        ("X-Amz-Expires", "soon", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        (
            "X-Amz-Expires",
            "604801",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ),
        ("X-Amz-Date", "today", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        (
            "X-Amz-Date",
            "20260103T000000Z",
            "Invalid credential date \"20260102\". This date is not the same as X-Amz-Date: \"20260103\".",
        ),
        (
            "X-Amz-Algorithm",
            "MD5",
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        ),
    ] {
        let refusal = decide_at(&headers, &presigned(name, value), NOW).expect_err("malformed");
        assert_eq!(
            (refusal.code(), refusal.message().as_str()),
            ("AuthorizationQueryParametersError", words)
        );
    }
}

fn presign(expires_s: u32) -> String {
    let headers = [("host", "localhost:9000")];
    let view =
        RequestView { method: "GET", path: "/bucket/key", query: "versionId=a%2Bb", headers: &headers };
    Signer::new("AKID", secret(), "eu-west-1", "s3").with_session_token("to+ken/").presign(
        &view,
        expires_s,
        at(NOW),
    )
}

#[test]
fn a_presigned_url_lives_from_its_date_to_its_end() {
    let headers: Headers = vec![("host", "localhost:9000".to_owned())];
    let query = presign(60);
    for now in [NOW, "20260102T030505Z", "20260102T024905Z"] {
        assert_eq!(decide_at(&headers, &query, now), Ok(()), "{now}");
    }
    let refusal = decide_at(&headers, &query, "20260102T030506Z").expect_err("it has ended");
    assert_eq!((refusal.code(), refusal.message().as_str()), ("AccessDenied", "Request has expired"));
    assert_eq!(
        refusal.elements(),
        [
            ("X-Amz-Expires", "60".to_owned()),
            ("Expires", "2026-01-02T03:05:05Z".to_owned()),
            ("ServerTime", "2026-01-02T03:05:06Z".to_owned()),
        ]
    );
    let early = decide_at(&headers, &query, "20260102T024904Z");
    assert!(matches!(early, Err(Refusal::NotYetValid { .. })));
    assert!(decide_at(&headers, &format!("{query}&partNumber=1"), NOW).is_err());
}

#[test]
fn a_presigned_urls_token_is_read_and_its_headers_must_be_signed() {
    let mut headers: Headers = vec![("host", "localhost:9000".to_owned())];
    let query = presign(60);
    let token =
        with_view(&headers, &query, |view| claim(view).map(|claim| claim.session_token().map(str::to_owned)));
    assert_eq!(token, Ok(Some("to+ken/".to_owned())));
    set(&mut headers, "x-amz-copy-source", "other/key");
    assert!(matches!(decide_at(&headers, &query, NOW), Err(Refusal::HeadersNotSigned { .. })));
}

#[test]
fn an_anonymous_request_may_not_say_that_its_chunks_are_signed() {
    let payload = |value: &str| {
        let headers: Headers = vec![("x-amz-content-sha256", value.to_owned())];
        with_view(&headers, "", anonymous_payload)
    };
    assert!(matches!(payload("UNSIGNED-PAYLOAD"), Ok(PayloadMode::Unsigned)));
    assert!(matches!(payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), Ok(PayloadMode::UnsignedTrailer)));
    assert!(matches!(payload(SHA256), Ok(PayloadMode::Sha256(_))));
    for word in ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"] {
        assert!(payload(word).is_err_and(|refusal| refusal == Refusal::AnonymousChunks), "{word}");
    }
}
