//! Does a condition hold for a request?
//!
//! What cannot be decided (a variable without a value, a value in the request that is no number where one must be)
//! does not fit; and where an operator negates, it goes against the caller: a statement that denies applies, one
//! that allows does not.

use std::net::IpAddr;

use super::binary::unpadded;
use super::decimal::Decimal;
use super::values::Read;
use super::{Comparison, Condition, Quantifier, date};
use crate::document::Effect;
use crate::pattern::{Template, Token, matches, same_but_for_case};
use crate::request::Keys;

impl Condition {
    pub(crate) fn holds(&self, keys: &Keys, effect: Effect) -> bool {
        let found = keys.lowered(&self.lowered);
        if let Read::Absences(absences) = &self.values.read {
            return absences.contains(&found.is_empty());
        }
        let mut satisfied = found.iter().map(|value| self.is_satisfied(value, keys, effect));
        // An empty string is an empty set, though not an absent key.
        let is_empty_set = matches!(found, [] | [_]) && found.iter().all(String::is_empty);
        match self.operator.quantifier {
            Some(Quantifier::ForAllValues) => is_empty_set || satisfied.all(|one| one),
            Some(Quantifier::ForAnyValue) if found.is_empty() => self.operator.if_exists,
            Some(Quantifier::ForAnyValue) => !is_empty_set && satisfied.any(|one| one),
            None if found.is_empty() => self.operator.if_exists || self.operator.comparison.is_negated(),
            // One value as a rule; of several one must fit, or none where the operator negates.
            None if self.operator.comparison.is_negated() => satisfied.all(|one| one),
            None => satisfied.any(|one| one),
        }
    }

    /// Does one value of the request satisfy the comparison with the values here?
    fn is_satisfied(&self, value: &str, keys: &Keys, effect: Effect) -> bool {
        let fits = self.fits(value, keys);
        if self.operator.comparison.is_negated() {
            fits.map_or(effect == Effect::Deny, |fits| !fits)
        } else {
            fits.unwrap_or(false)
        }
    }

    /// Does it fit one of the values here, the negation apart? `None` when that is unknown.
    fn fits(&self, value: &str, keys: &Keys) -> Option<bool> {
        let comparison = self.operator.comparison;
        match &self.values.read {
            Read::Texts(texts) => any(texts, |text| fits_text(comparison, text, value, keys)),
            Read::Arns(arns) => any(arns, |arn| arn.matches(value, keys)),
            Read::Numbers(numbers) => {
                let value = Decimal::parse(value)?;
                Some(numbers.iter().any(|number| compares(comparison, &value, number)))
            }
            Read::Dates(dates) => {
                let value = date::parse(value)?;
                Some(dates.iter().any(|date| compares(comparison, &value, date)))
            }
            Read::Ranges(ranges) => {
                let value: IpAddr = value.parse().ok()?;
                Some(ranges.iter().any(|range| range.contains(value)))
            }
            Read::Binaries(binaries) => {
                let value = unpadded(value)?;
                Some(binaries.iter().any(|binary| binary == value))
            }
            Read::Absences(_) => None,
        }
    }
}

/// True if one is; unknown if none is and one is unknown.
fn any<T>(items: &[T], fits: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    let mut settled = true;
    for item in items {
        match fits(item) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => settled = false,
        }
    }
    settled.then_some(false)
}

fn fits_text(comparison: Comparison, text: &Template, value: &str, keys: &Keys) -> Option<bool> {
    use Comparison as C;
    let tokens: &[Token] = &text.tokens(keys)?;
    Some(match comparison {
        C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase | C::Bool => {
            matches(tokens, value, same_but_for_case)
        }
        _ => matches(tokens, value, |a, b| a == b),
    })
}

/// The value of the request on the left.
fn compares<T: Ord>(comparison: Comparison, value: &T, with: &T) -> bool {
    use Comparison as C;
    match comparison {
        C::NumericLessThan | C::DateLessThan => value < with,
        C::NumericLessThanEquals | C::DateLessThanEquals => value <= with,
        C::NumericGreaterThan | C::DateGreaterThan => value > with,
        C::NumericGreaterThanEquals | C::DateGreaterThanEquals => value >= with,
        _ => value == with,
    }
}
