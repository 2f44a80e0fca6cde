//! MD5, which S3's ETags are made of. Not a proof against malice, but a name that clients compute themselves.

use ::md5::Digest as _;

/// A running MD5.
#[derive(Clone, Default)]
pub struct Md5(::md5::Md5);

impl Md5 {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 16] {
        self.0.finalize().into()
    }
}

/// MD5 of bytes that are all here.
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    ::md5::Md5::digest(bytes).into()
}

/// The MD5 inside a multipart object's ETag: of its parts' MD5s, one after the other.
pub fn md5_of_md5s<'a>(parts: impl IntoIterator<Item = &'a [u8; 16]>) -> [u8; 16] {
    let mut whole = Md5::new();
    for part in parts {
        whole.update(part);
    }
    whole.finish()
}
