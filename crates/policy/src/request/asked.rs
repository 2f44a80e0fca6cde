//! The condition keys that policies ask for: what else is true of a request need not be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::Policy;

/// Names in lower case. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(Arc<[String]>);

impl Asked {
    /// By any of these.
    pub fn by<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        Self::of(policies.into_iter().flat_map(Policy::condition_keys))
    }

    pub(crate) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<&str> = names.into_iter().collect();
        Self(names.into_iter().map(str::to_owned).collect())
    }

    pub fn has(&self, lowered: &str) -> bool {
        self.0.binary_search_by(|name| name.as_str().cmp(lowered)).is_ok()
    }

    /// Any whose name begins so.
    pub fn has_below(&self, prefix: &str) -> bool {
        let at = self.0.partition_point(|name| name.as_str() < prefix);
        self.0.get(at).is_some_and(|name| name.starts_with(prefix))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn names_and_their_beginnings_are_found() {
        let asked = Asked::of(["s3:prefix", "aws:principaltag/team", "s3:prefix"]);
        assert!(asked.has("s3:prefix") && !asked.has("s3:pref") && !asked.has("s3:prefixes"));
        assert!(asked.has_below("aws:principaltag/") && !asked.has_below("aws:requesttag/"));
        assert!(!Asked::default().has_below(""));
    }
}
