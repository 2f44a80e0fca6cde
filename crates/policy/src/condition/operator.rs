//! The operators' names, taken apart: `ForAllValues:StringNotLikeIfExists`.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub quantifier: Option<Quantifier>,
    pub comparison: Comparison,
    pub if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnNotEquals,
    ArnLike,
    ArnNotLike,
    Null,
}

use Comparison as C;

impl Comparison {
    const ALL: [(&'static str, Self); 27] = [
        ("StringEquals", C::StringEquals),
        ("StringNotEquals", C::StringNotEquals),
        ("StringEqualsIgnoreCase", C::StringEqualsIgnoreCase),
        ("StringNotEqualsIgnoreCase", C::StringNotEqualsIgnoreCase),
        ("StringLike", C::StringLike),
        ("StringNotLike", C::StringNotLike),
        ("NumericEquals", C::NumericEquals),
        ("NumericNotEquals", C::NumericNotEquals),
        ("NumericLessThan", C::NumericLessThan),
        ("NumericLessThanEquals", C::NumericLessThanEquals),
        ("NumericGreaterThan", C::NumericGreaterThan),
        ("NumericGreaterThanEquals", C::NumericGreaterThanEquals),
        ("DateEquals", C::DateEquals),
        ("DateNotEquals", C::DateNotEquals),
        ("DateLessThan", C::DateLessThan),
        ("DateLessThanEquals", C::DateLessThanEquals),
        ("DateGreaterThan", C::DateGreaterThan),
        ("DateGreaterThanEquals", C::DateGreaterThanEquals),
        ("Bool", C::Bool),
        ("BinaryEquals", C::BinaryEquals),
        ("IpAddress", C::IpAddress),
        ("NotIpAddress", C::NotIpAddress),
        ("ArnEquals", C::ArnEquals),
        ("ArnNotEquals", C::ArnNotEquals),
        ("ArnLike", C::ArnLike),
        ("ArnNotLike", C::ArnNotLike),
        ("Null", C::Null),
    ];

    /// Does it hold when no value fits?
    pub const fn is_negated(self) -> bool {
        matches!(
            self,
            C::StringNotEquals
                | C::StringNotEqualsIgnoreCase
                | C::StringNotLike
                | C::NumericNotEquals
                | C::DateNotEquals
                | C::NotIpAddress
                | C::ArnNotEquals
                | C::ArnNotLike
        )
    }
}

impl Operator {
    /// Names have a case, as in AWS's grammar. `Null` asks for existence itself and takes neither prefix nor suffix.
    pub fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (comparison, if_exists) = match rest.strip_suffix("IfExists") {
            Some(comparison) => (comparison, true),
            None => (rest, false),
        };
        let (_, comparison) = Comparison::ALL.into_iter().find(|(known, _)| *known == comparison)?;
        let bare = quantifier.is_none() && !if_exists;
        (bare || comparison != C::Null).then_some(Self { quantifier, comparison, if_exists })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.quantifier {
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            None => "",
        })?;
        let name = C::ALL.iter().find(|(_, comparison)| *comparison == self.comparison);
        f.write_str(name.map_or("", |(name, _)| name))?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Operator};

    #[test]
    fn every_name_is_written_as_it_was_read() {
        for (name, comparison) in Comparison::ALL {
            for (prefix, suffix) in
                [("", ""), ("ForAllValues:", ""), ("ForAnyValue:", "IfExists"), ("", "IfExists")]
            {
                let whole = format!("{prefix}{name}{suffix}");
                let read = Operator::parse(&whole).map(|operator| operator.to_string());
                let legal = comparison != Comparison::Null || whole == "Null";
                assert_eq!(read, legal.then_some(whole));
            }
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in
            ["", "stringequals", "IfExists", "ForSomeValues:Bool", "ForAllValues:", "StringEqualsifExists"]
        {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
