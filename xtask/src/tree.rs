//! The tree as the checks see it: every text file that git knows or would add, by its path from the root.
//!
//! Checks get a `Tree` and answer `Fault`s; they read no disk, so that tests plant their faults in memory.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;

use crate::run;

/// Text files by path (`/` between names, no leading one).
#[derive(Debug, Default)]
pub struct Tree {
    pub files: BTreeMap<String, String>,
}

/// One thing that is wrong, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub place: String,
    pub what: String,
}

impl Tree {
    /// The working tree: tracked files and new ones that are not ignored; what is no text is left out.
    pub fn read() -> Result<Self> {
        let mut list = run::command("git");
        list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let mut files = BTreeMap::new();
        for path in run::output(list)?.split('\0').filter(|path| !path.is_empty()) {
            // A tracked file may be deleted in the working tree, and a picture is no text: both say nothing here.
            if let Ok(text) = std::fs::read_to_string(run::root().join(path)) {
                files.insert(path.to_owned(), text);
            }
        }
        Ok(Self { files })
    }

    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Is there such a file, or a folder with a file below it?
    pub fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(next, _)| next.starts_with(&folder))
    }

    pub fn with_suffix(&self, suffix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.ends_with(suffix))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }
}

impl Fault {
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Written by `codegen`, not by hand: exempt from sizes.
pub fn is_generated(path: &str) -> bool {
    path.split('/').any(|part| part == "generated")
}

#[cfg(test)]
mod tests {
    use super::{Tree, is_generated};

    #[test]
    fn a_folder_exists_when_a_file_lies_below_it() {
        let tree = Tree::of(&[("crates/wire/src/lib.rs", "")]);
        assert!(tree.exists("crates/wire/") && tree.exists("crates/wire/src/lib.rs"));
        assert!(!tree.exists("crates/wir") && !tree.exists("crates/wire/src/lib"));
    }

    #[test]
    fn only_a_whole_name_makes_a_path_generated() {
        assert!(is_generated("crates/api/src/generated/s3.rs"));
        assert!(!is_generated("crates/api/src/generated_by_hand.rs"));
    }
}
