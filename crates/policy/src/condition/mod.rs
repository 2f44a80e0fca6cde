//! Conditions: operators over condition keys.
//!
//! A statement's conditions all must hold; an operator's keys all must; of a key's values one must fit, or none for
//! an operator that negates. Source: AWS "IAM JSON policy elements: Condition operators", "Conditions with multiple
//! context keys or values", "Single-valued vs. multivalued context keys".

mod binary;
mod date;
mod decimal;
mod holds;
mod ip;
mod operator;
mod values;

use crate::document::Version;
use crate::fault::{Fault, Place};
use crate::json::Json;

pub use operator::{Comparison, Operator, Quantifier};
pub(crate) use values::Values;

/// One operator over one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub operator: Operator,
    /// The key as it was written.
    pub key: String,
    /// The same in lower case, as requests have it.
    pub(crate) lowered: String,
    pub(crate) values: Values,
}

impl Condition {
    /// All conditions of a statement, those of one operator beside each other.
    pub(crate) fn read_all(json: &Json, place: &Place<'_>, version: Version) -> Result<Vec<Self>, Fault> {
        let mut conditions = Vec::new();
        for (name, keys) in json.entries(place)? {
            let place = place.element(name);
            let operator = Operator::parse(name).ok_or_else(|| place.fault("is no condition operator"))?;
            let keys = keys.entries(&place)?;
            if keys.is_empty() {
                return Err(place.fault("must name a condition key"));
            }
            for (key, values) in keys {
                conditions.push(Self::read(operator, key, values, &place.element(key), version)?);
            }
        }
        Ok(conditions)
    }

    fn read(
        operator: Operator,
        key: &str,
        values: &Json,
        place: &Place<'_>,
        version: Version,
    ) -> Result<Self, Fault> {
        let legal = key.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
        if !legal || key.contains(['*', '?', '$']) {
            return Err(place.fault("is no condition key: it must be as `vendor:name`"));
        }
        let values = Values::read(operator.comparison, values, place, version)?;
        Ok(Self { operator, key: key.to_owned(), lowered: key.to_lowercase(), values })
    }
}
