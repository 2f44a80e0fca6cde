//! Signing and framing a payload's chunks (aws-chunked).

use aws_lc_rs::digest::{SHA256, digest};

use crate::SigningKey;
use crate::chunk::Links;

/// Signs chunks in order. The last one is empty.
#[derive(Clone, Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    links: Links,
    previous: String,
}

impl ChunkSigner {
    pub(super) const fn new(key: SigningKey, links: Links, seed: String) -> Self {
        Self { key, links, previous: seed }
    }

    /// The next chunk's signature in hex.
    pub fn sign_chunk(&mut self, bytes: &[u8]) -> &str {
        let text = self.links.chunk(&self.previous, digest(&SHA256, bytes).as_ref());
        self.previous = self.key.sign(&text);
        &self.previous
    }

    /// The trailer's signature, after the last chunk's; `canonical` holds `name:value\n` for each header.
    pub fn sign_trailer(&mut self, canonical: &[u8]) -> &str {
        let text = self.links.trailer(&self.previous, canonical);
        self.previous = self.key.sign(&text);
        &self.previous
    }

    /// Appends the frame of the next chunk.
    pub fn push_chunk(&mut self, out: &mut Vec<u8>, bytes: &[u8]) {
        let line = format!("{:x};chunk-signature={}\r\n", bytes.len(), self.sign_chunk(bytes));
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the empty last chunk and what follows it: nothing, or the trailer and its signature.
    pub fn push_end(&mut self, out: &mut Vec<u8>, trailer: &[(&str, &str)]) {
        let line = format!("0;chunk-signature={}\r\n", self.sign_chunk(&[]));
        out.extend_from_slice(line.as_bytes());
        if !trailer.is_empty() {
            let mut canonical = String::new();
            for (name, value) in trailer {
                out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
                canonical.push_str(&format!("{name}:{value}\n"));
            }
            let signature = self.sign_trailer(canonical.as_bytes());
            out.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
}
