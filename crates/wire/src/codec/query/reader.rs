//! Reads a form from one place in it: a member, an element of a list, the whole.

use super::faults::Faults;
use super::fields::Fields;
use super::rule::{Rule, longest, shortest};

/// What can stand at one place of a form: a single value or a structure.
pub trait FormPart: Sized {
    /// What is there; `None` where it cannot be read, which the reader then knows.
    fn read(form: &FormReader<'_>, rule: &Rule) -> Option<Self>;

    /// Whether it obeys the rule of a list's elements. Structures have checked their own members.
    fn fits(&self, _rule: &Rule) -> bool {
        true
    }

    /// As errors show it in a list.
    fn shown(&self) -> String {
        String::new()
    }
}

/// A place in a form.
pub struct FormReader<'a> {
    fields: &'a Fields,
    faults: &'a Faults,
    /// `Tags.member.1`; empty for the whole.
    name: String,
    /// The same in the words of errors: `tags.1.member`.
    path: String,
}

impl<'a> FormReader<'a> {
    pub(super) fn new(fields: &'a Fields, faults: &'a Faults) -> Self {
        Self { fields, faults, name: String::new(), path: String::new() }
    }

    pub(super) fn faults(&self) -> &Faults {
        self.faults
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value at this place itself.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.fields.get(&self.name)
    }

    /// The value as something else than text; an empty one counts as absent.
    pub(super) fn parsed<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?.trim();
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.faults.malformed(format!("The value at '{}' is not {what}.", self.path));
        }
        value
    }

    /// A member that may be absent.
    pub(crate) fn take<T: FormPart>(&self, name: &'static str, rule: &Rule) -> Option<T> {
        let member = self.member(name);
        if member.is_present() { T::read(&member, rule) } else { None }
    }

    /// A member that must be there. Names below that of a single value (`UserName.x`) don't make it so.
    pub(crate) fn needed<T: FormPart>(&self, name: &'static str, rule: &Rule) -> Option<T> {
        let member = self.member(name);
        let value = if member.is_present() { T::read(&member, rule) } else { None };
        if value.is_none() {
            member.is_null();
        }
        value
    }

    /// A list; `member` stands before its elements' numbers, and is empty for flattened ones.
    pub(crate) fn list<T: FormPart>(
        &self,
        name: &'static str,
        member: &'static str,
        rule: &Rule,
        element: &Rule,
    ) -> Vec<T> {
        let list = self.member(name);
        if list.is_present() { list.elements(member, rule, element) } else { Vec::new() }
    }

    pub(crate) fn needed_list<T: FormPart>(
        &self,
        name: &'static str,
        member: &'static str,
        rule: &Rule,
        element: &Rule,
    ) -> Vec<T> {
        let list = self.member(name);
        if !list.is_present() {
            list.is_null();
            return Vec::new();
        }
        list.elements(member, rule, element)
    }

    /// `Name.entry.1.key` and `Name.entry.1.value`.
    pub(crate) fn map<V: FormPart>(&self, name: &'static str, rule: &Rule) -> Vec<(String, V)> {
        let map = self.member(name);
        if map.is_present() { map.entries(rule) } else { Vec::new() }
    }

    pub(crate) fn needed_map<V: FormPart>(&self, name: &'static str, rule: &Rule) -> Vec<(String, V)> {
        let map = self.member(name);
        if !map.is_present() {
            map.is_null();
            return Vec::new();
        }
        map.entries(rule)
    }

    fn member(&self, name: &str) -> Self {
        let mut lower = String::with_capacity(name.len());
        let mut chars = name.chars();
        lower.extend(chars.next().map(|first| first.to_ascii_lowercase()));
        lower.push_str(chars.as_str());
        self.at(join(&self.name, name), join(&self.path, &lower))
    }

    fn at(&self, name: String, path: String) -> Self {
        Self { fields: self.fields, faults: self.faults, name, path }
    }

    fn is_present(&self) -> bool {
        self.fields.has(&self.name)
    }

    fn is_null(&self) {
        self.faults.broken(Some("null"), &self.path, "Member must not be null");
    }

    fn elements<T: FormPart>(&self, member: &str, rule: &Rule, element: &Rule) -> Vec<T> {
        let list = if member.is_empty() { self.name.clone() } else { join(&self.name, member) };
        let values: Vec<T> = self
            .fields
            .numbers(&list)
            .into_iter()
            .filter_map(|number| {
                let at = self.at(format!("{list}.{number}"), format!("{}.{number}.member", self.path));
                T::read(&at, Rule::any())
            })
            .collect();
        let shown = || {
            let shown: Vec<String> = values.iter().map(FormPart::shown).collect();
            format!("'[{}]'", shown.join(", "))
        };
        self.check_length(values.len(), rule, shown);
        if values.iter().any(|value| !value.fits(element)) {
            let shown = (!element.secret).then(shown);
            let constraint = format!("Member must satisfy constraint: [{}]", element.told());
            self.faults.broken(shown.as_deref(), &self.path, &constraint);
        }
        values
    }

    fn entries<V: FormPart>(&self, rule: &Rule) -> Vec<(String, V)> {
        let map = join(&self.name, "entry");
        let entry = |number: u32| {
            let at = |what: &str| {
                self.at(format!("{map}.{number}.{what}"), format!("{}.{number}.{what}", self.path))
            };
            let key = String::read(&at("key"), Rule::any())?;
            Some((key, V::read(&at("value"), Rule::any())?))
        };
        let entries: Vec<(String, V)> = self.fields.numbers(&map).into_iter().filter_map(entry).collect();
        self.check_length(entries.len(), rule, || {
            let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
            format!("'[{}]'", keys.join(", "))
        });
        entries
    }

    fn check_length(&self, length: usize, rule: &Rule, shown: impl Fn() -> String) {
        if rule.fits_length(length) {
            return;
        }
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let constraint = match (rule.min, rule.max) {
            (_, Some(max)) if length > max => longest(max),
            (min, _) => shortest(min.unwrap_or_default()),
        };
        self.faults.broken(Some(&shown()), &self.path, &constraint);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
