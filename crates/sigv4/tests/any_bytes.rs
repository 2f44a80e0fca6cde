//! Any bytes are refused or read, never a panic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use sigv4::post_policy::{Form, Policy, read_form, verify_form};
use sigv4::{Claim, Options, RequestView, Secret, V2, read_claim, verify};

fn try_all(view: &RequestView<'_>) {
    for v2 in [V2::Off, V2::On] {
        let options = Options { services: &["s3", "iam"], v2, host_bucket: Some("b") };
        if let Ok(Claim::Signed(claim)) = read_claim(view, &options) {
            for now in [claim.date(), Timestamp::from_millis(i64::MAX), Timestamp::from_millis(i64::MIN)] {
                if let Err(refusal) = verify(&claim, view, &Secret::new("s"), now) {
                    let _ = (refusal.code(), refusal.message(), refusal.elements());
                }
            }
        }
    }
}

/// Text with the words of headers, queries and policies strewn in.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,8}",
        proptest::sample::select(vec![
            "AWS4-HMAC-SHA256 ",
            "AWS4-ECDSA-P256-SHA256 ",
            "AWS ",
            "Credential=",
            "SignedHeaders=",
            "Signature=",
            "AKID/20260102/eu-west-1/s3/aws4_request",
            "host",
            ";",
            ",",
            "X-Amz-Algorithm=",
            "X-Amz-Credential=",
            "X-Amz-Date=",
            "X-Amz-Expires=",
            "X-Amz-SignedHeaders=",
            "X-Amz-Signature=",
            "X-Amz-Region-Set=",
            "20260102T030405Z",
            "&",
            "=",
            "%",
            "%2",
            "+",
            "AWSAccessKeyId=",
            "Expires=",
            "é",
            "604800",
            "\"",
            "{",
            "[\"eq\",\"$",
            "\"]",
            "content-length-range",
        ])
        .prop_map(str::to_owned),
    ];
    vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn headers(authorization in words(), date in words(), payload in words(), path in words()) {
        let headers = [
            ("host", "h"),
            ("authorization", authorization.as_str()),
            ("x-amz-date", date.as_str()),
            ("x-amz-content-sha256", payload.as_str()),
            ("x-amz-region-set", payload.as_str()),
        ];
        try_all(&RequestView { method: "GET", path: &path, query: "", headers: &headers });
        let headers = [("date", date.as_str()), ("authorization", "AWS A:B")];
        try_all(&RequestView { method: "GET", path: &path, query: &payload, headers: &headers });
    }

    #[test]
    fn well_formed_headers_with_wild_values(
        date in "[0-9]{8}T[0-9]{6}Z", region in "\\PC{0,8}", names in "[a-z;-]{0,20}", signature in "\\PC{0,150}",
        scheme in "AWS4-(HMAC-SHA256|ECDSA-P256-SHA256)",
    ) {
        let authorization = format!(
            "{scheme} Credential=K/{}/{region}/s3/aws4_request,SignedHeaders=host;x-amz-date;{names},Signature={signature}",
            &date[..8],
        );
        let headers = [
            ("host", "h"),
            ("authorization", authorization.as_str()),
            ("x-amz-date", date.as_str()),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ];
        try_all(&RequestView { method: "GET", path: "/", query: "", headers: &headers });
    }

    #[test]
    fn queries(query in words()) {
        try_all(&RequestView { method: "GET", path: "/", query: &query, headers: &[("host", "h")] });
        let query = format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K/20260102/r/s3/aws4_request&\
            X-Amz-Date=20260102T030405Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature={query}");
        try_all(&RequestView { method: "GET", path: "/", query: &query, headers: &[("host", "h")] });
    }

    #[test]
    fn policies(text in words(), bytes in vec(any::<u8>(), 0..200)) {
        let form = Form { bucket: "b", key: "k", fields: &[("a", "b")] };
        let conditions = format!("{{\"expiration\":\"2099-01-01T00:00:00Z\",\"conditions\":[{text}]}}");
        let expiration = format!("{{\"expiration\":\"{text}\",\"conditions\":[]}}");
        for policy in [text, STANDARD.encode(bytes), STANDARD.encode(conditions), STANDARD.encode(expiration)] {
            if let Ok(policy) = Policy::parse(&policy) {
                let _ = policy.check(&form, Timestamp::from_millis(0));
            }
        }
    }

    #[test]
    fn forms(names in vec(words(), 5), values in vec(words(), 5)) {
        let usual = ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];
        for names in [usual.map(str::to_owned).to_vec(), names] {
            let fields: Vec<(&str, &str)> =
                names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
            if let Ok(Some(claim)) = read_form(&fields, &Options::default()) {
                let form = Form { bucket: "b", key: "k", fields: &fields };
                let _ = verify_form(&claim, &form, &Secret::new("s"), Timestamp::from_millis(0));
            }
        }
    }
}
