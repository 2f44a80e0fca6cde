//! SHA-256, which signatures need beside S3's checksums.

use aws_lc_rs::digest;

/// A running SHA-256.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        sized(&self.0.finish())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// SHA-256 of bytes that are all here.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sized(&digest::digest(&digest::SHA256, bytes))
}

fn sized(digest: &digest::Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_sha256_equals_the_one_of_the_whole() {
        let mut running = Sha256::new();
        running.update(b"12345");
        running.update(b"6789");
        assert_eq!(running.finish(), sha256(b"123456789"));
        assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
