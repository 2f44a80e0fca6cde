//! Condition keys and their values in one request. Names have no case; values do.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Asked;
use crate::document::Policy;

/// What is true of a request, by names such as `s3:prefix` and `aws:SourceIp`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    values: BTreeMap<Cow<'static, str>, Value>,
    /// Whether only what is asked for is kept, and by whom: the caller's side and the resource's.
    asked: Option<[Asked; 2]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Single(String),
    Many(Vec<String>),
}

impl Keys {
    /// Keeps only what these ask for. Whoever judges by other policies than theirs must not use it.
    pub fn asked_by(own: Asked, of_resource: Asked) -> Self {
        Self { values: BTreeMap::new(), asked: Some([own, of_resource]) }
    }

    /// Whether it holds all that is true of the keys which a policy asks for.
    pub(crate) fn cover(&self, policy: &Policy) -> bool {
        policy.asked.names().all(|name| self.wants(name))
    }

    fn wants(&self, lowered: &str) -> bool {
        self.asked.as_ref().is_none_or(|both| both.iter().any(|asked| asked.has(lowered)))
    }

    pub(super) fn wants_below(&self, prefix: &str) -> bool {
        self.asked.as_ref().is_none_or(|both| both.iter().any(|asked| asked.has_below(prefix)))
    }

    /// A key that has one value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.insert(name, || Value::Single(value.into()));
    }

    /// The same, for a value that costs something and a name in lower case.
    pub fn tell<V: Into<String>>(&mut self, name: &'static str, value: impl FnOnce() -> Option<V>) {
        debug_assert!(is_lower(name), "{name}");
        if self.wants(name)
            && let Some(value) = value()
        {
            self.values.insert(name.into(), Value::Single(value.into()));
        }
    }

    /// A key that has a set of values by its nature, as `aws:TagKeys`; an empty set is as good as none.
    pub fn set_many(&mut self, name: &str, values: Vec<String>) {
        self.insert(name, || Value::Many(values));
    }

    fn insert(&mut self, name: &str, value: impl FnOnce() -> Value) {
        let lowered = if is_lower(name) { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) };
        if self.wants(&lowered) {
            self.values.insert(Cow::Owned(lowered.into_owned()), value());
        }
    }

    /// Takes over what another set says; its values win.
    pub fn extend(&mut self, others: &Self) {
        for (name, value) in &others.values {
            if self.wants(name) {
                self.values.insert(name.clone(), value.clone());
            }
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.values.remove(name.to_lowercase().as_str());
    }

    /// Sets or removes a key whose name is in lower case already.
    pub(super) fn settle(&mut self, name: &'static str, value: impl FnOnce() -> Option<String>) {
        debug_assert!(is_lower(name), "{name}");
        if !self.wants(name) {
            return;
        }
        match value() {
            Some(value) => self.values.insert(name.into(), Value::Single(value)),
            None => self.values.remove(name),
        };
    }

    /// Removes all keys whose names begin so, in lower case.
    pub(super) fn remove_all(&mut self, prefix: &str) {
        if self.wants_below(prefix) {
            self.values.retain(|name, _| !name.starts_with(prefix));
        }
    }

    /// All values of a key, none when it is absent.
    pub fn get(&self, name: &str) -> &[String] {
        self.lowered(&name.to_lowercase())
    }

    /// As [`Keys::get`], for a name that is in lower case already.
    pub(crate) fn lowered(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(Value::Single(value)) => std::slice::from_ref(value),
            Some(Value::Many(values)) => values,
            None => &[],
        }
    }

    /// What a variable stands for; a key with a set of values is no variable.
    pub(crate) fn single(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
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

/// All of ASCII, which names of keys mostly are; what is not is lowered the long way.
fn is_lower(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
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
