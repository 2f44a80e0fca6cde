//! A side door for the fuzz targets: decoders that otherwise only a connection reaches. No part of the interface.

use api::S3Error;
use bytes::Bytes;
use http::Uri;
use sigv4::ChunkVerifier;

use crate::body::{FrameDecoder, Framing};
use crate::dispatch::form_pairs;
use crate::form::{Event, FormDecoder};
use crate::request::{Hosts, Target, decode_query};

/// What a request's headers say about its aws-chunked body.
#[derive(Debug)]
pub struct Frames {
    pub verifier: Option<Box<ChunkVerifier>>,
    pub trailer: bool,
    /// Lower-case names of the trailer's headers.
    pub announced: Vec<String>,
    pub decoded_length: u64,
}

/// The object's bytes and the trailer's headers.
pub type Unframed = (Vec<u8>, Vec<(String, String)>);

/// Decodes an aws-chunked body that comes in these pieces.
pub fn unframe(frames: Frames, pieces: &[&[u8]]) -> Result<Unframed, S3Error> {
    let Frames { verifier, trailer, announced, decoded_length } = frames;
    let mut decoder = FrameDecoder::new(Framing { verifier, trailer, announced, decoded_length });
    let mut bytes = Vec::new();
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(more) = decoder.next()? {
            bytes.extend_from_slice(&more);
        }
    }
    decoder.finish()?;
    Ok((bytes, decoder.trailers().to_vec()))
}

/// A form, and whether it came to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadForm {
    pub fields: Vec<(String, String)>,
    /// File name and content type.
    pub file: Option<(Option<String>, Option<String>)>,
    pub bytes: Vec<u8>,
    pub ended: bool,
}

/// Decodes a form that comes in these pieces.
pub fn read_form(boundary: &str, fields_bytes_max: usize, pieces: &[&[u8]]) -> Result<ReadForm, S3Error> {
    let mut decoder = FormDecoder::new(boundary, fields_bytes_max);
    let mut form = ReadForm::default();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next()? {
            match event {
                Event::Field { name, value } => form.fields.push((name, value)),
                Event::File { filename, content_type } => form.file = Some((filename, content_type)),
                Event::Bytes(bytes) => form.bytes.extend_from_slice(&bytes),
                Event::End => form.ended = true,
            }
        }
    }
    Ok(form)
}

/// Decodes a form that asks IAM or STS for something.
pub fn read_query(body: &[u8]) -> Result<Vec<(String, String)>, S3Error> {
    form_pairs("", body)
}

/// Whom a request is for, and its query decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub query: Vec<(String, String)>,
}

/// Reads a request's target, path-style or below the domain.
pub fn read_address(uri: &Uri, host: Option<&str>, domain: &str) -> Result<Address, S3Error> {
    let hosts = Hosts::new(&[domain.to_owned()]);
    let target = Target::read(uri, host, &hosts)?;
    let query = decode_query(target.query)?;
    Ok(Address {
        bucket: target.bucket.map(|bucket| bucket.into_owned()),
        key: target.key.map(|key| key.into_owned()),
        query,
    })
}
