//! JSON as it was written: elements in order and twice if they stand twice, which a map would hide.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::fault::{Fault, Place};
use crate::limits::NESTING_MAX;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As text, for policies compare it as text or as a decimal.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

impl Json {
    pub fn read(text: &str) -> Result<Self, Fault> {
        if !text.starts_with('{') {
            return Err(Place::TOP.fault("must be JSON, and its first byte must be `{`"));
        }
        let json: Self =
            serde_json::from_str(text).map_err(|error| Place::TOP.fault(format!("is no JSON: {error}")))?;
        if json.depth() > NESTING_MAX {
            return Err(Place::TOP.fault(format!("is nested deeper than {NESTING_MAX}")));
        }
        Ok(json)
    }

    fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(entries) => 1 + entries.iter().map(|(_, item)| item.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }

    pub fn text<'j>(&'j self, place: &Place<'_>) -> Result<&'j str, Fault> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(place.fault("must be a string")),
        }
    }

    /// A map's entries, none of them twice.
    pub fn entries<'j>(&'j self, place: &Place<'_>) -> Result<&'j [(String, Json)], Fault> {
        let Self::Map(entries) = self else { return Err(place.fault("must be an object")) };
        let mut seen = BTreeSet::new();
        for (name, _) in entries {
            if !seen.insert(name) {
                return Err(place.element(name).fault("stands twice"));
            }
        }
        Ok(entries)
    }

    /// A map's elements, all of them known.
    pub fn elements<'j>(&'j self, place: &Place<'_>, known: &[&str]) -> Result<Elements<'j>, Fault> {
        let entries = self.entries(place)?;
        match entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(place.element(name).fault("is no element of this place")),
            None => Ok(Elements(entries)),
        }
    }

    /// One item, or a list of at least one; each is read with its place.
    pub fn each<T>(
        &self,
        place: &Place<'_>,
        mut read: impl FnMut(&Json, &Place<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        match self {
            Self::List(items) if items.is_empty() => Err(place.fault("must not be empty")),
            Self::List(items) => {
                items.iter().enumerate().map(|(index, item)| read(item, &place.index(index))).collect()
            }
            item => Ok(vec![read(item, place)?]),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Elements<'j>(&'j [(String, Json)]);

impl<'j> Elements<'j> {
    pub fn get(&self, name: &str) -> Option<&'j Json> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, json)| json)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Map(entries))
    }
}
