//! POST policies: AWS's example ("Browser-Based Upload using HTTP POST"), and every way to fall outside a policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use sigv4::post_policy::{Form, LengthRange, Policy, read_form, verify_form};
use sigv4::{Options, Refusal, Secret, Signer, V2};

const EXAMPLE_POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsN\
    CiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwN\
    CiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1\
    Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUi\
    LCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVu\
    Y3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNy\
    ZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXot\
    YWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
const EXAMPLE_SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).expect("a date")
}

fn secret() -> Secret {
    Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

fn example() -> Vec<(&'static str, &'static str)> {
    vec![
        ("key", "user/user1/${filename}"),
        ("acl", "public-read"),
        ("success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"),
        ("Content-Type", "image/jpeg"),
        ("x-amz-meta-uuid", "14365123651274"),
        ("x-amz-server-side-encryption", "AES256"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Date", "20151229T000000Z"),
        ("x-amz-meta-tag", ""),
        ("Policy", EXAMPLE_POLICY),
        ("X-Amz-Signature", EXAMPLE_SIGNATURE),
    ]
}

fn decide(fields: &[(&str, &str)], key: &str) -> Result<Option<LengthRange>, Refusal> {
    let claim = read_form(fields, &Options::default())?.expect("a signed form");
    assert_eq!((claim.access_key(), claim.region()), ("AKIAIOSFODNN7EXAMPLE", Some("us-east-1")));
    let form = Form { bucket: "sigv4examplebucket", key, fields };
    verify_form(&claim, &form, &secret(), at("2015-12-29T01:00:00Z"))
}

#[test]
fn the_published_form_is_proven() {
    assert_eq!(decide(&example(), "user/user1/me.jpg"), Ok(None));
}

#[test]
fn a_key_outside_the_prefix_fails_its_condition() {
    let refusal = decide(&example(), "user/user2/me.jpg").expect_err("another user's key");
    assert_eq!(refusal.code(), "AccessDenied");
    let words =
        "Invalid according to Policy: Policy Condition failed: [\"starts-with\", \"$key\", \"user/user1/\"]";
    assert_eq!(refusal.message(), words);
}

#[test]
fn a_false_signature_is_refused_before_the_policy_is_asked() {
    let mut fields = example();
    fields.pop();
    fields.push(("x-amz-signature", "00"));
    assert!(decide(&fields, "elsewhere").is_err_and(|refusal| refusal.code() == "SignatureDoesNotMatch"));
}

#[test]
fn a_field_without_a_condition_is_extra() {
    let mut fields = example();
    fields.extend([("x-ignore-me", "1"), ("X-Amz-Meta-More", "1")]);
    let refusal = decide(&fields, "user/user1/a").expect_err("an uncovered field");
    assert_eq!(refusal.message(), "Invalid according to Policy: Extra input fields: x-amz-meta-more");
}

#[test]
fn a_missing_or_repeated_field_does_not_slip_through() {
    let mut missing = example();
    missing.retain(|(name, _)| *name != "acl");
    assert!(decide(&missing, "user/user1/a").is_err_and(|r| r.message().contains("[\"eq\", \"$acl\"")));
    let mut repeated = example();
    repeated.push(("acl", "public-read-write"));
    assert!(decide(&repeated, "user/user1/a").is_err_and(|r| r.message().contains("[\"eq\", \"$acl\"")));
}

#[test]
fn a_form_without_signs_is_anonymous_and_one_with_half_of_them_is_refused() {
    let options = Options::default();
    assert!(read_form(&[("key", "a")], &options).expect("readable").is_none());
    let refusal = read_form(&[("policy", "e30=")], &options).expect_err("unsigned");
    assert_eq!(refusal.code(), "InvalidArgument");
    assert!(refusal.message().starts_with("Bucket POST must contain a field named 'x-amz-algorithm'."));
    assert_eq!(refusal.elements()[0], ("ArgumentName", "x-amz-algorithm".to_owned()));
    let v2 = [("AWSAccessKeyId", "A"), ("policy", "e30="), ("signature", "B")];
    let refused = Options { v2: V2::Off, ..options };
    assert_eq!(read_form(&v2, &refused).err(), Some(Refusal::MechanismNotSupported));
    assert!(
        read_form(&v2, &options)
            .expect("clients sign forms with it")
            .is_some_and(|claim| claim.access_key() == "A")
    );
}

fn check(conditions: &str, fields: &[(&str, &str)]) -> Result<Option<LengthRange>, String> {
    let json = format!("{{\"expiration\": \"2026-01-01T00:00:00Z\", \"conditions\": {conditions}}}");
    let policy = Policy::parse(&STANDARD.encode(json)).map_err(|refusal| refusal.message())?;
    let form = Form { bucket: "b", key: "k", fields };
    policy.check(&form, at("2025-12-31T23:59:59Z")).map_err(|refusal| refusal.message())
}

#[test]
fn conditions_hold_as_aws_describes_them() {
    let any = "[\"starts-with\", \"$bucket\", \"\"]";
    for (conditions, fields, holds) in [
        (format!("[{any}]"), vec![], true),
        ("[]".to_owned(), vec![], false),
        (format!("[{any}, [\"eq\", \"$KEY\", \"k\"]]"), vec![("key", "k")], true),
        (format!("[{any}, [\"eq\", \"$key\", \"K\"]]"), vec![("key", "k")], false),
        (
            format!("[{any}, [\"starts-with\", \"$Content-Type\", \"image/\"]]"),
            vec![("content-type", "image/a, image/b")],
            true,
        ),
        (
            format!("[{any}, [\"starts-with\", \"$Content-Type\", \"image/\"]]"),
            vec![("content-type", "image/a,text/b")],
            false,
        ),
        (format!("[{any}, [\"starts-with\", \"$acl\", \"\"]]"), vec![], false),
        (format!("[{any}]"), vec![("file", "f"), ("signature", "s"), ("X-Ignore-A", "1")], true),
        (format!("[{any}]"), vec![("submit", "s")], false),
    ] {
        assert_eq!(check(&conditions, &fields).is_ok(), holds, "{conditions} {fields:?}");
    }
}

#[test]
fn the_length_range_is_returned_and_enforced() {
    let conditions =
        "[{\"bucket\": \"b\"}, [\"content-length-range\", 1, \"10\"], [\"content-length-range\", 0, 8]]";
    let range = check(conditions, &[]).expect("it holds").expect("it names a range");
    assert_eq!(range, LengthRange { bytes_min: 1, bytes_max: 8 });
    assert_eq!(range.check(8), Ok(()));
    let small = range.check(0).expect_err("below");
    assert_eq!((small.code(), small.elements()[1].0), ("EntityTooSmall", "MinSizeAllowed"));
    let large = range.check(9).expect_err("above");
    assert_eq!((large.code(), large.elements()[0].1.as_str()), ("EntityTooLarge", "9"));
}

#[test]
fn a_malformed_policy_is_refused_in_awss_words() {
    for (conditions, words) in [
        ("{}", "Invalid 'conditions' value: must be a List."),
        ("[1]", "Invalid condition test: must be a List or Object."),
        ("[[]]", "Invalid Condition: missing operation identifier."),
        ("[[\"near\", \"$key\", \"a\"]]", "Invalid Condition: unknown operation 'near'."),
        ("[[\"eq\", \"$key\"]]", "Invalid eq: wrong number of arguments."),
        (
            "[{\"a\": \"1\", \"b\": \"2\"}]",
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        ("[{\"a\": 1}]", "Invalid Simple-Condition: value must be a string."),
    ] {
        assert_eq!(check(conditions, &[]), Err(format!("Invalid Policy: {words}")), "{conditions}");
    }
    let parse = |json: &str| Policy::parse(&STANDARD.encode(json)).map_err(|refusal| refusal.message());
    for (json, words) in [
        ("", "Expecting '{' but found End-of-Input"),
        ("[]", "Invalid JSON."),
        ("{\"conditions\": []}", "Policy missing expiration."),
        ("{\"expiration\": \"2026-01-01T00:00:00Z\"}", "Policy missing conditions."),
        ("{\"expiration\": \"soon\", \"conditions\": []}", "Invalid 'expiration' value: 'soon'"),
        ("{\"other\": 1}", "Unexpected: 'other'"),
    ] {
        assert_eq!(parse(json).err(), Some(format!("Invalid Policy: {words}")), "{json}");
    }
    assert!(Policy::parse("%%%").is_err_and(|refusal| refusal.code() == "InvalidPolicyDocument"));
}

#[test]
fn an_expired_policy_is_refused() {
    let json = "{\"expiration\": \"2026-01-01T00:00:00Z\", \"conditions\": [{\"bucket\": \"b\"}]}";
    let policy = Policy::parse(&STANDARD.encode(json)).expect("well-formed");
    let refusal = policy
        .check(&Form { bucket: "b", key: "k", fields: &[] }, at("2026-01-01T00:00:00Z"))
        .expect_err("it is over");
    assert_eq!(refusal.message(), "Invalid according to Policy: Policy expired.");
}

#[test]
fn our_own_signer_signs_what_our_verifier_proves() {
    let now = at("2025-06-01T00:00:00Z");
    let mut signer = Signer::new("AKID", secret(), "eu-west-1", "s3").with_session_token("token");
    let given = signer.sign_policy("", now);
    let conditions: Vec<String> = given
        .iter()
        .filter(|(name, _)| !matches!(*name, "policy" | "x-amz-signature"))
        .map(|(name, value)| format!("{{\"{name}\": \"{value}\"}}"))
        .collect();
    let json = format!(
        "{{\"expiration\": \"2026-01-01T00:00:00Z\", \"conditions\": [{{\"bucket\": \"b\"}}, {}]}}",
        conditions.join(", ")
    );
    let signed = signer.sign_policy(&STANDARD.encode(json), now);
    let fields: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let claim = read_form(&fields, &Options::default()).expect("readable").expect("signed");
    assert_eq!(claim.session_token(), Some("token"));
    let form = Form { bucket: "b", key: "k", fields: &fields };
    assert_eq!(verify_form(&claim, &form, &secret(), now), Ok(None));
}
