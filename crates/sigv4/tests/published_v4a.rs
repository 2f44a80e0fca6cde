//! SigV4A against signatures of AWS's signing test suite (its credentials, its service named `service`).

use model::Timestamp;
use sigv4::{Claim, Key, Options, RequestView, Scheme, Secret, SignedClaim, read_claim, verify_with_key};

const EMPTY_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

fn claim(view: &RequestView<'_>) -> SignedClaim {
    let options = Options { services: &["service"], ..Options::default() };
    let Ok(Claim::Signed(claim)) = read_claim(view, &options) else { unreachable!("the request is signed") };
    assert_eq!(claim.scheme(), Scheme::V4a);
    claim.bind_body(EMPTY_SHA256)
}

fn decides(view: &RequestView<'_>) -> bool {
    let claim = claim(view);
    let key = Key::derive(&claim, &Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
    let now = Timestamp::parse_basic("20150830T123600Z").expect("a date");
    verify_with_key(&claim, view, &key, now).is_ok()
}

#[test]
fn a_header_signature_is_proven() {
    let headers = [
        ("host", "example.amazonaws.com"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-region-set", "us-east-1"),
        (
            "authorization",
            "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-region-set, \
             Signature=3046022100fddaaf816a31e30d04973875b13bc27b98da10907a3a1872fd5819a221334abc022100\
             de2ee81d83b54f31efc82834de07e6cd4d5c6f25bfa08e0f29a15bb0977c343e",
        ),
    ];
    let view = RequestView { method: "GET", path: "/", query: "", headers: &headers };
    assert!(decides(&view));
    assert!(!decides(&RequestView { method: "PUT", ..view }));
}

#[test]
fn a_presigned_signature_is_proven() {
    let query = "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256\
        &X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z\
        &X-Amz-SignedHeaders=host&X-Amz-Expires=3600&X-Amz-Region-Set=us-east-1\
        &X-Amz-Signature=3045022100a28466db6c76223d5aa6ed436a8451b30e21ba0a076e7f2f943dd1f3d2816249022049e4b\
        3746929cd2a2cb7b7984dbe0f5d40a300e7d9a7a7f1307c196b6f96b61a";
    let headers = [("host", "example.amazonaws.com")];
    let view = RequestView { method: "GET", path: "/", query, headers: &headers };
    assert!(decides(&view));
    assert!(!decides(&RequestView { path: "/a", ..view }));
}

#[test]
fn a_region_set_covers_what_its_patterns_match() {
    let covers = |set: &str, region: &str| {
        let headers = [
            ("host", "h"),
            ("x-amz-date", "20150830T123600Z"),
            ("x-amz-region-set", set),
            (
                "authorization",
                "AWS4-ECDSA-P256-SHA256 Credential=A/20150830/service/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00",
            ),
        ];
        claim(&RequestView { method: "GET", path: "/", query: "", headers: &headers }).covers_region(region)
    };
    assert!(covers("*", "eu-west-1"));
    assert!(covers("us-east-1, eu-*", "eu-west-1"));
    assert!(!covers("us-*", "eu-west-1"));
    assert!(!covers("eu-west-1x", "eu-west-1"));
}
