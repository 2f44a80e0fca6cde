//! Signature Version 4 in headers and presigned queries, and Version 2 beside it.
//!
//! The input is a request's head as text: `GET /path?query`, then `name: value` lines.

use http::{HeaderName, HeaderValue};
use model::Timestamp;
use model::limits::HEADERS_MAX;
use sigv4::{
    Claim, Options, Payload, Refusal, RequestView, Secret, SignedClaim, Signer, V2, anonymous_payload,
    read_claim, verify,
};

/// A moment for what the target signs itself.
const NOW: Timestamp = Timestamp::from_seconds(1_795_328_670);

/// A head, taken apart.
pub(crate) struct Head<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: Vec<(String, &'a str)>,
}

impl<'a> Head<'a> {
    /// Lines that are no header of HTTP are left out: hyper refuses such requests.
    pub fn read(text: &'a str) -> Self {
        let mut lines = text.lines();
        let start = lines.next().unwrap_or_default();
        let (method, target) = start.split_once(' ').unwrap_or(("GET", start));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
        let legal = |(name, value): (&str, &'a str)| {
            HeaderValue::from_str(value.trim()).ok()?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name.as_str().to_owned(), value.trim()))
        };
        Self { method, path, query, headers: pairs.filter_map(legal).collect() }
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), *value)).collect()
    }
}

/// Anything is refused with words or read; and whatever the rest of a request is, what is signed here proves.
pub fn sigv4(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let head = Head::read(&text);
    let pairs = head.pairs();
    let view = RequestView { method: head.method, path: head.path, query: head.query, headers: &pairs };
    for v2 in [V2::Off, V2::Presigned, V2::On] {
        let options = Options { services: &["s3"], v2, host_bucket: Some("bucket") };
        match read_claim(&view, &options) {
            Ok(Claim::Anonymous) => speak(anonymous_payload(&view).err()),
            Ok(Claim::Signed(claim)) => try_to_prove(&claim, &view),
            Err(refusal) => speak(Some(refusal)),
        }
    }
    what_we_sign_proves(&view);
}

fn try_to_prove(claim: &SignedClaim, view: &RequestView<'_>) {
    assert_eq!(claim.service(), "s3");
    assert!(claim.region().is_none_or(|region| claim.scope().as_str().contains(region)));
    for now in [claim.date(), Timestamp::from_millis(i64::MAX), Timestamp::from_millis(i64::MIN)] {
        speak(verify(claim, view, &Secret::new("not the secret of this input"), now).err());
    }
}

/// Every refusal has its words.
fn speak(refusal: Option<Refusal>) {
    if let Some(refusal) = refusal {
        assert!(!refusal.code().is_empty() && !refusal.message().is_empty());
        drop(refusal.elements());
    }
}

fn what_we_sign_proves(view: &RequestView<'_>) {
    const ADDED: [&str; 6] = [
        "authorization",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-region-set",
        "x-amz-security-token",
    ];
    let kept = view.headers.iter().copied().filter(|(name, _)| !ADDED.contains(name)).take(HEADERS_MAX / 2);
    let headers: Vec<(&str, &str)> = [("host", "localhost")].into_iter().chain(kept).collect();
    if view.query.contains("X-Amz") || view.query.contains('%') || view.query.contains("AWSAccessKeyId") {
        // It says that it is signed, or may say so once it is decoded.
        return;
    }
    let mut signer = Signer::new("AKID", Secret::new("secret"), "eu-west-1", "s3");
    let view = RequestView { headers: &headers, ..*view };
    let added = signer.sign_headers(&view, Payload::Unsigned, NOW).headers;
    let with: Vec<(&str, &str)> =
        headers.iter().copied().chain(added.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    must_prove(&RequestView { headers: &with, ..view });
    let query = signer.presign(&view, 60, NOW);
    must_prove(&RequestView { query: &query, ..view });
}

fn must_prove(view: &RequestView<'_>) {
    let claim = match read_claim(view, &Options::default()) {
        Ok(Claim::Signed(claim)) => claim,
        other => unreachable!("{other:?} instead of a claim in {view:?}"),
    };
    let proven = verify(&claim, view, &Secret::new("secret"), NOW);
    assert!(proven.is_ok(), "{proven:?} of {view:?}");
}
