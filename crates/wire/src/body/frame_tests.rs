//! Framed payloads as clients send them, torn, tampered with, and in any pieces.

use model::Timestamp;
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use sigv4::{
    ChunkSigner, Claim, Options, Payload, PayloadMode, RequestView, Secret, Signer, read_claim, verify,
};

use super::*;

const BYTES: &[u8] = b"the bytes of an object, cut into chunks";
const TRAILER: (&str, &str) = ("x-amz-checksum-crc32", "y/Q5Jg==");

/// A signer of chunks and the verifier that the same request's signature gives.
fn signed(payload: Payload) -> (ChunkSigner, Box<ChunkVerifier>) {
    let now = Timestamp::from_seconds(1_795_328_670);
    let mut signer = Signer::new("KEY", Secret::new("secret"), "eu-west-1", "s3");
    let host = [("host", "localhost")];
    let view = RequestView { method: "PUT", path: "/b/k", query: "", headers: &host };
    let signed = signer.sign_headers(&view, payload, now);
    let mut headers = host.to_vec();
    headers.extend(signed.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let view = RequestView { headers: &headers, ..view };
    let Ok(Claim::Signed(claim)) = read_claim(&view, &Options::default()) else { panic!("no claim") };
    match verify(&claim, &view, &Secret::new("secret"), now).unwrap().payload {
        PayloadMode::SignedChunks(verifier) | PayloadMode::SignedChunksTrailer(verifier) => {
            (signed.chunks(), verifier)
        }
        other => panic!("not chunks: {other:?}"),
    }
}

fn framing(verifier: Option<Box<ChunkVerifier>>, trailer: bool, decoded_length: usize) -> Framing {
    let announced = if trailer { vec![TRAILER.0.to_owned()] } else { Vec::new() };
    Framing { verifier, trailer, announced, decoded_length: decoded_length as u64 }
}

type Decoded = Result<(Vec<u8>, Vec<(String, String)>), ErrorCode>;

fn decode<'a>(framing: Framing, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = FrameDecoder::new(framing);
    let mut bytes = Vec::new();
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(more) = decoder.next().map_err(|error| error.code)? {
            bytes.extend_from_slice(&more);
        }
    }
    decoder.finish().map_err(|error| error.code)?;
    Ok((bytes, decoder.trailers().to_vec()))
}

