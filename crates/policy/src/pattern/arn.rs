//! ARNs compare part by part: a wildcard never reaches over a colon of the first five parts.
//!
//! Source: AWS "IAM JSON policy elements: Condition operators", "IAM JSON policy elements: Resource".

use super::{Flavour, Template, matches};
use crate::request::Keys;

const PARTS: usize = 6;

/// The six parts of an ARN: `arn`, partition, service, region, account, resource (which may hold colons).
pub(crate) fn parts(arn: &str) -> Option<[&str; PARTS]> {
    let mut parts = arn.splitn(PARTS, ':');
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?, next()?])
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArnPattern {
    source: String,
    /// None for `*`.
    parts: Option<[Template; PARTS]>,
    /// With what every ARN that matches begins: most that do not are told apart by it.
    start: String,
}

impl ArnPattern {
    pub fn parse(text: &str, flavour: Flavour) -> Result<Self, &'static str> {
        let source = text.to_owned();
        if text == "*" {
            return Ok(Self { source, parts: None, start: String::new() });
        }
        let split = split(text, flavour).ok_or("must be an ARN of six parts, or `*`")?;
        if split[0] != "arn" {
            return Err("must be an ARN that begins with `arn:`, or `*`");
        }
        if split[5].is_empty() {
            return Err("is an ARN that names no resource");
        }
        let [arn, partition, service, region, account, resource] =
            split.map(|part| Template::parse(part, flavour));
        let parts = [arn?, partition?, service?, region?, account?, resource?];
        Ok(Self { source, start: start(&parts), parts: Some(parts) })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn parts(&self) -> Option<&[Template; PARTS]> {
        self.parts.as_ref()
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flatten().flat_map(Template::variables)
    }

    /// `None` when a variable has no value and the other parts do not settle it.
    pub fn matches(&self, arn: &str, keys: &Keys) -> Option<bool> {
        let Some(templates) = &self.parts else { return Some(true) };
        if !arn.starts_with(&self.start) {
            return Some(false);
        }
        let Some(found) = parts(arn) else { return Some(false) };
        let mut settled = true;
        for (template, part) in templates.iter().zip(found) {
            match template.tokens(keys) {
                Some(tokens) if !matches(&tokens, part, |a, b| a == b) => return Some(false),
                Some(_) => {}
                None => settled = false,
            }
        }
        settled.then_some(true)
    }
}

/// The parts as far as they are plain text. Of a part with a variable nothing: without a value it is undecided, whatever
/// else stands there.
fn start(parts: &[Template; PARTS]) -> String {
    let mut start = String::new();
    for (index, part) in parts.iter().enumerate() {
        if part.variables().next().is_some() {
            break;
        }
        let (text, is_all) = part.start();
        start.push_str(&text);
        if !is_all {
            break;
        }
        if index + 1 < PARTS {
            start.push(':');
        }
    }
    start
}

/// Splits at the first five colons that stand in no variable.
fn split(text: &str, flavour: Flavour) -> Option<[&str; PARTS]> {
    if !flavour.version.has_variables() {
        return parts(text);
    }
    let (mut found, mut count, mut start, mut inside) = ([""; PARTS], 0, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => inside = true,
            '}' => inside = false,
            ':' if !inside && count < PARTS - 1 => {
                found[count] = &text[start..at];
                (count, start) = (count + 1, at + 1);
            }
            _ => {}
        }
    }
    found[count] = &text[start..];
    (count == PARTS - 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::ArnPattern;
    use crate::document::Version;
    use crate::pattern::Flavour;
    use crate::request::Keys;

    fn fits(pattern: &str, arn: &str) -> Option<bool> {
        let flavour = Flavour { version: Version::V2012, wildcards: true };
        ArnPattern::parse(pattern, flavour).unwrap().matches(arn, &Keys::default())
    }

    #[test]
    fn a_star_does_not_reach_over_a_colon() {
        let arn = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
        assert_eq!(fits("arn:aws:someservice:*:111122223333:finance/*", arn), Some(false));
        assert_eq!(fits("arn:aws:someservice:*:999999999999:*finance/*", arn), Some(true));
    }

    #[test]
    fn the_last_part_may_hold_colons() {
        assert_eq!(fits("arn:aws:s3:::b/a:b*", "arn:aws:s3:::b/a:b:c"), Some(true));
        assert_eq!(fits("*", "arn:aws:s3:::b"), Some(true));
        assert_eq!(fits("arn:aws:s3:::*", "b"), Some(false));
    }

    #[test]
    fn an_unknown_variable_decides_nothing_unless_another_part_does() {
        assert_eq!(fits("arn:aws:s3:::${aws:username}", "arn:aws:s3:::b"), None);
        assert_eq!(fits("arn:aws:s3:::${aws:username}", "arn:aws:iam:::b"), Some(false));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        let flavour = Flavour { version: Version::V2012, wildcards: true };
        for text in ["", "arn:*", "arn:aws:s3::b", "a:b:c:d:e:f", "arn:aws:s3:::", "bucket/*"] {
            assert!(ArnPattern::parse(text, flavour).is_err(), "{text}");
        }
    }
}
