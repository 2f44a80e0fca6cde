//! What a verification costs: the least of many rounds, because other work on the machine only adds.

use std::hint::black_box;
use std::time::Instant;

use model::Timestamp;
use sigv4::{
    Claim, Key, Options, Payload, RequestView, Secret, SignedClaim, Signer, read_claim, verify,
    verify_with_key,
};

const ROUNDS: u32 = 200;
const CALLS: u32 = 200;

fn measure(name: &str, mut call: impl FnMut()) {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        least = least.min(start.elapsed().as_secs_f64() / f64::from(CALLS));
    }
    println!("{name:<44} {:>7.3} µs", least * 1e6);
}

fn claim(view: &RequestView<'_>) -> Box<SignedClaim> {
    match read_claim(view, &Options::default()) {
        Ok(Claim::Signed(claim)) => claim,
        other => unreachable!("{other:?}"),
    }
}

fn main() {
    let now = Timestamp::from_seconds(1_767_323_045);
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let mut signer = Signer::new("AKIAIOSFODNN7EXAMPLE", secret.clone(), "eu-west-1", "s3");
    let bare = [
        ("host", "127.0.0.1:9000"),
        ("user-agent", "aws-sdk-rust/1.3.3 os/linux lang/rust/1.95.0"),
        ("accept-encoding", "identity"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("amz-sdk-invocation-id", "1a2b3c4d-0000-1111-2222-333344445555"),
    ];
    let view = RequestView {
        method: "GET",
        path: "/bucket/some/key/of/usual/length.bin",
        query: "x-id=GetObject",
        headers: &bare,
    };
    let added = signer.sign_headers(&view, Payload::Unsigned, now).headers;
    let mut headers = bare.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_str())));
    let signed = RequestView { headers: &headers, ..view };
    let read = claim(&signed);
    let key = Key::derive(&read, &secret);

    measure("read_claim", || drop(black_box(read_claim(black_box(&signed), &Options::default()))));
    measure("verify_with_key", || drop(black_box(verify_with_key(&read, black_box(&signed), &key, now))));
    measure("Key::derive", || drop(black_box(Key::derive(black_box(&read), &secret))));
    measure("read_claim + verify, key derived", || {
        drop(black_box(verify(&claim(black_box(&signed)), &signed, &secret, now)));
    });
    measure("read_claim + verify, key kept", || {
        drop(black_box(verify_with_key(&claim(black_box(&signed)), &signed, &key, now)));
    });
    let host = [("host", "127.0.0.1:9000")];
    let query = signer.presign(&RequestView { headers: &host, ..view }, 3600, now);
    let presigned = RequestView { query: &query, headers: &host, ..view };
    assert!(verify_with_key(&claim(&presigned), &presigned, &key, now).is_ok());
    measure("presigned: read_claim + verify, key kept", || {
        drop(black_box(verify_with_key(&claim(black_box(&presigned)), &presigned, &key, now)));
    });
    measure("sign_headers", || drop(black_box(signer.sign_headers(&view, Payload::Unsigned, now))));
}
