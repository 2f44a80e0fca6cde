//! Where a key falls in a listing with a prefix and a delimiter.

/// A key's place on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// An entry of its own.
    Entry,
    /// Rolled up into this common prefix (delimiter included).
    Common(&'a str),
}

/// `key` begins with `prefix`. An empty delimiter is none.
pub fn place<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Place<'a> {
    if delimiter.is_empty() {
        return Place::Entry;
    }
    match key[prefix.len()..].find(delimiter) {
        Some(at) => Place::Common(&key[..prefix.len() + at + delimiter.len()]),
        None => Place::Entry,
    }
}

/// Whether a marker is itself a common prefix, which a walk must skip whole: the page before ended with it. A
/// marker inside of one does not hide the keys that come after it.
pub fn marker_is_common(marker: &str, prefix: &str, delimiter: &str) -> bool {
    marker.starts_with(prefix) && place(marker, prefix, delimiter) == Place::Common(marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_roll_up_at_the_first_delimiter_after_the_prefix() {
        assert_eq!(place("a/b/c", "", "/"), Place::Common("a/"));
        assert_eq!(place("a/b/c", "a/", "/"), Place::Common("a/b/"));
        assert_eq!(place("a/b", "a/", "/"), Place::Entry);
        assert_eq!(place("a--b--c", "", "--"), Place::Common("a--"));
        assert_eq!(place("a/b", "", ""), Place::Entry);
        assert_eq!(place("/a", "", "/"), Place::Common("/"));
    }

    #[test]
    fn only_a_marker_that_is_a_common_prefix_hides_it() {
        assert!(marker_is_common("a/", "", "/"));
        assert!(!marker_is_common("a/x", "", "/"));
        assert!(!marker_is_common("a", "", "/"));
        assert!(!marker_is_common("b/", "a", "/"));
    }
}
