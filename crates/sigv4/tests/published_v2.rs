//! Version 2 against AWS's examples ("Signing and authenticating REST requests"), and its switch.

use model::Timestamp;
use sigv4::{Claim, Options, Refusal, RequestView, Secret, V2, Verified, read_claim, verify};

fn decide(view: &RequestView<'_>, bucket: Option<&str>, now: &str) -> Result<Verified, Refusal> {
    let options = Options { v2: V2::On, host_bucket: bucket, ..Options::default() };
    let Claim::Signed(claim) = read_claim(view, &options)? else { unreachable!("the request is signed") };
    let now = Timestamp::parse_http_date(now).expect("a date");
    verify(&claim, view, &Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), now)
}

const GET: [(&str, &str); 3] = [
    ("host", "johnsmith.s3.amazonaws.com"),
    ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
    ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:bWq2s1WEIj+Ydj0vQ697zp+IXMU="),
];

#[test]
fn it_is_refused_unless_it_is_switched_on() {
    let view = RequestView { method: "GET", path: "/photos/puppy.jpg", query: "", headers: &GET };
    let refusal = read_claim(&view, &Options::default()).expect_err("the switch is off");
    assert_eq!(refusal, Refusal::MechanismNotSupported);
    assert_eq!(refusal.code(), "InvalidRequest");
    let query = "AWSAccessKeyId=A&Expires=1&Signature=B";
    let view = RequestView { query, headers: &[], ..view };
    let off = Options { v2: V2::Off, ..Options::default() };
    assert_eq!(read_claim(&view, &off).err(), Some(Refusal::MechanismNotSupported));
}

#[test]
fn get_object() {
    let view = RequestView { method: "GET", path: "/photos/puppy.jpg", query: "", headers: &GET };
    let now = "Tue, 27 Mar 2007 19:40:00 GMT";
    assert!(decide(&view, Some("johnsmith"), now).is_ok());
    assert!(decide(&view, Some("other"), now).is_err());
    assert!(decide(&view, Some("johnsmith"), "Tue, 27 Mar 2007 20:00:00 GMT").is_err());
}

#[test]
fn a_subresource_is_part_of_the_resource_and_a_prefix_is_not() {
    let headers = [
        ("host", "johnsmith.s3.amazonaws.com"),
        ("date", "Tue, 27 Mar 2007 19:44:46 +0000"),
        ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:c2WLPFtWHVgbEmeEG93a4cG37dM="),
    ];
    let now = "Tue, 27 Mar 2007 19:44:46 GMT";
    let view = RequestView { method: "GET", path: "/", query: "prefix=a&acl", headers: &headers };
    assert!(decide(&view, Some("johnsmith"), now).is_ok());
    assert!(decide(&RequestView { query: "", ..view }, Some("johnsmith"), now).is_err());
}

#[test]
fn a_presigned_get_ends_at_its_moment() {
    let query =
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    let headers = [("host", "johnsmith.s3.amazonaws.com")];
    let view = RequestView { method: "GET", path: "/photos/puppy.jpg", query, headers: &headers };
    assert!(decide(&view, Some("johnsmith"), "Thu, 29 Mar 2007 03:40:20 GMT").is_ok());
    let late = decide(&view, Some("johnsmith"), "Thu, 29 Mar 2007 03:40:21 GMT");
    assert!(matches!(late, Err(Refusal::Expired { expires_s: None, .. })));
}

#[test]
fn a_url_may_live_a_week_and_headers_need_the_switch() {
    let now = Timestamp::from_seconds(1_175_139_620);
    let read = |query: &str, headers: &[(&str, &str)]| {
        let view = RequestView { method: "GET", path: "/b/k", query, headers };
        read_claim(&view, &Options::default())
    };
    let url = |expires: i64| format!("AWSAccessKeyId=A&Signature=B&Expires={expires}");
    let checked = |expires| match read(&url(expires), &[]) {
        Ok(Claim::Signed(claim)) => claim.check_time(now).map_err(|refusal| refusal.code()),
        other => panic!("{other:?}"),
    };
    assert_eq!(checked(now.seconds() + 7 * 24 * 3600), Ok(()));
    assert_eq!(checked(now.seconds() + 7 * 24 * 3600 + 1), Err("AuthorizationQueryParametersError"));
    assert_eq!(checked(now.seconds() - 1), Err("AccessDenied"));
    let header = [("authorization", "AWS A:B"), ("date", "Wed, 28 Mar 2007 01:40:20 GMT")];
    assert!(matches!(read("", &header), Err(Refusal::MechanismNotSupported)));
}

#[test]
fn urls_that_botocore_presigned_are_proven_with_the_headers_in_their_query() {
    let headers = [("host", "localhost:9000")];
    let sent = [("host", "localhost:9000"), ("content-type", "text/plain"), ("x-amz-acl", "public-read")];
    let put = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=35Sbvmzb1scfrdmO21UjEytuoDo%3D\
        &content-type=text%2Fplain&x-amz-acl=public-read&x-amz-meta-one=1%202\
        &x-amz-security-token=to%2Bk%2Fen%3D%3D&Expires=1175139620";
    let get = "versionId=v%2B1&response-content-type=a%2Fb&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
        &Signature=aRYswtmBKZtDDVn5U62qIZnmbF8%3D&x-amz-security-token=to%2Bk%2Fen%3D%3D&Expires=1175139620";
    let now = "Thu, 29 Mar 2007 03:00:00 GMT";
    let put_view =
        RequestView { method: "PUT", path: "/bucket/a%20b/%C3%A4%2Bc", query: put, headers: &headers };
    for view in [
        put_view,
        RequestView { headers: &sent, ..put_view },
        RequestView { method: "GET", path: "/bucket/k", query: get, headers: &headers },
    ] {
        assert!(decide(&view, None, now).is_ok(), "{view:?}");
        let Ok(Claim::Signed(claim)) = read_claim(&view, &Options::default()) else {
            unreachable!("the request is signed");
        };
        assert_eq!(claim.session_token(), Some("to+k/en=="));
    }
    let other = [("host", "localhost:9000"), ("x-amz-acl", "private")];
    assert!(decide(&RequestView { headers: &other, ..put_view }, None, now).is_err());
    let more = put.replace("x-amz-acl=public-read", "x-amz-acl=public-read-write");
    assert!(decide(&RequestView { query: &more, ..put_view }, None, now).is_err());
}

#[test]
fn a_bucket_may_be_signed_with_a_slash_that_was_not_sent() {
    let headers = [
        ("host", "localhost:9000"),
        ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
        ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:cnggWIJ79pjZe9hu0gOUftrex6M="),
    ];
    let now = "Tue, 27 Mar 2007 19:40:00 GMT";
    let at = |path| RequestView { method: "PUT", path, query: "", headers: &headers };
    assert!(decide(&at("/photos"), None, now).is_ok());
    assert!(decide(&at("/photos/"), None, now).is_ok());
    assert!(decide(&at("/photos/k"), None, now).is_err());
    assert!(decide(&at("/other"), None, now).is_err());
}
