//! Object lock: whether a version may go, and whether its retention may change.
//!
//! Source: AWS "Locking objects with Object Lock", "Managing Object Lock". `now` is the catalog's clock, which never
//! runs backwards; whether a caller may bypass governance mode is for authorization to say.

use model::{Hold, Retention, RetentionMode, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Proceed,
    /// `AccessDenied`.
    Refuse,
}

const fn when(allowed: bool) -> Choice {
    if allowed { Choice::Proceed } else { Choice::Refuse }
}

/// Whether a version may be deleted for good.
pub fn choose_remove(hold: Hold, bypass: bool, now: Timestamp) -> Choice {
    let retained = match hold.retention {
        Some(Retention { mode: RetentionMode::Compliance, until }) => until > now,
        Some(Retention { mode: RetentionMode::Governance, until }) => until > now && !bypass,
        None => false,
    };
    when(hold.legal_hold != Some(true) && !retained)
}

/// Whether `new` (`None` takes it away) may replace a version's retention.
pub fn choose_retention(
    standing: Option<Retention>,
    new: Option<Retention>,
    bypass: bool,
    now: Timestamp,
) -> Choice {
    let Some(standing) = standing.filter(|standing| standing.until > now) else { return Choice::Proceed };
    let keeps = new.is_some_and(|new| new.mode == standing.mode && new.until >= standing.until);
    when(keeps || (bypass && standing.mode == RetentionMode::Governance))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn retention(mode: RetentionMode, seconds: i64) -> Option<Retention> {
        Some(Retention { mode, until: Timestamp::from_seconds(seconds) })
    }

    fn hold(retention: Option<Retention>) -> Hold {
        Hold { retention, legal_hold: Some(false) }
    }

    #[test]
    fn governance_yields_to_a_bypass_and_compliance_to_time_alone() {
        let governed = hold(retention(RetentionMode::Governance, 1_001));
        let complied = hold(retention(RetentionMode::Compliance, 1_001));
        assert_eq!(choose_remove(governed, false, NOW), Choice::Refuse);
        assert_eq!(choose_remove(governed, true, NOW), Choice::Proceed);
        assert_eq!(choose_remove(complied, true, NOW), Choice::Refuse);
        assert_eq!(choose_remove(complied, false, Timestamp::from_seconds(1_001)), Choice::Proceed);
        assert_eq!(choose_remove(hold(None), false, NOW), Choice::Proceed);
    }

    #[test]
    fn a_legal_hold_yields_to_nothing() {
        let held = Hold { retention: retention(RetentionMode::Governance, 5), legal_hold: Some(true) };
        assert_eq!(choose_remove(held, true, NOW), Choice::Refuse);
    }

    #[test]
    fn a_retention_may_grow_and_shrinks_only_by_a_bypass_of_governance() {
        let governed = retention(RetentionMode::Governance, 2_000);
        let complied = retention(RetentionMode::Compliance, 2_000);
        let changed = |old, new, bypass| choose_retention(old, new, bypass, NOW);
        assert_eq!(changed(governed, retention(RetentionMode::Governance, 3_000), false), Choice::Proceed);
        assert_eq!(changed(complied, retention(RetentionMode::Compliance, 3_000), false), Choice::Proceed);
        for shorter in [retention(RetentionMode::Governance, 1_500), None, complied] {
            assert_eq!(changed(governed, shorter, false), Choice::Refuse, "{shorter:?}");
            assert_eq!(changed(governed, shorter, true), Choice::Proceed, "{shorter:?}");
        }
        for weaker in [retention(RetentionMode::Compliance, 1_500), None, governed] {
            assert_eq!(changed(complied, weaker, true), Choice::Refuse, "{weaker:?}");
        }
        assert_eq!(changed(retention(RetentionMode::Compliance, 999), None, false), Choice::Proceed);
    }
}
