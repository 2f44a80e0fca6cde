//! What is wrong with a document, and where: `Statement[1].Condition.StringEquals`.

use std::fmt::{self, Display};

use thiserror::Error;

/// A refusal of a document: S3's and IAM's MalformedPolicy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// The path of the element, `policy` for the document itself.
    pub place: String,
    pub what: String,
}

/// Where the reader is, as a list that lives on its stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Top,
    Element(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub const TOP: Place<'static> = Place { above: None, step: Step::Top };

    pub const fn element(&'a self, name: &'a str) -> Place<'a> {
        Place { above: Some(self), step: Step::Element(name) }
    }

    pub const fn index(&'a self, index: usize) -> Place<'a> {
        Place { above: Some(self), step: Step::Index(index) }
    }

    pub fn fault(&self, what: impl Into<String>) -> Fault {
        Fault { place: self.to_string(), what: what.into() }
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let above = self.above.filter(|above| !matches!(above.step, Step::Top));
        if let Some(above) = above {
            write!(f, "{above}")?;
        }
        match self.step {
            Step::Top => f.write_str("policy"),
            Step::Element("") => f.write_str("\"\""),
            Step::Element(name) if above.is_some() => write!(f, ".{name}"),
            Step::Element(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_reads_as_a_path() {
        let statements = Place::TOP.element("Statement");
        let second = statements.index(1);
        assert_eq!(second.element("Condition").to_string(), "Statement[1].Condition");
        assert_eq!(Place::TOP.to_string(), "policy");
    }
}
