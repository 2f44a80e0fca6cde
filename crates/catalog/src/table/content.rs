//! What versions, uploads and parts have in common: attributes, checksums and where the bytes are.

use bytes::Bytes;
use model::{
    AccountId, ChecksumAlgorithm, ChecksumType, ObjectKey, Ordinal, PartNumber, StorageClass, Timestamp,
    UploadId,
};

use super::bytes::{RowError, RowReader, RowWriter};

/// What a client said about an object and gets back with it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attributes {
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    /// As sent: S3 gives back what it got, date or not.
    pub expires: Option<String>,
    pub website_redirect: Option<String>,
    /// Names without `x-amz-meta-`, in lower case.
    pub metadata: Vec<(String, String)>,
}

/// A checksum as stored: of the whole object, or of its parts' checksums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksumRow {
    pub algorithm: ChecksumAlgorithm,
    pub kind: ChecksumType,
    /// Raw bytes, big-endian; `algorithm.size_bytes()` of them.
    pub value: Bytes,
}

/// Where the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// In this row.
    Inline(Bytes),
    /// In the byte store: its encoded manifest, which rows do not interpret.
    Stored(Bytes),
    /// In the parts of a completed upload, whose rows stay under the key they were uploaded to.
    Parts { key: ObjectKey, upload: UploadId, table: PartTable },
}

/// A run of consecutive part numbers of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartSpan {
    pub first: PartNumber,
    pub count: u16,
    pub size_bytes: u64,
}

/// Part numbers and sizes of a multipart object, as runs: ten thousand equal parts are one entry.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PartTable(Vec<PartSpan>);

impl PartTable {
    /// Appends a part; numbers must ascend.
    pub fn push(&mut self, number: PartNumber, size_bytes: u64) {
        if let Some(last) = self.0.last_mut()
            && last.size_bytes == size_bytes
            && last.first.get() + last.count == number.get()
        {
            last.count += 1;
            return;
        }
        self.0.push(PartSpan { first: number, count: 1, size_bytes });
    }

    /// Whether its numbers ascend and stay within S3's, and its sizes add up.
    fn is_legal(&self) -> bool {
        let (mut last, mut end) = (0, 0_u64);
        self.0.iter().all(|span| {
            let first = i64::from(span.first.get());
            let ascends = first > last;
            last = first + i64::from(span.count) - 1;
            let bytes = span.size_bytes.checked_mul(u64::from(span.count));
            let sum = bytes.and_then(|bytes| end.checked_add(bytes));
            end = sum.unwrap_or(end);
            ascends && PartNumber::new(last).is_some() && sum.is_some()
        })
    }

    /// Whether a part with this number is in it.
    pub fn contains(&self, number: PartNumber) -> bool {
        let number = u32::from(number.get());
        self.0.iter().any(|span| {
            let first = u32::from(span.first.get());
            (first..first + u32::from(span.count)).contains(&number)
        })
    }

    /// How many parts.
    pub fn count(&self) -> usize {
        self.0.iter().map(|span| usize::from(span.count)).sum()
    }

    /// Each part's number, first byte and size, in order.
    pub fn iter(&self) -> impl Iterator<Item = (PartNumber, u64, u64)> + '_ {
        let mut start = 0;
        self.0.iter().flat_map(|span| (0..span.count).map(move |n| (span, n))).filter_map(move |(span, n)| {
            let at = start;
            start += span.size_bytes;
            Some((PartNumber::new(i64::from(span.first.get() + n))?, at, span.size_bytes))
        })
    }

    /// The part with this place in the object (1 is the first), as `partNumber` reads ask for.
    pub fn nth(&self, place: usize) -> Option<(PartNumber, u64, u64)> {
        self.iter().nth(place.checked_sub(1)?)
    }
}

impl RowWriter {
    pub fn attributes(&mut self, attributes: &Attributes) {
        self.text(attributes.content_type.as_deref());
        self.text(attributes.cache_control.as_deref());
        self.text(attributes.content_disposition.as_deref());
        self.text(attributes.content_encoding.as_deref());
        self.text(attributes.content_language.as_deref());
        self.text(attributes.expires.as_deref());
        self.text(attributes.website_redirect.as_deref());
        self.pairs(&attributes.metadata);
    }

    pub fn algorithm(&mut self, algorithm: ChecksumAlgorithm) {
        let at = ChecksumAlgorithm::ALL.iter().position(|known| *known == algorithm).unwrap_or_default();
        self.varint(at as u64);
    }

    pub fn checksum_type(&mut self, kind: ChecksumType) {
        self.u8(u8::from(kind == ChecksumType::Composite));
    }

