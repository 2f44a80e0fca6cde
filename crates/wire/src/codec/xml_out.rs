//! XML out: elements in the order of the calls, text escaped so that every key survives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::Timestamp;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
pub(super) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A value that is written as one element.
pub trait ToXml {
    fn write(&self, name: &'static str, writer: &mut XmlWriter);
}

/// A document in the making.
pub struct XmlWriter {
    text: String,
    /// The next element opened is the root and declares this.
    namespace: Option<&'static str>,
    /// Times without milliseconds.
    short_times: bool,
}

impl XmlWriter {
    pub(crate) fn document(root: &str, namespace: &'static str) -> Self {
        let mut text = String::with_capacity(DECLARATION.len() + namespace.len() + root.len() + 256);
        text.push_str(DECLARATION);
        Self { text, namespace: Some(namespace), short_times: false }
    }

    /// Elements inside of a root that somebody else writes; times have no milliseconds there, as IAM and STS tell them.
    pub(crate) fn fragment() -> Self {
        Self { text: String::with_capacity(512), namespace: None, short_times: true }
    }

    pub(crate) fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    /// Opens an element with attributes.
    pub(crate) fn open_with(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        if let Some(namespace) = self.namespace.take() {
            self.attribute("xmlns", namespace);
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

    /// One element with an `entry` for each pair.
    pub(crate) fn map<K: ToXml, V: ToXml>(&mut self, name: &'static str, entries: &[(K, V)]) {
        self.open(name);
        for (key, value) in entries {
            self.open("entry");
            key.write("key", self);
            value.write("value", self);
            self.close("entry");
        }
        self.close(name);
    }

    pub(crate) fn into_text(self) -> String {
        self.text
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
        let mut text = self.truncated_to_seconds().to_iso8601();
        if writer.short_times
            && let Some(point) = text.find('.')
        {
            text.replace_range(point..text.len() - 1, "");
        }
        writer.element(name, &text);
    }
}

impl ToXml for f64 {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, &self.to_string());
    }
}

impl ToXml for Bytes {
    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        writer.element(name, &STANDARD.encode(self));
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
