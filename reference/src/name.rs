//! Names for ids that are opaque: the first version id ever seen in an answer is v1, the next v2.
//!
//! Two stores that behave alike show their ids at the same places, so equal names then mean equal versions.

use std::fmt;

/// A version, as sequences speak of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionName {
    Null,
    /// The n-th id that was seen, from 1. One that was not seen yet is like `Unknown`.
    Seen(u32),
    /// A well-formed id that no version has.
    Unknown,
}

impl fmt::Debug for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Seen(number) => write!(f, "v{number}"),
            Self::Unknown => f.write_str("v?"),
        }
    }
}

/// An upload, by the order in which uploads were started, from 1; 0 is a well-formed id that no upload has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadName(pub u32);

impl fmt::Debug for UploadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "u{}", self.0)
    }
}

/// A continuation token, by the order in which tokens were given, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenName(pub u32);

impl fmt::Debug for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

/// Ids in the order in which they were first seen.
#[derive(Clone, Debug)]
pub struct Seen<Id>(Vec<Id>);

impl<Id> Default for Seen<Id> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<Id: PartialEq + Clone> Seen<Id> {
    /// Its number; a new one if it was not seen before.
    pub fn number(&mut self, id: &Id) -> u32 {
        let at = self.0.iter().position(|seen| seen == id).unwrap_or_else(|| {
            self.0.push(id.clone());
            self.0.len() - 1
        });
        at as u32 + 1
    }

    /// A new number, even if an equal one was seen before.
    pub fn append(&mut self, id: Id) -> u32 {
        self.0.push(id);
        self.0.len() as u32
    }

    /// The number of an id that was seen.
    pub fn find(&self, id: &Id) -> Option<u32> {
        self.0.iter().position(|seen| seen == id).map(|at| at as u32 + 1)
    }

    pub fn get(&self, number: u32) -> Option<&Id> {
        self.0.get((number as usize).checked_sub(1)?)
    }

    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }
}

/// What a subject keeps of the ids that its store showed.
#[derive(Clone, Debug)]
pub struct Names {
    /// Well-formed ids that the store never gave to anything.
    pub unknown_version: String,
    pub unknown_upload: String,
    pub versions: Seen<String>,
    pub uploads: Seen<String>,
    pub tokens: Seen<String>,
}

impl Names {
    pub fn new(unknown_version: &str, unknown_upload: &str) -> Self {
        Self {
            unknown_version: unknown_version.to_owned(),
            unknown_upload: unknown_upload.to_owned(),
            versions: Seen::default(),
            uploads: Seen::default(),
            tokens: Seen::default(),
        }
    }

    pub fn version(&mut self, id: &str) -> VersionName {
        if id == "null" {
            return VersionName::Null;
        }
        if id == self.unknown_version {
            return VersionName::Unknown;
        }
        VersionName::Seen(self.versions.number(&id.to_owned()))
    }

    /// The id behind a name.
    pub fn version_id(&self, name: VersionName) -> &str {
        match name {
            VersionName::Null => "null",
            VersionName::Unknown => &self.unknown_version,
            VersionName::Seen(number) => self.versions.get(number).unwrap_or(&self.unknown_version),
        }
    }

    pub fn upload(&mut self, id: &str) -> UploadName {
        UploadName(self.uploads.number(&id.to_owned()))
    }

    pub fn upload_id(&self, name: UploadName) -> &str {
        self.uploads.get(name.0).unwrap_or(&self.unknown_upload)
    }

    pub fn token(&mut self, token: &str) -> TokenName {
        TokenName(self.tokens.append(token.to_owned()))
    }

    pub fn token_text(&self, name: TokenName) -> Option<&str> {
        self.tokens.get(name.0).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbered_as_they_are_first_seen() {
        let mut names = Names::new("?", "??");
        assert_eq!(names.version("null"), VersionName::Null);
        assert_eq!(names.version("abc"), VersionName::Seen(1));
        assert_eq!(names.version("def"), VersionName::Seen(2));
        assert_eq!(names.version("abc"), VersionName::Seen(1));
        assert_eq!(names.version_id(VersionName::Seen(2)), "def");
        assert_eq!(names.version_id(VersionName::Seen(3)), "?");
        assert_eq!(names.version("?"), VersionName::Unknown);
        assert_eq!((names.token("t"), names.token("t")), (TokenName(1), TokenName(2)));
    }
}
