//! Annotations: whether one may be written or taken away, and what its payload may be.
//!
//! Sources: AWS "PutObjectAnnotation", "DeleteObjectAnnotation", "Annotating your objects"; "Locking objects with Object
//! Lock", which lets nobody change the annotations of a locked version, not by a bypass of governance mode either.

use model::limits::ANNOTATIONS_MAX;
use model::{Hold, Timestamp};

use crate::object_lock;

/// How a version stands to a change of its annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub hold: Hold,
    /// How many annotations it has.
    pub count: u32,
    /// Whether the one that is asked about is among them.
    pub exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Create,
    Replace,
    Remove,
    /// There is none to remove, which is no error.
    Nothing,
    /// `AccessDenied`: the version is locked.
    Locked,
    /// `AnnotationLimitExceeded`.
    TooMany,
}

pub fn choose_put(standing: Standing, now: Timestamp) -> Choice {
    match standing {
        standing if is_locked(standing.hold, now) => Choice::Locked,
        Standing { exists: true, .. } => Choice::Replace,
        Standing { count: ANNOTATIONS_MAX.., .. } => Choice::TooMany,
        _ => Choice::Create,
    }
}

pub fn choose_delete(standing: Standing, now: Timestamp) -> Choice {
    match standing {
        standing if is_locked(standing.hold, now) => Choice::Locked,
        Standing { exists: true, .. } => Choice::Remove,
        _ => Choice::Nothing,
    }
}

fn is_locked(hold: Hold, now: Timestamp) -> bool {
    object_lock::choose_remove(hold, false, now) == object_lock::Choice::Refuse
}

/// Whether bytes that come in pieces are UTF-8. A character may lie across pieces.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// The bytes of a character that is not complete yet.
    begun: Vec<u8>,
}

impl Utf8 {
    /// Whether what came so far can be the beginning of a text.
    pub fn push(&mut self, mut bytes: &[u8]) -> bool {
        while !self.begun.is_empty() {
            let Some((first, rest)) = bytes.split_first() else { return true };
            self.begun.push(*first);
            bytes = rest;
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                self.begun.extend_from_slice(&bytes[error.valid_up_to()..]);
                true
            }
        }
    }

    /// Whether no character was left incomplete.
    pub fn is_whole(&self) -> bool {
        self.begun.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use model::{Retention, RetentionMode};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn standing(count: u32, exists: bool) -> Standing {
        Standing { hold: Hold::default(), count, exists }
    }

    #[test]
    fn a_version_has_at_most_a_thousand_and_the_last_may_still_be_replaced() {
        assert_eq!(choose_put(standing(999, false), NOW), Choice::Create);
        assert_eq!(choose_put(standing(1000, false), NOW), Choice::TooMany);
        assert_eq!(choose_put(standing(1000, true), NOW), Choice::Replace);
    }

    #[test]
    fn removing_what_is_not_there_is_no_error() {
        assert_eq!(choose_delete(standing(1, true), NOW), Choice::Remove);
        assert_eq!(choose_delete(standing(1, false), NOW), Choice::Nothing);
    }

    #[test]
    fn a_locked_version_keeps_its_annotations_as_they_are() {
        let until = |seconds, mode| Hold {
            retention: Some(Retention { mode, until: Timestamp::from_seconds(seconds) }),
            legal_hold: None,
        };
        let held = Hold { retention: None, legal_hold: Some(true) };
        for hold in [until(1_001, RetentionMode::Governance), until(1_001, RetentionMode::Compliance), held] {
            for exists in [false, true] {
                let standing = Standing { hold, count: 1, exists };
                assert_eq!(choose_put(standing, NOW), Choice::Locked);
                assert_eq!(choose_delete(standing, NOW), Choice::Locked);
            }
        }
        let past = Standing { hold: until(1_000, RetentionMode::Compliance), ..standing(0, false) };
        assert_eq!(choose_put(past, NOW), Choice::Create);
    }

    #[test]
    fn text_may_be_cut_anywhere_and_nothing_else_passes() {
        let is_text = |bytes: &[u8], size: usize| {
            let mut check = Utf8::default();
            bytes.chunks(size).all(|piece| check.push(piece)) && check.is_whole()
        };
        for size in 1..6 {
            assert!(is_text("aä€😀\u{0}é".as_bytes(), size), "{size}");
            for broken in
                [&b"a\xff"[..], b"\xc3", b"a\xe2\x82", b"\xe2\x28\xa1", b"\xc3\xc3", b"\xf0\x9f\x98a"]
            {
                assert!(!is_text(broken, size), "{broken:?} by {size}");
            }
        }
    }
}
