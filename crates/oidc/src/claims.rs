//! What a token says.

use model::Timestamp;
use serde_json::{Map, Value};

use crate::fault::Fault;

/// By name. Those of a token that was verified are true, as far as its issuer knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map(Self).map_err(|_| Fault::Malformed("its claims are not an object"))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// One text or several, as `aud` and `amr` have them; nothing else.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Seconds since 1970, with a fraction or not.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.0.get(name)?.as_f64()?;
        // Beyond any calendar: such a token says nothing about time.
        (seconds.abs() < 1e11).then(|| Timestamp::from_millis((seconds * 1000.0) as i64))
    }

    /// What is neither text nor moment.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}
