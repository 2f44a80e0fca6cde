//! A form off the connection: its fields first, its file as a byte source.

use std::ops::RangeInclusive;

use api::{ByteSource, ErrorCode, S3Error};
use async_trait::async_trait;
use bytes::Bytes;

use super::decoder::{Event, FormDecoder};
use super::fields::Fields;
use crate::body::{Pull, too_large};

/// A form up to the first byte of its file.
pub(crate) struct Form {
    pub fields: Fields,
    /// Of the file's part.
    pub content_type: Option<String>,
    pub file: FileSource,
}

/// The bytes of a form's file.
pub(crate) struct FileSource {
    pull: Pull,
    decoder: FormDecoder,
    seen: u64,
    length: RangeInclusive<u64>,
}

/// Reads the fields; the file stays unread.
pub(crate) async fn read_form(
    mut pull: Pull,
    boundary: &str,
    fields_bytes_max: usize,
) -> Result<Form, S3Error> {
    let mut decoder = FormDecoder::new(boundary, fields_bytes_max);
    let mut fields = Vec::new();
    loop {
        match decoder.next()? {
            Some(Event::Field { name, value }) => fields.push((name, value)),
            Some(Event::File { filename, content_type }) => {
                let fields = Fields::new(fields, filename.as_deref());
                let file = FileSource { pull, decoder, seen: 0, length: 0..=u64::MAX };
                return Ok(Form { fields, content_type, file });
            }
            Some(Event::Bytes(_) | Event::End) => {
                let found = ErrorCode::IncorrectNumberOfFilesInPostRequest;
                return Err(S3Error::from(found));
            }
            None => match pull.next().await? {
                Some(input) => decoder.push(&input),
                None => return Err(ErrorCode::MalformedPOSTRequest.into()),
            },
        }
    }
}

impl FileSource {
    /// The file must be within these bounds.
    pub fn bound(&mut self, length: RangeInclusive<u64>) {
        self.length = length;
    }

    fn count(&mut self, bytes: usize) -> Result<(), S3Error> {
        self.seen += bytes as u64;
        if self.seen > *self.length.end() {
            return Err(too_large(self.seen, *self.length.end()));
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), S3Error> {
        if self.seen >= *self.length.start() {
            return Ok(());
        }
        Err(S3Error::from(ErrorCode::EntityTooSmall)
            .element("ProposedSize", self.seen.to_string())
            .element("MinSizeAllowed", self.length.start().to_string()))
    }
}

#[async_trait]
impl ByteSource for FileSource {
    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            match self.decoder.next()? {
                Some(Event::Bytes(bytes)) => {
                    self.count(bytes.len())?;
                    return Ok(Some(bytes));
                }
                // The rest of the form is nobody's, but it must come in, or the client never reads the answer.
                Some(_) => while self.pull.next().await?.is_some() {},
                None if self.decoder.is_done() => return self.finish().map(|()| None),
                None => match self.pull.next().await? {
                    Some(input) => self.decoder.push(&input),
                    None => return Err(ErrorCode::IncompleteBody.into()),
                },
            }
        }
    }
}
