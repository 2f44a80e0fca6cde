//! Single values in a form: text, numbers, booleans, blobs, dates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::Timestamp;

use super::reader::{FormPart, FormReader};
use super::rule::{Rule, among, longest, matching, shortest};
use crate::codec::text::boolean;

impl FormPart for String {
    fn read(form: &FormReader<'_>, rule: &Rule) -> Option<Self> {
        let text = form.text()?;
        if !rule.fits_text(text) {
            check(form, text, rule);
        }
        Some(text.to_owned())
    }

    fn fits(&self, rule: &Rule) -> bool {
        rule.fits_text(self)
    }

    fn shown(&self) -> String {
        self.clone()
    }
}

fn check(form: &FormReader<'_>, text: &str, rule: &Rule) {
    let quoted = format!("'{text}'");
    let shown = (!rule.secret).then_some(quoted.as_str());
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let broken = |constraint: &str| form.faults().broken(shown, form.path(), constraint);
    match &rule.pattern {
        Some(pattern) if !pattern.matches(text) => match pattern.words {
            Some(words) => {
                let path = form.path();
                form.faults().invalid(format!("The specified value for {path} is invalid. {words}"));
            }
            None => broken(&matching(pattern.text)),
        },
        _ => {}
    }
    match (rule.min, rule.max) {
        (_, Some(max)) if length > max => broken(&longest(max)),
        (Some(min), _) if length < min => broken(&shortest(min)),
        _ => {}
    }
    if !rule.values.is_empty() && !rule.values.contains(&text) {
        broken(&among(rule.values));
    }
}

macro_rules! number {
    ($($kind:ty)*) => {
        $(impl FormPart for $kind {
            fn read(form: &FormReader<'_>, rule: &Rule) -> Option<Self> {
                let number: Self = form.parsed("a number", |text| text.parse().ok())?;
                check_number(form, i64::from(number), rule);
                Some(number)
            }

            fn fits(&self, rule: &Rule) -> bool {
                rule.fits_bounds(i64::from(*self))
            }

            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

number!(i32 i64);

fn check_number(form: &FormReader<'_>, number: i64, rule: &Rule) {
    let constraint = match (rule.min, rule.max) {
        (_, Some(max)) if number > max => format!("Member must have value less than or equal to {max}"),
        (Some(min), _) if number < min => format!("Member must have value greater than or equal to {min}"),
        _ => return,
    };
    form.faults().broken(Some(&format!("'{number}'")), form.path(), &constraint);
}

impl FormPart for bool {
    fn read(form: &FormReader<'_>, _rule: &Rule) -> Option<Self> {
        form.parsed("true or false", boolean)
    }
}

impl FormPart for Bytes {
    fn read(form: &FormReader<'_>, _rule: &Rule) -> Option<Self> {
        form.parsed("base64", |text| STANDARD.decode(text).ok().map(Self::from))
    }
}

impl FormPart for Timestamp {
    fn read(form: &FormReader<'_>, _rule: &Rule) -> Option<Self> {
        form.parsed("a date", |text| Self::parse_any(text).ok())
    }
}
