//! A form's fields by their names, which are paths joined by dots.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Each name once: of a name that comes again, the first value stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Decoded names and values, in order.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_insert(value);
        }
        Self(fields)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether there is a value at this path or below it.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path) || self.below(path).next().is_some()
    }

    /// The numbers that follow the path, ascending, each once: of `A.member.2` and `A.member.10.Key` below `A.member`
    /// 2 and 10.
    pub fn numbers(&self, path: &str) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .below(path)
            .filter_map(|rest| {
                let number = rest.split_once('.').map_or(rest, |(number, _)| number);
                let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
                number.parse().ok().filter(|_| digits)
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// What follows `path.` in the names that start so.
    fn below(&self, path: &str) -> impl Iterator<Item = &str> {
        let start = format!("{path}.");
        let range = (Bound::Included(start.clone()), Bound::Unbounded);
        self.0.range::<String, _>(range).map_while(move |(name, _)| name.strip_prefix(start.as_str()))
    }
}