/// `BYTES` in frames of 16, unsigned.
fn plain_frames(end: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in BYTES.chunks(16) {
        out.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(end.as_bytes());
    out
}

fn signed_frames(trailer: bool) -> (Vec<u8>, Box<ChunkVerifier>) {
    let (mut signer, verifier) = signed(if trailer { Payload::ChunksTrailer } else { Payload::Chunks });
    let mut out = Vec::new();
    for chunk in BYTES.chunks(16) {
        signer.push_chunk(&mut out, chunk);
    }
    signer.push_end(&mut out, if trailer { &[TRAILER] } else { &[] });
    (out, verifier)
}

fn whole(trailer: bool) -> Decoded {
    let trailers = if trailer { vec![(TRAILER.0.to_owned(), TRAILER.1.to_owned())] } else { Vec::new() };
    Ok((BYTES.to_vec(), trailers))
}

const END: &str = "0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";

#[test]
fn every_kind_of_framing_gives_the_objects_bytes_and_its_trailer() {
    for trailer in [false, true] {
        let (frames, verifier) = signed_frames(trailer);
        assert_eq!(decode(framing(Some(verifier), trailer, BYTES.len()), [&frames[..]]), whole(trailer));
    }
    let frames = plain_frames(END);
    assert_eq!(decode(framing(None, true, BYTES.len()), [&frames[..]]), whole(true));
    let spaced = plain_frames("0\r\nX-Amz-Checksum-CRC32 : y/Q5Jg== \n\r\n");
    assert_eq!(decode(framing(None, true, BYTES.len()), [&spaced[..]]), whole(true));
}

#[test]
fn a_trailers_signature_may_follow_an_empty_line() {
    let (mut signer, verifier) = signed(Payload::ChunksTrailer);
    let mut frames = Vec::new();
    signer.push_chunk(&mut frames, BYTES);
    let last = signer.sign_chunk(&[]).to_owned();
    let signature = signer.sign_trailer(b"x-amz-checksum-crc32:y/Q5Jg==\n");
    let end = format!(
        "0;chunk-signature={last}\r\nx-amz-checksum-crc32:y/Q5Jg==\n\r\nx-amz-trailer-signature:{signature}\r\n\r\n"
    );
    frames.extend_from_slice(end.as_bytes());
    assert_eq!(decode(framing(Some(verifier), true, BYTES.len()), [&frames[..]]), whole(true));
}

#[test]
fn a_trailer_without_its_signature_is_malformed() {
    let (mut signer, verifier) = signed(Payload::ChunksTrailer);
    let mut frames = Vec::new();
    signer.push_chunk(&mut frames, BYTES);
    let last = signer.sign_chunk(&[]).to_owned();
    let end = format!("0;chunk-signature={last}\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n");
    frames.extend_from_slice(end.as_bytes());
    let decoded = decode(framing(Some(verifier), true, BYTES.len()), [&frames[..]]);
    assert_eq!(decoded, Err(ErrorCode::MalformedTrailerError));
}

#[test]
fn an_empty_object_is_one_last_chunk() {
    assert_eq!(decode(framing(None, false, 0), [&b"0\r\n\r\n"[..]]), Ok((Vec::new(), Vec::new())));
}

#[test]
fn a_payload_cut_anywhere_is_incomplete() {
    let (frames, _) = signed_frames(true);
    for cut in 0..frames.len() {
        let (_, verifier) = signed_frames(true);
        let decoded = decode(framing(Some(verifier), true, BYTES.len()), [&frames[..cut]]);
        assert_eq!(decoded, Err(ErrorCode::IncompleteBody), "cut at {cut}");
    }
}

#[test]
fn a_changed_byte_anywhere_is_an_error() {
    let (frames, _) = signed_frames(true);
    for at in 0..frames.len() {
        let (_, verifier) = signed_frames(true);
        let mut changed = frames.clone();
        changed[at] ^= 0x04;
        let decoded = decode(framing(Some(verifier), true, BYTES.len()), [&changed[..]]);
        // Extensions' names, spaces and the case of names may change unnoticed; bytes and trailers may not.
        if let Ok((bytes, trailers)) = decoded {
            assert_eq!(Ok((bytes, trailers)), whole(true), "changed at {at}");
        }
    }
    let data = frames.windows(9).position(|window| window == b"the bytes").unwrap();
    let mut changed = frames.clone();
    changed[data] = b'T';
    let (_, verifier) = signed_frames(true);
    let decoded = decode(framing(Some(verifier), true, BYTES.len()), [&changed[..]]);
    assert_eq!(decoded, Err(ErrorCode::SignatureDoesNotMatch));
}

#[test]
fn lengths_that_disagree_with_the_header_are_refused() {
    let frames = plain_frames(END);
    for wrong in [0, 15, BYTES.len() - 1, BYTES.len() + 1] {
        let decoded = decode(framing(None, true, wrong), [&frames[..]]);
        assert_eq!(decoded, Err(ErrorCode::IncompleteBody), "{wrong}");
    }
}

#[test]
fn malformed_frames_are_refused_each_with_its_code() {
    let table = [
        ("zz\r\n", ErrorCode::InvalidRequest),
        ("\r\n", ErrorCode::InvalidRequest),
        ("-1\r\n", ErrorCode::InvalidRequest),
        ("11111111111111111\r\n", ErrorCode::InvalidRequest),
        ("ffffffffffffffff\r\n", ErrorCode::IncompleteBody),
        ("1\r\nab\r\n", ErrorCode::InvalidRequest),
        ("1\r\na\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\nmore", ErrorCode::InvalidRequest),
        ("1\r\na\r\n0\r\n\r\n", ErrorCode::MalformedTrailerError),
        ("1\r\na\r\n0\r\nno colon\r\n\r\n", ErrorCode::MalformedTrailerError),
        ("1\r\na\r\n0\r\nx-amz-other:1\r\n\r\n", ErrorCode::MalformedTrailerError),
    ];
    for (frames, code) in table {
        assert_eq!(decode(framing(None, true, 1), [frames.as_bytes()]), Err(code), "{frames:?}");
    }
    let (_, verifier) = signed_frames(false);
    let bare = decode(framing(Some(verifier), false, 1), [&b"1\r\na\r\n0\r\n\r\n"[..]]);
    assert_eq!(bare, Err(ErrorCode::InvalidRequest));
    let long = "1".repeat(5000);
    assert_eq!(decode(framing(None, true, 1), [long.as_bytes()]), Err(ErrorCode::InvalidRequest));
    let unannounced =
        decode(framing(None, false, 1), [&b"1\r\na\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n"[..]]);
    assert_eq!(unannounced, Err(ErrorCode::MalformedTrailerError));
}

#[test]
fn five_gibibytes_in_one_chunk_pass_in_pieces() {
    let length: u64 = 5 << 30;
    let piece = Bytes::from(vec![0; 64 << 20]);
    let framing = Framing { verifier: None, trailer: false, announced: Vec::new(), decoded_length: length };
    let mut decoder = FrameDecoder::new(framing);
    decoder.push(format!("{length:x}\r\n").into());
    assert_eq!(decoder.next(), Ok(None));
    let mut seen = 0;
    while seen < length {
        decoder.push(piece.clone());
        seen += decoder.next().unwrap().unwrap().len() as u64;
    }
    decoder.push("\r\n0\r\n\r\n".into());
    assert_eq!(decoder.next(), Ok(None));
    assert_eq!((decoder.finish(), seen), (Ok(()), length));
}

fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut at = 0;
    let mut pieces = Vec::new();
    for cut in cuts {
        let end = (at + cut).min(bytes.len());
        pieces.push(bytes[at..end].to_vec());
        at = end;
    }
    pieces.push(bytes[at..].to_vec());
    pieces
}

