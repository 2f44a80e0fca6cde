//! Region names: those of AWS, or any that an operator invents.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// AWS's first region, which S3 writes as an empty LocationConstraint.
    pub const CLASSIC: &'static str = "us-east-1";

    /// Lower-case letters, digits and hyphens, at most 63.
    pub fn parse(name: &str) -> Option<Self> {
        let legal = (1..=63).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        legal.then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_classic(&self) -> bool {
        self.0 == Self::CLASSIC
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
