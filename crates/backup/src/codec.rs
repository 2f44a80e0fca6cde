//! The alphabet of what lies on a shelf and of what the server sends: numbers, bytes, sums.
//!
//! A reader never panics, whatever the bytes.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::fault::Fault;

/// A SHA-256, which is what most things on a shelf are called by.
pub(crate) type Name = [u8; 32];

/// Longer than any row and any manifest, and than a piece.
pub(crate) const FIELD_BYTES_MAX: u64 = 8 << 20;

pub(crate) fn hex(name: &Name) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn parse_hex(text: &str) -> Option<Name> {
    let mut name = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in name.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(name)
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads fields off the front of bytes that are all here.
pub(crate) struct Fields<'a> {
    place: &'a str,
    rest: Bytes,
}

impl<'a> Fields<'a> {
    /// `place` is what a fault names.
    pub fn new(place: &'a str, bytes: Bytes) -> Self {
        Self { place, rest: bytes }
    }

    /// Bytes that end in the SHA-256 of all before it, which begin with `marker`.
    pub fn proven(place: &'a str, mut bytes: Bytes, marker: &[u8; 8]) -> Result<Self, Fault> {
        let Some(end) = bytes.len().checked_sub(32) else {
            return Err(Fault::damaged(place, "it is too short"));
        };
        let sum = bytes.split_off(end);
        if digest::sha256(&bytes)[..] != sum[..] {
            return Err(Fault::damaged(place, "its checksum is wrong"));
        }
        if !bytes.starts_with(marker) {
            return Err(Fault::damaged(place, "its format is none that this release knows"));
        }
        bytes.advance(marker.len());
        Ok(Self { place, rest: bytes })
    }

    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, length: usize) -> Result<Bytes, Fault> {
        if length > self.rest.len() {
            return Err(Fault::damaged(self.place, "it ends early"));
        }
        Ok(self.rest.split_to(length))
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(&self.take(N)?);
        Ok(array)
    }

    pub fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::damaged(self.place, "a number in it has no end"))
    }

    pub fn bytes(&mut self) -> Result<Bytes, Fault> {
        let length = self.varint()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }
}

/// Reads fields off a stream.
pub(crate) struct Pull {
    source: Box<dyn api::ByteSource>,
    held: BytesMut,
    /// Of all that was taken, where the stream ends in one.
    sum: Option<digest::Sha256>,
}

impl Pull {
    pub fn new(source: Box<dyn api::ByteSource>) -> Self {
        Self { source, held: BytesMut::new(), sum: None }
    }

    /// To be ended by `prove`.
    pub fn summed(source: Box<dyn api::ByteSource>) -> Self {
        Self { sum: Some(digest::Sha256::new()), ..Self::new(source) }
    }

    pub async fn take(&mut self, length: usize) -> Result<Bytes, Fault> {
        while self.held.len() < length {
            match self.source.next().await? {
                Some(bytes) => self.held.extend_from_slice(&bytes),
                None => return Err(Fault::Refused("the server's answer ends early".to_owned())),
            }
        }
        let taken = self.held.split_to(length).freeze();
        if let Some(sum) = &mut self.sum {
            sum.update(&taken);
        }
        Ok(taken)
    }

    pub async fn u8(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1).await?[0])
    }

    pub async fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8().await?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::damaged("the server's answer", "a number in it has no end"))
    }

    pub async fn bytes(&mut self) -> Result<Bytes, Fault> {
        let length = self.varint().await?;
        if length > FIELD_BYTES_MAX {
            return Err(Fault::damaged("the server's answer", "a field in it is too long"));
        }
        self.take(length as usize).await
    }

    /// The next bytes must be the SHA-256 of all before them.
    pub async fn prove(&mut self) -> Result<(), Fault> {
        let expected = self.sum.take().map(digest::Sha256::finish);
        let told = self.take(32).await?;
        if expected.is_none_or(|expected| told[..] != expected[..]) {
            return Err(Fault::damaged("the server's answer", "its checksum is wrong"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_from_hex() {
        let name = digest::sha256(b"a");
        assert_eq!(parse_hex(&hex(&name)), Some(name));
        assert_eq!(parse_hex("ä".repeat(32).as_str()), None);
        assert_eq!(parse_hex("+1".repeat(32).as_str()), None);
    }
}
