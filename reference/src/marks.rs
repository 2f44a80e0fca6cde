//! What may change of a version that stands: its tags, its retention, its legal hold.
//!
//! Times are seconds since the sequence began, so that two stores that began at different moments compare.

use model::RetentionMode;

/// Keys and values, in the order in which they were given.
pub type TagSet = Vec<(String, String)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub mode: RetentionMode,
    /// In seconds since the sequence began.
    pub until: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    pub retention: Option<Retention>,
    /// `None` while nobody said either.
    pub legal_hold: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub tags: TagSet,
    pub hold: Hold,
}

/// A bucket's default as the request writes it: exactly one of both periods is legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    pub mode: RetentionMode,
    pub days: Option<i32>,
    pub years: Option<i32>,
}
