//! Condition keys and their values in one request. Names have no case; values do.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is true of a request, by names such as `s3:prefix` and `aws:SourceIp`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<Cow<'static, str>, Value>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Single(String),
    Many(Vec<String>),
}

impl Keys {
    /// A key that has one value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_lowercase().into(), Value::Single(value.into()));
    }

    /// A key that has a set of values by its nature, as `aws:TagKeys`; an empty set is as good as none.
    pub fn set_many(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_lowercase().into(), Value::Many(values));
    }

    /// Takes over what another set says; its values win.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(name.to_lowercase().as_str());
    }

    /// Sets or removes a key whose name is in lower case already.
    pub(super) fn settle(&mut self, name: &'static str, value: Option<String>) {
        debug_assert!(name.chars().all(|c| !c.is_uppercase()), "{name}");
        match value {
            Some(value) => self.0.insert(name.into(), Value::Single(value)),
            None => self.0.remove(name),
        };
    }

    /// Removes all keys whose names begin so, in lower case.
    pub(super) fn remove_all(&mut self, prefix: &str) {
        self.0.retain(|name, _| !name.starts_with(prefix));
    }

    /// All values of a key, none when it is absent.
    pub fn get(&self, name: &str) -> &[String] {
        self.lowered(&name.to_lowercase())
    }

    /// As [`Keys::get`], for a name that is in lower case already.
    pub(crate) fn lowered(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Value::Single(value)) => std::slice::from_ref(value),
            Some(Value::Many(values)) => values,
            None => &[],
        }
    }

    /// What a variable stands for; a key with a set of values is no variable.
    pub(crate) fn single(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::Single(value)) => Some(value),
            Some(Value::Many(_)) | None => None,
        }
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Keys {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut keys = Self::default();
        for (name, value) in pairs {
            keys.set(name.as_ref(), value);
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn names_of_keys_have_no_case() {
        let keys: Keys = [("AWS:SourceIp", "::1")].into_iter().collect();
        assert_eq!(keys.get("aws:sourceIP"), ["::1"]);
        assert!(keys.get("aws:username").is_empty());
    }
}
