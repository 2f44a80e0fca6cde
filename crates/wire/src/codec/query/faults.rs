//! Everything that is wrong with a form, gathered while it is read, and told in AWS's words.

use std::cell::RefCell;

use api::{ErrorCode, S3Error};

/// More are counted but not told: an answer is not longer than what was sent by much.
const TOLD_MAX: usize = 100;

#[derive(Default)]
pub struct Faults(RefCell<Inner>);

#[derive(Default)]
struct Inner {
    /// Values that cannot be read at all.
    malformed: Option<String>,
    broken: Vec<String>,
    count: usize,
    /// IAM checks some patterns later than all else, and tells the first.
    invalid: Option<String>,
}

impl Faults {
    pub(super) fn malformed(&self, message: String) {
        self.0.borrow_mut().malformed.get_or_insert(message);
    }

    /// `value`: as it is shown, quotes and all; `None` for one that is a secret.
    pub(super) fn broken(&self, value: Option<&str>, path: &str, constraint: &str) {
        let mut inner = self.0.borrow_mut();
        inner.count += 1;
        if inner.broken.len() < TOLD_MAX {
            let shown = value.map_or_else(String::new, |value| format!("{value} "));
            inner.broken.push(format!("Value {shown}at '{path}' failed to satisfy constraint: {constraint}"));
        }
    }

    pub(super) fn invalid(&self, message: String) {
        self.0.borrow_mut().invalid.get_or_insert(message);
    }

    pub(super) fn into_result(self) -> Result<(), S3Error> {
        let Inner { malformed, broken, count, invalid } = self.0.into_inner();
        if let Some(message) = malformed {
            return Err(S3Error::with_message(ErrorCode::MalformedInput, message));
        }
        let message = match (count, invalid) {
            (0, None) => return Ok(()),
            (0, Some(message)) => message,
            (1, _) => format!("1 validation error detected: {}", broken.join("; ")),
            (count, _) => format!("{count} validation errors detected: {}", broken.join("; ")),
        };
        Err(S3Error::with_message(ErrorCode::ValidationError, message))
    }
}
