//! The policy document: until when it holds, and what it demands of each field.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::Timestamp;
use serde_json::{Map, Value};

use super::Form;
use super::condition::{Condition, Demand};
use crate::Refusal;

/// A policy document that was read.
#[derive(Clone, Debug)]
pub struct Policy {
    expiration: Timestamp,
    demands: Vec<Demand>,
    length: Option<LengthRange>,
}

/// How long the file of a form may be, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthRange {
    pub bytes_min: u64,
    pub bytes_max: u64,
}

impl LengthRange {
    /// Refuses a file of another length. Ask as early as its length, or a part beyond the limit, is known.
    pub fn check(&self, bytes: u64) -> Result<(), Refusal> {
        if bytes > self.bytes_max {
            Err(Refusal::TooLarge { proposed_bytes: bytes, bytes_max: self.bytes_max })
        } else if bytes < self.bytes_min {
            Err(Refusal::TooSmall { proposed_bytes: bytes, bytes_min: self.bytes_min })
        } else {
            Ok(())
        }
    }

    fn and(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            bytes_min: self.bytes_min.max(other.bytes_min),
            bytes_max: self.bytes_max.min(other.bytes_max),
        })
    }
}

/// Fields that a policy need not mention: the signature's own, the file, and those marked so.
const FREE_FIELDS: [&str; 5] = ["x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"];
const FREE_PREFIX: &str = "x-ignore-";

impl Policy {
    /// Reads a policy in base64.
    pub fn parse(base64: &str) -> Result<Self, Refusal> {
        let document = decode(base64)?;
        for name in document.keys() {
            if name != "expiration" && name != "conditions" {
                return Err(invalid(format!("Unexpected: '{name}'")));
            }
        }
        let expiration = document.get("expiration").ok_or_else(|| invalid("Policy missing expiration."))?;
        let expiration = moment(expiration)?;
        let conditions = document.get("conditions").ok_or_else(|| invalid("Policy missing conditions."))?;
        let Value::Array(conditions) = conditions else {
            return Err(invalid("Invalid 'conditions' value: must be a List."));
        };
        let mut policy = Self { expiration, demands: Vec::with_capacity(conditions.len()), length: None };
        for condition in conditions {
            match Condition::read(condition).map_err(invalid)? {
                Condition::Field(demand) => policy.demands.push(demand),
                Condition::Length(range) => policy.length = Some(range.and(policy.length)),
            }
        }
        Ok(policy)
    }

    /// Holds a form against the policy; the length that it allows is left to enforce.
    pub fn check(&self, form: &Form<'_>, now: Timestamp) -> Result<Option<LengthRange>, Refusal> {
        if now >= self.expiration {
            return Err(denied("Policy expired."));
        }
        for demand in &self.demands {
            if !demand.holds(form) {
                return Err(denied(format!("Policy Condition failed: {demand}")));
            }
        }
        let sent = form.fields.iter().map(|(name, _)| name.to_ascii_lowercase());
        // The bucket is an input of every form, though it stands in the address.
        for name in sent.chain(["bucket".to_owned()]) {
            let free = FREE_FIELDS.contains(&name.as_str()) || name.starts_with(FREE_PREFIX);
            if !free && !self.demands.iter().any(|demand| demand.is_about(&name)) {
                return Err(denied(format!("Extra input fields: {name}")));
            }
        }
        Ok(self.length)
    }
}

/// Base64 with or without its padding, and with the line breaks that a page may put into it.
fn decode(base64: &str) -> Result<Map<String, Value>, Refusal> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if text.is_empty() {
        return Err(invalid("Expecting '{' but found End-of-Input"));
    }
    let json = ENGINE.decode(text).map_err(|_| invalid("invalid Base64 encoding."))?;
    match serde_json::from_slice(&json) {
        Ok(Value::Object(document)) => Ok(document),
        _ => Err(invalid("Invalid JSON.")),
    }
}

fn moment(value: &Value) -> Result<Timestamp, Refusal> {
    let text = value.as_str().unwrap_or_default();
    Timestamp::parse_iso8601(text).map_err(|_| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        invalid(format!("Invalid 'expiration' value: '{shown}'"))
    })
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::PolicyDocument { detail: detail.into() }
}

fn denied(detail: impl Into<String>) -> Refusal {
    Refusal::PolicyDenied { detail: detail.into() }
}
