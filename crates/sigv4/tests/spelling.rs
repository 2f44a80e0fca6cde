//! Paths and queries as clients spell them: what one side signs, the other proves; and the path that was sent is
//! good in its own spelling too.

use model::Timestamp;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use sigv4::{Claim, Options, Payload, RequestView, Secret, Signer, read_claim, verify};

fn now() -> Timestamp {
    Timestamp::from_seconds(1_767_323_045)
}

fn proves(view: &RequestView<'_>) -> bool {
    let Ok(Claim::Signed(claim)) = read_claim(view, &Options::default()) else { return false };
    verify(&claim, view, &Secret::new("secret"), now()).is_ok()
}

/// Signs one spelling of a request, sends another.
fn crosses(signed: &RequestView<'_>, path: &str, query: &str) -> bool {
    let mut signer = Signer::new("AKID", Secret::new("secret"), "eu-west-1", "s3");
    let added = signer.sign_headers(signed, Payload::Unsigned, now()).headers;
    let mut headers = signed.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_str())));
    proves(&RequestView { path, query, headers: &headers, ..*signed })
}

const HOST: [(&str, &str); 1] = [("host", "localhost:9000")];

#[test]
fn equal_spellings_prove_each_other_and_other_requests_do_not() {
    let signed =
        RequestView { method: "PUT", path: "/b/a%20b%2Bc/~%C3%A4", query: "x=1&uploads", headers: &HOST };
    for (path, query, proven) in [
        (signed.path, "uploads=&x=1", true),
        ("/b/a%20b+c/~ä", "uploads&x=%31", true),
        ("/b/a%20b%2bc/%7e%c3%a4", "uploads&&x=1", true),
        ("/b/a%20b%2Bc//~%C3%A4", "uploads&x=1", false),
        ("/b/./a%20b%2Bc/~%C3%A4", "uploads&x=1", false),
        (signed.path, "uploads&x=1&x=1", false),
        (signed.path, "uploads&X=1", false),
    ] {
        assert_eq!(crosses(&signed, path, query), proven, "{path} {query}");
    }
}

#[test]
fn dots_and_double_slashes_are_signed_as_they_are() {
    for path in ["//", "/b//k", "/b/../c", "/b/.", "/b/%2E%2E/", "/b/k%2Fl", "/b/%00"] {
        let view = RequestView { method: "GET", path, query: "", headers: &HOST };
        assert!(crosses(&view, path, ""), "{path}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    "(%[0-9a-fA-F]{2}|[a-zA-Z0-9/+&=;%~._ä€-]){0,40}"
}

proptest! {
    #[test]
    fn whatever_is_signed_is_proven(path in pieces(), query in pieces(), value in "[ -~\\t]{0,30}") {
        let path = format!("/{path}");
        let headers = [("host", "h"), ("x-amz-meta-a", value.as_str()), ("x-amz-meta-a", "again")];
        let view = RequestView { method: "PUT", path: &path, query: &query, headers: &headers };
        prop_assert!(crosses(&view, &path, &query));
    }

    #[test]
    fn a_presigned_url_is_proven_and_no_byte_of_it_may_change(
        path in pieces(),
        query in "[a-z]{1,5}=[a-zA-Z0-9]{0,9}",
        at in any::<proptest::sample::Index>(),
    ) {
        let path = format!("/{path}");
        let view = RequestView { method: "GET", path: &path, query: &query, headers: &HOST };
        let mut signer = Signer::new("AKID", Secret::new("secret"), "eu-west-1", "s3");
        let query = signer.presign(&view, 60, now());
        let view = RequestView { query: &query, ..view };
        prop_assert!(proves(&view));
        let mut changed = query.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).expect("ASCII");
        prop_assert_eq!(proves(&RequestView { query: &changed, ..view }), false, "{}", changed);
    }
}
