//! The alphabet of rows: varints (LEB128), length-prefixed bytes and strings, options.
//!
//! A reader never panics, whatever the bytes: rows come from a disk.

use bytes::{BufMut, Bytes};
use model::AccountId;
use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RowError {
    #[error("a {row} row has format {found}; this release reads up to {known}")]
    Format { row: &'static str, found: u8, known: u8 },
    #[error("a {row} row is damaged at byte {at} of {len}")]
    Damaged { row: &'static str, at: usize, len: usize },
}

pub struct RowWriter(Vec<u8>);

impl RowWriter {
    pub fn new(format: u8) -> Self {
        let mut bytes = Vec::with_capacity(160);
        bytes.push(format);
        Self(bytes)
    }

    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn varint(&mut self, value: u64) {
        varint(&mut self.0, value);
    }

    pub fn signed(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }

    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
            }
        }
    }

    pub fn text(&mut self, value: Option<&str>) {
        self.option(value, |w, text| w.bytes(text.as_bytes()));
    }

    pub fn pairs(&mut self, pairs: &[(String, String)]) {
        self.varint(pairs.len() as u64);
        for (name, value) in pairs {
            self.bytes(name.as_bytes());
            self.bytes(value.as_bytes());
        }
    }

    pub fn strings(&mut self, strings: &[String]) {
        self.varint(strings.len() as u64);
        for string in strings {
            self.bytes(string.as_bytes());
        }
    }

    pub fn finish(self) -> Bytes {
        Bytes::from(self.0)
    }
}

/// For what stands within something that has its format.
pub(super) fn varint(bytes: &mut impl BufMut, mut value: u64) {
    while value >= 0x80 {
        bytes.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.put_u8(value as u8);
}

pub struct RowReader {
    row: &'static str,
    bytes: Bytes,
    at: usize,
    format: u8,
}

impl RowReader {
    /// Checks the format byte; `known` is the newest that this release writes.
    pub fn new(row: &'static str, bytes: Bytes, known: u8) -> Result<Self, RowError> {
        let mut reader = Self { row, bytes, at: 0, format: 0 };
        match reader.u8()? {
            found if found == 0 || found > known => Err(RowError::Format { row, found, known }),
            format => Ok(Self { format, ..reader }),
        }
    }

    /// Of the row that is read: older ones lack what came later.
    pub const fn format(&self) -> u8 {
        self.format
    }

    pub const fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn damaged(&self) -> RowError {
        RowError::Damaged { row: self.row, at: self.at, len: self.bytes.len() }
    }

    /// A value that only some bytes can mean.
    pub fn legal<T>(&self, value: Option<T>) -> Result<T, RowError> {
        value.ok_or_else(|| self.damaged())
    }

    pub fn u8(&mut self) -> Result<u8, RowError> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| self.damaged())?;
        self.at += 1;
        Ok(byte)
    }

    pub fn varint(&mut self) -> Result<u64, RowError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.damaged())
    }

    pub fn signed(&mut self) -> Result<i64, RowError> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    pub fn bool(&mut self) -> Result<bool, RowError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.damaged()),
        }
    }

    pub fn take(&mut self, len: usize) -> Result<Bytes, RowError> {
        match self.at.checked_add(len) {
            Some(end) if end <= self.bytes.len() => {
                let taken = self.bytes.slice(self.at..end);
                self.at = end;
                Ok(taken)
            }
            _ => Err(self.damaged()),
        }
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], RowError> {
        let taken = self.take(N)?;
        self.legal(taken.as_ref().try_into().ok())
    }

    pub fn bytes(&mut self) -> Result<Bytes, RowError> {
        let len = self.varint()?;
        let len = self.legal(usize::try_from(len).ok())?;
        self.take(len)
    }

    pub fn string(&mut self) -> Result<String, RowError> {
        let bytes = self.bytes()?;
        self.legal(String::from_utf8(bytes.to_vec()).ok())
    }

    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, RowError>,
    ) -> Result<Option<T>, RowError> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    pub fn text(&mut self) -> Result<Option<String>, RowError> {
        self.option(Self::string)
    }

    pub fn pairs(&mut self) -> Result<Vec<(String, String)>, RowError> {
        let count = self.varint()?;
        let mut pairs = Vec::new();
        for _ in 0..count {
            pairs.push((self.string()?, self.string()?));
        }
        Ok(pairs)
    }

    pub fn strings(&mut self) -> Result<Vec<String>, RowError> {
        let count = self.varint()?;
        let mut strings = Vec::new();
        for _ in 0..count {
            strings.push(self.string()?);
        }
        Ok(strings)
    }

    pub fn account(&mut self) -> Result<AccountId, RowError> {
        let number = self.varint()?;
        self.legal(AccountId::new(number))
    }

    /// What is left, for a field that ends the row.
    pub fn rest(&mut self) -> Bytes {
        let rest = self.bytes.slice(self.at..);
        self.at = self.bytes.len();
        rest
    }
}