    pub fn checksum(&mut self, checksum: Option<&ChecksumRow>) {
        self.option(checksum, |w, checksum| {
            w.algorithm(checksum.algorithm);
            w.checksum_type(checksum.kind);
            w.bytes(&checksum.value);
        });
    }

    pub fn storage_class(&mut self, class: StorageClass) {
        self.u8(StorageClass::ALL.iter().position(|known| *known == class).unwrap_or_default() as u8);
    }

    pub fn owner(&mut self, owner: AccountId) {
        self.varint(owner.number());
    }

    pub fn timestamp(&mut self, moment: Timestamp) {
        self.signed(moment.millis());
    }

    /// Ends the row: inline bytes come last, so that reading a row's head never touches them.
    pub fn content(&mut self, content: &Content) {
        match content {
            Content::Inline(bytes) => {
                self.u8(0);
                self.raw(bytes);
            }
            Content::Stored(manifest) => {
                self.u8(1);
                self.raw(manifest);
            }
            Content::Parts { key, upload, table } => {
                self.u8(2);
                self.bytes(key.as_str().as_bytes());
                self.upload(*upload);
                self.part_table(table);
            }
        }
    }

    pub fn upload(&mut self, upload: UploadId) {
        self.varint(upload.ordinal.as_u64());
        self.varint(upload.salt);
    }

    pub fn part_table(&mut self, table: &PartTable) {
        self.varint(table.0.len() as u64);
        for span in &table.0 {
            self.varint(u64::from(span.first.get()));
            self.varint(u64::from(span.count));
            self.varint(span.size_bytes);
        }
    }
}

impl RowReader {
    pub fn attributes(&mut self) -> Result<Attributes, RowError> {
        Ok(Attributes {
            content_type: self.text()?,
            cache_control: self.text()?,
            content_disposition: self.text()?,
            content_encoding: self.text()?,
            content_language: self.text()?,
            expires: self.text()?,
            website_redirect: self.text()?,
            metadata: self.pairs()?,
        })
    }

    pub fn algorithm(&mut self) -> Result<ChecksumAlgorithm, RowError> {
        let at = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        self.legal(ChecksumAlgorithm::ALL.get(at).copied())
    }

    pub fn checksum_type(&mut self) -> Result<ChecksumType, RowError> {
        Ok(if self.bool()? { ChecksumType::Composite } else { ChecksumType::FullObject })
    }

    pub fn checksum(&mut self) -> Result<Option<ChecksumRow>, RowError> {
        self.option(|r| {
            let (algorithm, kind, value) = (r.algorithm()?, r.checksum_type()?, r.bytes()?);
            let value = r.legal((value.len() == algorithm.size_bytes()).then_some(value))?;
            Ok(ChecksumRow { algorithm, kind, value })
        })
    }

    pub fn storage_class(&mut self) -> Result<StorageClass, RowError> {
        let at = usize::from(self.u8()?);
        self.legal(StorageClass::ALL.get(at).copied())
    }

    pub fn timestamp(&mut self) -> Result<Timestamp, RowError> {
        self.signed().map(Timestamp::from_millis)
    }

    pub fn ordinal(&mut self) -> Result<Ordinal, RowError> {
        self.varint().map(Ordinal::from_u64)
    }

    pub fn key(&mut self) -> Result<ObjectKey, RowError> {
        let key = self.string()?;
        self.legal(ObjectKey::new(key).ok())
    }

    fn part_number(&mut self) -> Result<PartNumber, RowError> {
        let number = self.varint()?;
        self.legal(i64::try_from(number).ok().and_then(PartNumber::new))
    }

    pub fn content(&mut self) -> Result<Content, RowError> {
        match self.u8()? {
            0 => Ok(Content::Inline(self.rest())),
            1 => Ok(Content::Stored(self.rest())),
            2 => Ok(Content::Parts { key: self.key()?, upload: self.upload()?, table: self.part_table()? }),
            _ => Err(self.damaged()),
        }
    }

    pub fn upload(&mut self) -> Result<UploadId, RowError> {
        Ok(UploadId { ordinal: self.ordinal()?, salt: self.varint()? })
    }

    pub fn part_table(&mut self) -> Result<PartTable, RowError> {
        let mut table = PartTable::default();
        for _ in 0..self.varint()? {
            let first = self.part_number()?;
            let count = self.varint()?;
            let count = self.legal(u16::try_from(count).ok().filter(|count| *count > 0))?;
            table.0.push(PartSpan { first, count, size_bytes: self.varint()? });
        }
        self.legal(table.is_legal().then_some(table))
    }
}