/// Bytes that look enough like frames to reach the decoder's insides.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "0",
        "1",
        "3",
        "\r\n",
        "\n",
        ";chunk-signature=",
        "abc",
        "x-amz-checksum-crc32:1",
        "0\r\n",
        "1\r\na\r\n",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec(prop_oneof![4 => word, 1 => noise], 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_of_a_payload_gives_the_same_object(
        trailer in any::<bool>(),
        cuts in prop::collection::vec(0usize..60, 0..30),
    ) {
        let (frames, verifier) = signed_frames(trailer);
        let pieces = pieces(&frames, &cuts);
        let decoded = decode(framing(Some(verifier), trailer, BYTES.len()), pieces.iter().map(Vec::as_slice));
        assert_eq!(decoded, whole(trailer));
    }

    #[test]
    fn any_bytes_end_alike_in_any_split(
        bytes in nearly_frames(),
        trailer in any::<bool>(),
        length in 0usize..5,
        cuts in prop::collection::vec(0usize..8, 0..20),
    ) {
        let split = pieces(&bytes, &cuts);
        let at_once = decode(framing(None, trailer, length), [bytes.as_slice()]);
        assert_eq!(decode(framing(None, trailer, length), split.iter().map(Vec::as_slice)), at_once);
        let (_, verifier) = signed_frames(trailer);
        let signed = decode(framing(Some(verifier), trailer, length), [bytes.as_slice()]);
        assert!(signed.is_err());
    }
}
