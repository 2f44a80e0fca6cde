//! Why a request was decided as it was: kept for the audit, and not at all when nobody audits.

use std::sync::{Mutex, PoisonError};

use model::AccountId;

/// Filled while a request is judged, read when it is over.
#[derive(Debug, Default)]
pub struct Trail(Mutex<Kept>);

#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Whose the bucket is, once it was found.
    pub owner: Option<AccountId>,
    /// In order. The first that denies decided the request, where the operation is not one on many keys.
    pub verdicts: Vec<Verdict>,
}

/// One action on resources that were judged alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As in policies; empty for what holds for the whole request.
    pub action: String,
    pub resources: Vec<String>,
    pub allowed: bool,
    pub reason: String,
}

impl Trail {
    pub fn note(&self, action: &str, resource: &str, allowed: bool, reason: impl Into<String>) {
        let reason = reason.into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.verdicts.last_mut() {
            Some(last) if last.action == action && last.allowed == allowed && last.reason == reason => {
                last.resources.push(resource.to_owned());
            }
            _ => kept.verdicts.push(Verdict {
                action: action.to_owned(),
                resources: vec![resource.to_owned()],
                allowed,
                reason,
            }),
        }
    }

    /// For what concerns the whole request.
    pub fn note_all(&self, allowed: bool, reason: &str) {
        let verdict =
            Verdict { action: String::new(), resources: Vec::new(), allowed, reason: reason.to_owned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).verdicts.push(verdict);
    }

    pub fn owner_is(&self, owner: AccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).owner = Some(owner);
    }

    pub fn kept(&self) -> Kept {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;

    #[test]
    fn what_is_judged_alike_is_one_verdict() {
        let trail = Trail::default();
        trail.note("s3:DeleteObject", "a", true, "x");
        trail.note("s3:DeleteObject", "b", true, "x");
        trail.note("s3:DeleteObject", "c", false, "y");
        let verdicts = trail.kept().verdicts;
        assert_eq!(verdicts.len(), 2);
        assert_eq!((verdicts[0].resources.len(), verdicts[1].allowed), (2, false));
    }
}
