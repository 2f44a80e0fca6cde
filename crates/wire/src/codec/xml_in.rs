//! XML in: a pull reader over a gathered body, bounded in depth and in elements.
//!
//! No document types and so no entities but the five predefined ones and character references: what is read is
//! never longer than what was sent. Namespaces are ignored and unknown elements skipped, as S3 does.

use api::{ErrorCode, S3Error};
use model::Timestamp;
use model::limits::{XML_DEPTH_MAX, XML_ELEMENTS_MAX};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::text::boolean;

/// A value that one element holds.
pub trait FromXml: Sized {
    /// Reads the element whose start was just read, through its end.
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error>;
}

/// An element's start. It borrows the body, not the reader, so the reader can go on while it is matched.
pub(crate) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// The element's name without its prefix.
    pub(crate) fn name(&self) -> &str {
        // The whole body was proven to be UTF-8, and names end at ASCII characters.
        std::str::from_utf8(self.0.local_name().into_inner()).unwrap_or_default()
    }
}

/// Reads one document, element by element.
pub struct XmlReader<'a> {
    reader: Reader<&'a [u8]>,
    /// The start tag that was read last.
    start: Option<BytesStart<'a>>,
    depth: u32,
    elements: u32,
}

impl<'a> XmlReader<'a> {
    /// Reads the document as one value; `None` when there is no body at all.
    pub(crate) fn document<T: FromXml>(body: &'a [u8], root: &str) -> Result<Option<T>, S3Error> {
        let Some(mut reader) = Self::open(body, root)? else { return Ok(None) };
        let value = T::read(&mut reader)?;
        reader.finish()?;
        Ok(Some(value))
    }

    /// Reads up to the root, which must have that name; `None` when there is no body at all.
    pub(crate) fn open(body: &'a [u8], root: &str) -> Result<Option<Self>, S3Error> {
        if body.is_empty() {
            return Ok(None);
        }
        std::str::from_utf8(body).map_err(|_| malformed())?;
        if body.contains(&0) {
            // No XML can hold it, not even by reference: what is stored with it could never be answered.
            return Err(malformed());
        }
        let mut reader = Reader::from_reader(body);
        reader.config_mut().expand_empty_elements = true;
        let mut opened = Self { reader, start: None, depth: 0, elements: 0 };
        match opened.child()? {
            Some(tag) if tag.name() == root => Ok(Some(opened)),
            _ => Err(malformed()),
        }
    }

    /// The start of the current element's next child, which the caller then reads or skips; `None` at the current
    /// element's end.
    pub(crate) fn child(&mut self) -> Result<Option<Tag<'a>>, S3Error> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.enter(start).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::GeneralRef(reference) => {
                    resolve(&reference)?;
                }
                Event::Text(text) if self.depth == 0 && !blank(&text) => return Err(malformed()),
                Event::Eof | Event::DocType(_) => return Err(malformed()),
                _ => {}
            }
        }
    }

    /// The characters of the current element, through its end; it may have no children.
    pub(crate) fn text(&mut self) -> Result<String, S3Error> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&part.xml10_content().map_err(|_| malformed())?),
                Event::CData(part) => text.push_str(&part.xml10_content().map_err(|_| malformed())?),
                Event::GeneralRef(reference) => text.push(resolve(&reference)?),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text);
                }
                Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(malformed()),
            }
        }
    }

    /// Passes over the current element and everything in it.
    pub(crate) fn skip(&mut self) -> Result<(), S3Error> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.child()?;
        }
        Ok(())
    }

    /// Appends the children of that name to a list.
    pub(crate) fn list<T: FromXml>(&mut self, member: &str, values: &mut Vec<T>) -> Result<(), S3Error> {
        while let Some(tag) = self.child()? {
            if tag.name() == member {
                values.push(T::read(self)?);
            } else {
                self.skip()?;
            }
        }
        Ok(())
    }

    /// Appends the entries of a map: in each its `key` and its `value`.
    pub(crate) fn map<V: FromXml + Default>(
        &mut self,
        entries: &mut Vec<(String, V)>,
    ) -> Result<(), S3Error> {
        while let Some(tag) = self.child()? {
            if tag.name() != "entry" {
                self.skip()?;
                continue;
            }
            let mut entry = (String::new(), V::default());
            while let Some(tag) = self.child()? {
                match tag.name() {
                    "key" => entry.0 = self.text()?,
                    "value" => entry.1 = V::read(self)?,
                    _ => self.skip()?,
                }
            }
            entries.push(entry);
        }
        Ok(())
    }

    /// An attribute of the element whose start was just read; prefixes are ignored on both sides.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, S3Error> {
        let wanted = name.rsplit(':').next().unwrap_or(name).as_bytes();
        let Some(start) = &self.start else { return Ok(None) };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| malformed())?;
            if attribute.key.local_name().as_ref() == wanted {
                let raw = std::str::from_utf8(&attribute.value).map_err(|_| malformed())?;
                return Ok(Some(unescape(raw).map_err(|_| malformed())?.into_owned()));
            }
        }
        Ok(None)
    }

    /// Nothing but white space and comments may follow the root.
    pub(crate) fn finish(mut self) -> Result<(), S3Error> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if blank(&text) => {}
                _ => return Err(malformed()),
            }
        }
    }

    fn enter(&mut self, start: BytesStart<'a>) -> Result<Tag<'a>, S3Error> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > XML_DEPTH_MAX || self.elements > XML_ELEMENTS_MAX {
            return Err(malformed());
        }
        self.start = Some(start.clone());
        Ok(Tag(start))
    }

    fn event(&mut self) -> Result<Event<'a>, S3Error> {
        self.reader.read_event().map_err(|_| malformed())
    }
}

fn malformed() -> S3Error {
    ErrorCode::MalformedXML.into()
}

fn blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// A character reference or one of the five predefined entities.
fn resolve(reference: &BytesRef<'_>) -> Result<char, S3Error> {
    if let Some(char) = reference.resolve_char_ref().map_err(|_| malformed())? {
        return Ok(char);
    }
    match &**reference {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        _ => Err(malformed()),
    }
}

impl FromXml for String {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        reader.text()
    }
}

impl FromXml for i32 {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        reader.text()?.trim().parse().map_err(|_| malformed())
    }
}

impl FromXml for i64 {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        reader.text()?.trim().parse().map_err(|_| malformed())
    }
}

impl FromXml for f64 {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        reader.text()?.trim().parse().map_err(|_| malformed())
    }
}

impl FromXml for bool {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        boolean(reader.text()?.trim()).ok_or_else(malformed)
    }
}

impl FromXml for Timestamp {
    fn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {
        Self::parse_any(reader.text()?.trim()).map_err(|_| malformed())
    }
}
