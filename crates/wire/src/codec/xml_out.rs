//! XML out: elements in the order of the calls, text escaped so that every key survives.

use model::Timestamp;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A value that is written as one element.
pub trait ToXml {
    fn write(&self, name: &'static str, writer: &mut XmlWriter);
}

/// A document in the making.
pub struct XmlWriter {
    text: String,
    /// The next element opened declares S3's namespace: it is the root.
    at_root: bool,
}

impl XmlWriter {
    pub(crate) fn document(root: &str) -> Self {
        let mut text = String::with_capacity(DECLARATION.len() + NAMESPACE.len() + root.len() + 256);
        text.push_str(DECLARATION);
        Self { text, at_root: true }
    }

    pub(crate) fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    /// Opens an element with attributes.
    pub(crate) fn open_with(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        if std::mem::take(&mut self.at_root) {
            self.attribute("xmlns", NAMESPACE);
        }
        for (name, value) in attributes {
            self.attribute(name, value);
        }
        self.text.push('>');
    }

    pub(crate) fn close(&mut self, name: &'static str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    /// Characters between two tags.
    pub(crate) fn characters(&mut self, text: &str) {
        escape(text, &mut self.text);
    }

    /// One element for each member, without anything around them.
    pub(crate) fn flat<T: ToXml>(&mut self, name: &'static str, values: &[T]) {
        for value in values {
            value.write(name, self);
        }
    }

    /// One element with a child for each member.
    pub(crate) fn list<T: ToXml>(&mut self, name: &'static str, member: &'static str, values: &[T]) {
        self.open(name);
        self.flat(member, values);
        self.close(name);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        escape(value, &mut self.text);
        self.text.push('"');
    }

    fn element(&mut self, name: &'static str, text: &str) {
        self.open(name);
        self.characters(text);
        self.close(name);
    }
}

/// Line breaks and control characters become references: a parser would change the first and refuse the others
/// when they stand there raw, and S3 writes them so too.
fn escape(text: &str, out: &mut String) {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || c.is_control() || c >= '\u{fffe}';
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let Some(found) = rest[at..].chars().next() else { break };
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' | ..'\u{20}' | '\u{7f}'..'\u{a0}' => {
                out.push_str(&format!("&#x{:x};", u32::from(found)));
            }
            other => out.push(other),
        }
        rest = &rest[at + found.len_utf8()..];
    }
    out.push_str(rest);
}

impl ToXml for String {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, self);
    }
}

impl ToXml for i32 {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, &self.to_string());
    }
}

impl ToXml for i64 {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, &self.to_string());
    }
}

impl ToXml for bool {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, if *self { "true" } else { "false" });
    }
}

impl ToXml for Timestamp {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        // S3 tells times to the second, in a format with milliseconds.
        writer.element(name, &self.truncated_to_seconds().to_iso8601());
    }
}

impl<T: ToXml> ToXml for Option<T> {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        if let Some(value) = self {
            value.write(name, writer);
        }
    }
}

impl<T: ToXml> ToXml for &T {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        (*self).write(name, writer);
    }
}
