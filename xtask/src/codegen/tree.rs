//! What is generated, free of the JSON: operations, structures, fields and where each field travels.

use std::collections::BTreeMap;

/// One service, ready to be written out.
pub struct Api {
    /// Module name: `s3`, `iam`, …
    pub service: &'static str,
    pub version: String,
    pub protocol: String,
    /// Of the query protocol's answers.
    pub namespace: Option<String>,
    pub operations: Vec<Operation>,
    /// What the operations' structures are made of, by name.
    pub structures: Vec<Structure>,
    /// What the model says about values, by the names of its shapes.
    pub rules: BTreeMap<String, Rule>,
}

/// What a value must be like. Of texts and lists `min` and `max` bound the length, of numbers the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// A regular expression as Java reads it, which the whole text must match.
    pub pattern: Option<String>,
    pub values: Vec<String>,
    /// The value must not be repeated in an error.
    pub sensitive: bool,
}

pub struct Operation {
    pub name: String,
    pub method: String,
    pub uri: String,
    pub status: u16,
    pub deprecated: bool,
    pub input: Side,
    pub output: Side,
}

/// One direction of an operation.
pub struct Side {
    pub structure: Structure,
    /// The shape's own name in the model.
    pub shape: Option<String>,
    /// The payload is a stream, which is no field.
    pub streams: bool,
    /// Name of the root element when several fields share the body: the operation's own, if the model has one.
    pub root: Option<String>,
    /// The element around an output of the query protocol.
    pub wrapper: Option<String>,
}

pub struct Structure {
    pub name: String,
    pub fields: Vec<Field>,
    /// `(prefix, uri)` that its element declares.
    pub namespace: Option<(String, String)>,
}

pub struct Field {
    /// Rust's identifier.
    pub name: String,
    pub place: Place,
    pub kind: Type,
    pub required: bool,
    /// Its shape's name, where `Api::rules` has one of that name; then the same of a list's elements.
    pub rule: Option<String>,
    pub element_rule: Option<String>,
    /// The structure contains itself through this field.
    pub boxed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Path(String),
    Query(String),
    Header(String),
    /// Every header with this prefix.
    Headers(String),
    /// The whole body: a structure under this root element, or text.
    Payload(String),
    /// An element among others.
    Element(String),
    Attribute(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Text,
    Integer,
    Long,
    Double,
    Boolean,
    Blob,
    Timestamp(TimestampForm),
    List { element: Box<Type>, name: String, flat: bool },
    Map { key: Box<Type>, value: Box<Type> },
    Structure(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimestampForm {
    /// Whatever the place's default is: dates of HTTP in headers, ISO 8601 elsewhere.
    Default,
    Http,
    Iso8601,
    Epoch,
}

impl Structure {
    /// Fields that travel in the body, one element each.
    pub fn elements(&self) -> impl Iterator<Item = (&Field, &str)> {
        self.fields.iter().filter_map(|field| match &field.place {
            Place::Element(name) => Some((field, name.as_str())),
            _ => None,
        })
    }

    pub fn payload(&self) -> Option<(&Field, &str)> {
        self.fields.iter().find_map(|field| match &field.place {
            Place::Payload(name) => Some((field, name.as_str())),
            _ => None,
        })
    }
}
