//! Text with `*`, `?` and variables, and ARNs of such text.

mod arn;
mod glob;
mod template;

pub(crate) use arn::{ArnPattern, parts};
pub(crate) use glob::{Token, matches};
pub(crate) use template::{Flavour, Template};

/// Are these the same character but for their case?
pub(crate) fn same_but_for_case(a: char, b: char) -> bool {
    a == b
        || a.eq_ignore_ascii_case(&b)
        || !(a.is_ascii() && b.is_ascii()) && a.to_lowercase().eq(b.to_lowercase())
}
