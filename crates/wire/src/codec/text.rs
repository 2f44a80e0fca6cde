//! Values in headers and queries: text, numbers, booleans, dates, both ways.

use api::S3Error;
use http::HeaderValue;
use model::Timestamp;

/// A value that a header or a query can carry.
pub trait FromText: Sized {
    /// `None` where the text counts as absent; `InvalidArgument` where it makes no sense.
    fn from_text(name: &'static str, text: &str) -> Result<Option<Self>, S3Error>;
}

impl FromText for String {
    fn from_text(_name: &'static str, text: &str) -> Result<Option<Self>, S3Error> {
        Ok(Some(text.to_owned()))
    }
}

impl FromText for i32 {
    fn from_text(name: &'static str, text: &str) -> Result<Option<Self>, S3Error> {
        parsed(name, text, || integer_message(name), |text| text.parse().ok())
    }
}

impl FromText for i64 {
    fn from_text(name: &'static str, text: &str) -> Result<Option<Self>, S3Error> {
        parsed(name, text, || integer_message(name), |text| text.parse().ok())
    }
}

impl FromText for bool {
    fn from_text(name: &'static str, text: &str) -> Result<Option<Self>, S3Error> {
        parsed(name, text, || format!("Provided {name} is neither true nor false"), boolean)
    }
}

impl FromText for Timestamp {
    fn from_text(name: &'static str, text: &str) -> Result<Option<Self>, S3Error> {
        let read = |text: &str| Self::parse_any(text).ok();
        let message = || match name {
            "x-amz-object-lock-retain-until-date" => {
                "The retain until date must be provided in ISO 8601 format".to_owned()
            }
            _ => format!("Provided {name} is not a date"),
        };
        parsed(name, text, message, read)
    }
}

fn parsed<T>(
    name: &'static str,
    text: &str,
    message: impl Fn() -> String,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, S3Error> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    match read(trimmed) {
        Some(value) => Ok(Some(value)),
        None => Err(S3Error::invalid_argument(name, text, message())),
    }
}

fn integer_message(name: &str) -> String {
    match name {
        "partNumber" => "Part number must be an integer between 1 and 10000, inclusive".to_owned(),
        _ => format!("Provided {name} not an integer or within integer range"),
    }
}

/// `true` and `false` in any case, as S3 reads them.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// UTF-8 where it is that, else Latin-1, HTTP's old default: every header has a text.
pub fn header_text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A value as a header's text.
pub trait ToText {
    fn to_text(&self) -> String;
}

impl ToText for String {
    fn to_text(&self) -> String {
        self.clone()
    }
}

impl ToText for i32 {
    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl ToText for i64 {
    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl ToText for bool {
    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl ToText for Timestamp {
    fn to_text(&self) -> String {
        self.to_http_date()
    }
}
