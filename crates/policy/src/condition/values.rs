//! The values that a condition compares with, read as its operator wants them.

use model::Timestamp;

use super::Comparison;
use super::binary::unpadded;
use super::date;
use super::decimal::Decimal;
use super::ip::Range;
use crate::document::Version;
use crate::fault::{Fault, Place};
use crate::json::Json;
use crate::pattern::{ArnPattern, Flavour, Template};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values {
    /// As they were written; numbers and booleans as text.
    pub sources: Vec<String>,
    pub read: Read,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    Texts(Vec<Template>),
    Numbers(Vec<Decimal>),
    Dates(Vec<Timestamp>),
    /// Without their padding.
    Binaries(Vec<String>),
    Ranges(Vec<Range>),
    Arns(Vec<ArnPattern>),
    /// Of `Null`: shall the key be absent?
    Absences(Vec<bool>),
}

impl Values {
    pub fn read(
        comparison: Comparison,
        json: &Json,
        place: &Place<'_>,
        version: Version,
    ) -> Result<Self, Fault> {
        use Comparison as C;
        let sources = json.each(place, text)?;
        let texts = Sources { texts: &sources, many: matches!(json, Json::List(_)), place };
        let read = match comparison {
            C::StringEquals
            | C::StringNotEquals
            | C::StringEqualsIgnoreCase
            | C::StringNotEqualsIgnoreCase => Read::Texts(texts.each(|text| template(text, version, false))?),
            C::StringLike | C::StringNotLike => {
                Read::Texts(texts.each(|text| template(text, version, true))?)
            }
            C::Bool => Read::Texts(texts.each(|text| boolean(text, version))?),
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => {
                Read::Numbers(texts.each(|text| Decimal::parse(text).ok_or("must be a number"))?)
            }
            C::DateEquals
            | C::DateNotEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => {
                Read::Dates(texts.each(|text| date::parse(text).ok_or("must be a date"))?)
            }
            C::BinaryEquals => Read::Binaries(texts.each(binary)?),
            C::IpAddress | C::NotIpAddress => Read::Ranges(
                texts.each(|text| Range::parse(text).ok_or("must be an IP address or a CIDR range"))?,
            ),
            C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
                Read::Arns(texts.each(|text| ArnPattern::parse(text, Flavour { version, wildcards: true }))?)
            }
            C::Null => Read::Absences(texts.each(absence)?),
        };
        Ok(Self { sources, read })
    }

    /// Neither wildcards nor variables in any of them, even where the operator would take them for themselves.
    pub fn are_fixed(&self) -> bool {
        self.sources.iter().all(|source| !source.contains(['*', '?']) && !source.contains("${"))
    }

    /// Ranges of addresses that are not half of the world.
    pub fn are_narrow_ranges(&self) -> bool {
        matches!(&self.read, Read::Ranges(ranges) if ranges.iter().all(|range| !range.is_very_broad()))
    }

    /// The keys that variables in it name, in lower case.
    pub fn variables(&self) -> Vec<&str> {
        match &self.read {
            Read::Texts(texts) => texts.iter().flat_map(Template::variables).collect(),
            Read::Arns(arns) => arns.iter().flat_map(ArnPattern::variables).collect(),
            _ => Vec::new(),
        }
    }
}

/// A condition's value is a string, a number or a boolean.
fn text(json: &Json, place: &Place<'_>) -> Result<String, Fault> {
    match json {
        Json::Text(text) | Json::Number(text) => Ok(text.clone()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Null | Json::List(_) | Json::Map(_) => {
            Err(place.fault("must be a string, a number or a boolean"))
        }
    }
}

/// Texts, with what is needed to tell where one of them stands.
struct Sources<'a> {
    texts: &'a [String],
    many: bool,
    place: &'a Place<'a>,
}

impl Sources<'_> {
    fn each<T>(&self, read: impl Fn(&str) -> Result<T, &'static str>) -> Result<Vec<T>, Fault> {
        let place = |index| if self.many { self.place.index(index) } else { *self.place };
        let read = |(index, text): (usize, &String)| {
            read(text).map_err(|what| place(index).fault(format!("`{text}` {what}")))
        };
        self.texts.iter().enumerate().map(read).collect()
    }
}

fn template(text: &str, version: Version, wildcards: bool) -> Result<Template, &'static str> {
    Template::parse(text, Flavour { version, wildcards })
}

fn boolean(text: &str, version: Version) -> Result<Template, &'static str> {
    let template = template(text, version, false)?;
    let legal = !template.is_fixed() || is(text, "true") || is(text, "false");
    if legal { Ok(template) } else { Err("must be true or false") }
}

fn absence(text: &str) -> Result<bool, &'static str> {
    match text {
        _ if is(text, "true") => Ok(true),
        _ if is(text, "false") => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

fn binary(text: &str) -> Result<String, &'static str> {
    unpadded(text).map(str::to_owned).ok_or("must be base64")
}
