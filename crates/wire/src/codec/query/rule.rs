//! What the model says about a value: bounds, a pattern, the values that there are.

use std::sync::OnceLock;

use regex::Regex;

/// Of texts and lists `min` and `max` bound the length, of numbers the value.
#[derive(Debug)]
pub struct Rule {
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<Pattern>,
    /// Empty: any.
    pub values: &'static [&'static str],
    /// The value must not be repeated in an error.
    pub secret: bool,
}

/// A regular expression that the whole text must match; compiled on its first use.
#[derive(Debug)]
pub struct Pattern {
    /// In Java's spelling, as errors quote it.
    pub text: &'static str,
    rust: &'static str,
    /// What is said instead of quoting it.
    pub words: Option<&'static str>,
    compiled: OnceLock<Option<Regex>>,
}

static ANY: Rule = Rule { min: None, max: None, pattern: None, values: &[], secret: false };

impl Rule {
    pub fn any() -> &'static Self {
        &ANY
    }

    pub(super) fn fits_length(&self, length: usize) -> bool {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        self.fits_bounds(length)
    }

    pub(super) fn fits_bounds(&self, number: i64) -> bool {
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }

    pub(super) fn fits_text(&self, text: &str) -> bool {
        self.fits_length(text.chars().count())
            && (self.values.is_empty() || self.values.contains(&text))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
    }

    /// All constraints on a text in AWS's words, in AWS's order.
    pub(super) fn told(&self) -> String {
        let mut told = Vec::new();
        if let Some(max) = self.max {
            told.push(longest(max));
        }
        if let Some(min) = self.min {
            told.push(shortest(min));
        }
        if let Some(pattern) = &self.pattern {
            told.push(matching(pattern.text));
        }
        if !self.values.is_empty() {
            told.push(among(self.values));
        }
        told.join(", ")
    }
}

impl Pattern {
    pub const fn new(text: &'static str, rust: &'static str, words: Option<&'static str>) -> Self {
        Self { text, rust, words, compiled: OnceLock::new() }
    }

    /// A pattern that cannot be compiled holds for nothing; a test compiles them all.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&format!(r"\A(?:{})\z", self.rust)).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    #[cfg(test)]
    pub(crate) fn compiles(&self) -> bool {
        self.matches("");
        matches!(self.compiled.get(), Some(Some(_)))
    }
}

pub(super) fn longest(max: i64) -> String {
    format!("Member must have length less than or equal to {max}")
}

pub(super) fn shortest(min: i64) -> String {
    format!("Member must have length greater than or equal to {min}")
}

pub(super) fn matching(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

pub(super) fn among(values: &[&str]) -> String {
    format!("Member must satisfy enum value set: [{}]", values.join(", "))
}
