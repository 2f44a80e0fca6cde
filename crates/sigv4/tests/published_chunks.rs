//! AWS's examples of signed chunks ("Signature Calculations for the Authorization Header: Transferring Payload in
//! Multiple Chunks", "… Including trailing headers"), verified piece by piece and signed anew.

use model::Timestamp;
use sigv4::{
    ChunkVerifier, Claim, Options, Payload, PayloadMode, RequestView, Secret, Signer, read_claim, verify,
};

const EXAMPLE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const CHUNKS: [(usize, &str); 3] = [
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
];
const TRAILED_CHUNKS: [(usize, &str); 3] = [
    (65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
];
const TRAILER: &[u8] = b"x-amz-checksum-crc32c:sOO8/Q==\n";
const TRAILER_SIGNATURE: &str = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";

fn midnight() -> Timestamp {
    Timestamp::parse_basic("20130524T000000Z").expect("a date")
}

fn headers<'a>(
    authorization: &'a str,
    payload: &'a str,
    trailer: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("authorization", authorization),
        ("x-amz-content-sha256", payload),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("content-length", "66824"),
    ];
    headers.extend(trailer.map(|name| ("x-amz-trailer", name)));
    headers
}

fn proven(headers: &[(&str, &str)]) -> PayloadMode {
    let view = RequestView { method: "PUT", path: "/examplebucket/chunkObject.txt", query: "", headers };
    let Ok(Claim::Signed(claim)) = read_claim(&view, &Options::default()) else {
        unreachable!("the request is signed");
    };
    verify(&claim, &view, &Secret::new(EXAMPLE_SECRET), midnight()).expect("the published signature").payload
}

fn chunked() -> Box<ChunkVerifier> {
    let authorization = "AWS4-HMAC-SHA256 \
        Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
        SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
        x-amz-decoded-content-length;x-amz-storage-class,\
        Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let mode = proven(&headers(authorization, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", None));
    let PayloadMode::SignedChunks(verifier) = mode else { unreachable!("its chunks are signed") };
    verifier
}

fn trailed() -> Box<ChunkVerifier> {
    let authorization = "AWS4-HMAC-SHA256 \
        Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
        SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;\
        x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,\
        Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    let payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    let mode = proven(&headers(authorization, payload, Some("x-amz-checksum-crc32c")));
    let PayloadMode::SignedChunksTrailer(verifier) = mode else { unreachable!("its trailer is signed") };
    verifier
}

#[test]
fn each_chunk_is_proven_from_pieces_of_any_size() {
    for piece in [1, 7, 65536] {
        let mut verifier = chunked();
        for (length, signature) in CHUNKS {
            verifier.begin_chunk(signature);
            vec![b'a'; length].chunks(piece).for_each(|bytes| verifier.update(bytes));
            verifier.end_chunk().expect("the published signature");
        }
    }
}

#[test]
fn a_changed_chunk_is_refused() {
    let mut verifier = chunked();
    verifier.begin_chunk(CHUNKS[0].1);
    verifier.update(&[b'a'; 65535]);
    verifier.update(b"b");
    assert!(verifier.end_chunk().is_err_and(|refusal| refusal.code() == "SignatureDoesNotMatch"));
}

#[test]
fn chunks_in_another_order_are_refused() {
    let mut verifier = chunked();
    verifier.begin_chunk(CHUNKS[1].1);
    verifier.update(&[b'a'; 1024]);
    assert!(verifier.end_chunk().is_err());
}

#[test]
fn the_trailer_is_proven_after_the_last_chunk() {
    let mut verifier = trailed();
    for (length, signature) in TRAILED_CHUNKS {
        verifier.begin_chunk(signature);
        verifier.update(&vec![b'a'; length]);
        verifier.end_chunk().expect("the published signature");
    }
    assert!(verifier.trailer(b"x-amz-checksum-crc32c:AAAAAA==\n", TRAILER_SIGNATURE).is_err());
    verifier.trailer(TRAILER, TRAILER_SIGNATURE).expect("the published signature");
}

#[test]
fn our_own_signer_signs_what_our_verifier_proves() {
    let mut signer = Signer::new("AKIAIOSFODNN7EXAMPLE", Secret::new(EXAMPLE_SECRET), "us-east-1", "s3");
    let bare = [("host", "s3.amazonaws.com"), ("x-amz-decoded-content-length", "7")];
    let view = RequestView { method: "PUT", path: "/b/k", query: "", headers: &bare };
    let signed = signer.sign_headers(&view, Payload::ChunksTrailer, midnight());
    let mut all = bare.to_vec();
    all.extend(signed.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let view = RequestView { headers: &all, ..view };
    let Ok(Claim::Signed(claim)) = read_claim(&view, &Options::default()) else {
        unreachable!("the request is signed");
    };
    let verified =
        verify(&claim, &view, &Secret::new(EXAMPLE_SECRET), midnight()).expect("our own signature");
    let PayloadMode::SignedChunksTrailer(mut verifier) = verified.payload else { unreachable!("as asked") };
    let mut chunks = signed.chunks();
    for bytes in [b"payload".as_slice(), b""] {
        verifier.begin_chunk(chunks.sign_chunk(bytes));
        verifier.update(bytes);
        verifier.end_chunk().expect("our own signature");
    }
    verifier.trailer(b"a:b\n", chunks.sign_trailer(b"a:b\n")).expect("our own signature");
}

#[test]
fn frames_are_written_as_aws_draws_them() {
    let mut signer = Signer::new("AKIAIOSFODNN7EXAMPLE", Secret::new(EXAMPLE_SECRET), "us-east-1", "s3");
    let view = RequestView { method: "PUT", path: "/", query: "", headers: &[("host", "h")] };
    let mut chunks = signer.sign_headers(&view, Payload::ChunksTrailer, midnight()).chunks();
    let mut out = Vec::new();
    chunks.push_chunk(&mut out, &[b'x'; 20]);
    chunks.push_end(&mut out, &[("x-amz-checksum-crc32", "AAAAAA==")]);
    let text = String::from_utf8(out).expect("ASCII");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("14;chunk-signature=") && lines[0].len() == 19 + 64);
    assert_eq!(lines[1], "x".repeat(20));
    assert!(lines[2].starts_with("0;chunk-signature="));
    assert_eq!(lines[3], "x-amz-checksum-crc32:AAAAAA==");
    assert!(lines[4].starts_with("x-amz-trailer-signature:"));
    assert_eq!(lines[5..], ["", ""]);
}
