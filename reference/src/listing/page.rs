//! One page of any listing.
//!
//! Source: AWS "Organizing objects using prefixes", "ListObjectsV2": a common prefix counts as one element.

use crate::Refusal;
use crate::operation::Filter;

const PAGE_MAX: i32 = 1000;

pub enum Entry<T> {
    Item(String, T),
    Prefix(String),
}

impl<T> Entry<T> {
    /// The key or common prefix after which the next page continues.
    pub fn name(&self) -> &str {
        match self {
            Self::Item(name, _) | Self::Prefix(name) => name,
        }
    }
}

pub struct Page<T> {
    pub entries: Vec<Entry<T>>,
    pub truncated: bool,
}

impl<T> Page<T> {
    /// The last entry, where there are more.
    pub fn last(&self) -> Option<&Entry<T>> {
        if self.truncated { self.entries.last() } else { None }
    }

    pub fn prefixes(&self) -> Vec<String> {
        let prefix = |entry: &Entry<T>| match entry {
            Entry::Prefix(prefix) => Some(prefix.clone()),
            Entry::Item(..) => None,
        };
        self.entries.iter().filter_map(prefix).collect()
    }
}

/// `items` are in order and begin after the marker; `marker` is the key that it names, or empty.
pub fn page<T>(
    items: impl Iterator<Item = (String, T)>,
    filter: &Filter,
    marker: &str,
) -> Result<Page<T>, Refusal> {
    let max = match filter.max {
        Some(max) if max < 0 => return Err("InvalidArgument".into()),
        max => max.unwrap_or(PAGE_MAX).min(PAGE_MAX) as usize,
    };
    let mut entries: Vec<Entry<T>> = Vec::new();
    for (key, item) in items.filter(|(key, _)| key.starts_with(&filter.prefix)) {
        let entry = match common(&key, filter) {
            // A page that ended with a common prefix is continued after all keys below it.
            Some(prefix) if prefix == marker => continue,
            Some(prefix) if entries.last().is_some_and(|last| last.name() == prefix) => continue,
            Some(prefix) => Entry::Prefix(prefix.to_owned()),
            None => Entry::Item(key, item),
        };
        if entries.len() == max {
            return Ok(Page { entries, truncated: max > 0 });
        }
        entries.push(entry);
    }
    Ok(Page { entries, truncated: false })
}

/// The key up to and with the first delimiter after the prefix.
fn common<'a>(key: &'a str, filter: &Filter) -> Option<&'a str> {
    if filter.delimiter.is_empty() {
        return None;
    }
    let at = key[filter.prefix.len()..].find(&filter.delimiter)?;
    Some(&key[..filter.prefix.len() + at + filter.delimiter.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(keys: &[&str], filter: Filter, marker: &str) -> (Vec<String>, bool) {
        let items = keys.iter().filter(|key| **key > marker).map(|key| ((*key).to_owned(), ()));
        let page = page(items, &filter, marker).unwrap();
        (page.entries.iter().map(|entry| entry.name().to_owned()).collect(), page.truncated)
    }

    fn filter(max: i32) -> Filter {
        Filter { delimiter: "/".to_owned(), max: Some(max), ..Filter::default() }
    }

    const KEYS: [&str; 5] = ["a", "b/1", "b/2", "c", "d/1"];

    #[test]
    fn common_prefixes_count_towards_the_page() {
        assert_eq!(names(&KEYS, filter(2), ""), (vec!["a".to_owned(), "b/".to_owned()], true));
        assert_eq!(names(&KEYS, filter(2), "b/"), (vec!["c".to_owned(), "d/".to_owned()], false));
    }

    #[test]
    fn a_marker_inside_a_common_prefix_does_not_hide_what_comes_after_it() {
        assert_eq!(names(&KEYS, filter(1), "b/1"), (vec!["b/".to_owned()], true));
        assert_eq!(names(&KEYS, filter(1), "b/2"), (vec!["c".to_owned()], true));
    }

    #[test]
    fn a_page_of_none_is_not_truncated() {
        assert_eq!(names(&KEYS, filter(0), ""), (vec![], false));
    }
}
