//! Patterns by brute force: variables replaced, then every way for a star to take tried.

use std::collections::BTreeMap;

pub type Facts = BTreeMap<String, Vec<String>>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Written(char),
    /// From a variable: no wildcard, and no separator of an ARN.
    Given(char),
    One,
    Many,
    /// A variable without a value.
    Unknown,
}

pub fn signs(text: &str, variables: bool, wildcards: bool, facts: &Facts) -> Vec<Sign> {
    let mut signs = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if variables && chars[at..].starts_with(&['$', '{']) {
            let end = at + chars[at..].iter().position(|c| *c == '}').unwrap();
            let inside: String = chars[at + 2..end].iter().collect();
            signs.extend(variable(&inside, facts));
            at = end + 1;
        } else {
            signs.push(match chars[at] {
                '*' if wildcards => Sign::Many,
                '?' if wildcards => Sign::One,
                c => Sign::Written(c),
            });
            at += 1;
        }
    }
    signs
}

fn variable(inside: &str, facts: &Facts) -> Vec<Sign> {
    if ["*", "?", "$"].contains(&inside) {
        return inside.chars().map(Sign::Given).collect();
    }
    let (name, default) = match inside.split_once(", ") {
        Some((name, quoted)) => (name, Some(quoted.trim_matches('\''))),
        None => (inside, None),
    };
    let name = name.to_lowercase();
    let known = facts.get(&name).filter(|_| name != "aws:tagkeys").map(|values| values[0].as_str());
    match known.or(default) {
        Some(value) => value.chars().map(Sign::Given).collect(),
        None => vec![Sign::Unknown],
    }
}

pub fn fits(signs: &[Sign], text: &[char], ignore_case: bool) -> bool {
    let Some((sign, rest)) = signs.split_first() else { return text.is_empty() };
    match sign {
        Sign::Many => (0..=text.len()).any(|taken| fits(rest, &text[taken..], ignore_case)),
        Sign::One => !text.is_empty() && fits(rest, &text[1..], ignore_case),
        Sign::Unknown => false,
        Sign::Written(c) | Sign::Given(c) => text.split_first().is_some_and(|(first, behind)| {
            let same = c == first || ignore_case && c.eq_ignore_ascii_case(first);
            same && fits(rest, behind, ignore_case)
        }),
    }
}

pub fn fits_text(signs: &[Sign], text: &str, ignore_case: bool) -> Option<bool> {
    if signs.contains(&Sign::Unknown) {
        return None;
    }
    Some(fits(signs, &text.chars().collect::<Vec<_>>(), ignore_case))
}

/// Six parts each for itself; unknown when a variable is and the other parts fit.
pub fn fits_arn(pattern: &str, arn: &str, variables: bool, facts: &Facts) -> Option<bool> {
    if pattern == "*" {
        return Some(true);
    }
    let signs = signs(pattern, variables, true, facts);
    let patterns: Vec<&[Sign]> = signs.splitn(6, |sign| *sign == Sign::Written(':')).collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if parts.len() < 6 {
        return Some(false);
    }
    let each: Vec<_> =
        patterns.iter().zip(parts).map(|(signs, part)| fits_text(signs, part, false)).collect();
    match () {
        () if each.contains(&Some(false)) => Some(false),
        () if each.contains(&None) => None,
        () => Some(true),
    }
}
