//! One condition of a policy: a field's exact value, its beginning, or the file's length.

use std::fmt;

use serde_json::{Map, Value};

use super::{Form, LengthRange};

/// A condition that was read.
pub(super) enum Condition {
    Field(Demand),
    Length(LengthRange),
}

/// What a field's value must be.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    matching: Matching,
    /// Without its `$`, in the policy's own case.
    field: String,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matching {
    Exact,
    StartsWith,
}

impl Condition {
    /// Reads either form; the error is AWS's words after `Invalid Policy: `.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Object(pairs) => read_simple(pairs),
            Value::Array(items) => read_list(items),
            _ => Err("Invalid condition test: must be a List or Object.".to_owned()),
        }
    }
}

/// `{"acl": "public-read"}`.
fn read_simple(pairs: &Map<String, Value>) -> Result<Condition, String> {
    let mut pairs = pairs.iter();
    let (Some((field, value)), None) = (pairs.next(), pairs.next()) else {
        let words = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
        return Err(words.to_owned());
    };
    let value = value.as_str().ok_or("Invalid Simple-Condition: value must be a string.")?;
    let demand = Demand { matching: Matching::Exact, field: field.clone(), value: value.to_owned() };
    Ok(Condition::Field(demand))
}

/// `["starts-with", "$key", "user/"]`, `["content-length-range", 1, 10]`.
fn read_list(items: &[Value]) -> Result<Condition, String> {
    let (operation, arguments) =
        items.split_first().ok_or("Invalid Condition: missing operation identifier.")?;
    let operation = operation.as_str().ok_or("Invalid Condition: missing operation identifier.")?;
    let known = operation.to_ascii_lowercase();
    if !matches!(known.as_str(), "eq" | "starts-with" | "content-length-range") {
        return Err(format!("Invalid Condition: unknown operation '{operation}'."));
    }
    let [first, second] = arguments else {
        return Err(format!("Invalid {operation}: wrong number of arguments."));
    };
    if known == "content-length-range" {
        let (bytes_min, bytes_max) = (length(first)?, length(second)?);
        return Ok(Condition::Length(LengthRange { bytes_min, bytes_max }));
    }
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| format!("Invalid {operation}: must be a string."))
    };
    let field = text(first)?;
    let field =
        field.strip_prefix('$').ok_or_else(|| format!("Invalid {operation}: field must begin with '$'."))?;
    let matching = if known == "eq" { Matching::Exact } else { Matching::StartsWith };
    Ok(Condition::Field(Demand { matching, field: field.to_owned(), value: text(second)? }))
}

/// A number, or one written as a string, as some libraries do.
fn length(value: &Value) -> Result<u64, String> {
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.ok_or_else(|| "Invalid content-length-range: must be a non-negative number.".to_owned())
}

impl Demand {
    /// By the lower-case name.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.field.eq_ignore_ascii_case(name)
    }

    /// Whether the form has the field, and each of its values is as demanded: were only one looked at, another
    /// could take effect.
    pub(super) fn holds(&self, form: &Form<'_>) -> bool {
        if self.is_about("bucket") {
            return self.matches(form.bucket);
        }
        if self.is_about("key") {
            return self.matches(form.key);
        }
        let mut values = form.fields.iter().filter(|(name, _)| self.is_about(name)).peekable();
        values.peek().is_some() && values.all(|(_, value)| self.matches(value))
    }

    fn matches(&self, value: &str) -> bool {
        match self.matching {
            Matching::Exact => value == self.value,
            // Each of a list of content types must begin so.
            Matching::StartsWith if self.is_about("content-type") => {
                value.split(',').all(|item| item.trim_start().starts_with(&self.value))
            }
            Matching::StartsWith => value.starts_with(&self.value),
        }
    }
}

/// As S3 shows it: `["eq", "$acl", "public-read"]`, also for the object form.
impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self.matching {
            Matching::Exact => "eq",
            Matching::StartsWith => "starts-with",
        };
        let field = Value::from(format!("${}", self.field));
        write!(f, "[\"{operation}\", {field}, {}]", Value::from(self.value.as_str()))
    }
}
