//! aws-chunked bodies: signed or not, with or without a trailer.
//!
//! The input's first byte says how, two say how long the object is, one how the body is cut; then the body.

use api::ErrorCode;
use model::Timestamp;
use sigv4::{
    ChunkSigner, ChunkVerifier, Claim, Options, Payload, PayloadMode, RequestView, Secret, Signer,
    read_claim, verify,
};
use wire::fuzzing::{Frames, Unframed, unframe};

use crate::input::{Input, splits, sure};

const NOW: Timestamp = Timestamp::from_seconds(1_795_328_670);
const TRAILER: (&str, &str) = ("x-amz-checksum-crc32", "y/Q5Jg==");

/// A body decodes alike in any pieces; and a signed one that was changed on its way never proves as another.
pub fn aws_chunked(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let how = input.u8();
    let (signed, trailer, framed) = (how & 1 != 0, how & 2 != 0, how & 4 != 0);
    let (length, seed) = (input.u16(), u64::from(input.u8()));
    if framed {
        change_a_signed_body(&mut input, trailer, seed);
        return;
    }
    let body = input.rest();
    let [whole, singly, pieces] = splits(body, seed).map(|pieces| {
        let verifier = signed.then(|| chunks(trailer).1);
        decode(verifier, trailer, u64::from(length), &pieces)
    });
    assert!(whole == singly && whole == pieces, "{whole:?} whole, {singly:?} singly, {pieces:?} in pieces");
    if let Ok((object, _)) = whole {
        assert_eq!(object.len(), usize::from(length));
        assert!(!signed, "nobody signed this");
    }
}

fn decode(
    verifier: Option<Box<ChunkVerifier>>,
    trailer: bool,
    decoded_length: u64,
    pieces: &[&[u8]],
) -> Result<Unframed, ErrorCode> {
    let announced = if trailer { vec![TRAILER.0.to_owned()] } else { Vec::new() };
    unframe(Frames { verifier, trailer, announced, decoded_length }, pieces).map_err(|error| error.code)
}

/// Frames the rest of the input, changes one byte of the frames or none, and decodes.
fn change_a_signed_body(input: &mut Input<'_>, trailer: bool, seed: u64) {
    let (place, flip, chunk_bytes) = (usize::from(input.u16()), input.u8(), usize::from(input.u8()) + 1);
    let object = input.rest();
    let mut signer = chunks(trailer).0;
    let mut body = Vec::new();
    object.chunks(chunk_bytes).for_each(|chunk| signer.push_chunk(&mut body, chunk));
    signer.push_end(&mut body, if trailer { &[TRAILER] } else { &[] });
    let place = place % body.len();
    body[place] ^= flip;
    let trailers = if trailer { vec![(TRAILER.0.to_owned(), TRAILER.1.to_owned())] } else { Vec::new() };
    let outcomes = splits(&body, seed)
        .map(|pieces| decode(Some(chunks(trailer).1), trailer, object.len() as u64, &pieces));
    assert!(outcomes[0] == outcomes[1] && outcomes[0] == outcomes[2], "{outcomes:?}");
    match &outcomes[0] {
        // A header's digits have two cases, and so has a trailer's name: not every change is one.
        Ok(decoded) => assert_eq!(decoded, &(object.to_vec(), trailers)),
        Err(code) => assert!(flip != 0, "{code} for what was signed"),
    }
}

/// A signer of chunks, and the verifier that the same request's signature gives.
fn chunks(trailer: bool) -> (ChunkSigner, Box<ChunkVerifier>) {
    let mut signer = Signer::new("AKID", Secret::new("secret"), "eu-west-1", "s3");
    let host = [("host", "localhost")];
    let view = RequestView { method: "PUT", path: "/b/k", query: "", headers: &host };
    let payload = if trailer { Payload::ChunksTrailer } else { Payload::Chunks };
    let signed = signer.sign_headers(&view, payload, NOW);
    let added = signed.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<(&str, &str)> = host.into_iter().chain(added).collect();
    let view = RequestView { headers: &headers, ..view };
    let Claim::Signed(claim) = sure(read_claim(&view, &Options::default())) else {
        unreachable!("a request that was just signed is anonymous")
    };
    match sure(verify(&claim, &view, &Secret::new("secret"), NOW)).payload {
        PayloadMode::SignedChunks(verifier) | PayloadMode::SignedChunksTrailer(verifier) => {
            (signed.chunks(), verifier)
        }
        other => unreachable!("chunks were signed, not {other:?}"),
    }
}
