//! Object lock's nouns: what keeps a version from being deleted or overwritten, and for how long.
//!
//! Source: AWS "Locking objects with Object Lock".

use crate::Timestamp;

const DAY_MS: i64 = 24 * 3600 * 1000;
const YEAR_DAYS: i64 = 365;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionMode {
    /// Who has the permission may shorten it.
    Governance,
    /// Nobody may.
    Compliance,
}

impl RetentionMode {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub mode: RetentionMode,
    /// Until then the version stays. Whole seconds, as it is told: who waits until then waits long enough.
    pub until: Timestamp,
}

impl Retention {
    /// What was asked for, and not a moment less.
    pub const fn new(mode: RetentionMode, until: Timestamp) -> Self {
        Self { mode, until: until.rounded_up_to_seconds() }
    }
}

/// All that object lock says of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    pub retention: Option<Retention>,
    /// `None` while nobody said either.
    pub legal_hold: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionPeriod {
    Days(u32),
    Years(u32),
}

/// What a bucket gives new versions that bring no retention of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    pub mode: RetentionMode,
    pub period: RetentionPeriod,
}

/// Object lock of a bucket, which once it is on stays on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketLock {
    pub default: Option<DefaultRetention>,
}

impl DefaultRetention {
    pub const fn from(self, created: Timestamp) -> Retention {
        let days = match self.period {
            RetentionPeriod::Days(days) => days as i64,
            RetentionPeriod::Years(years) => years as i64 * YEAR_DAYS,
        };
        Retention::new(self.mode, created.plus_millis(days.saturating_mul(DAY_MS)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_counts_from_the_version_and_a_year_has_365_days() {
        let created = Timestamp::from_seconds(100);
        let retain =
            |period| DefaultRetention { mode: RetentionMode::Compliance, period }.from(created).until;
        assert_eq!(retain(RetentionPeriod::Days(1)), Timestamp::from_seconds(100 + 86_400));
        assert_eq!(retain(RetentionPeriod::Years(2)), Timestamp::from_seconds(100 + 730 * 86_400));
        assert!(retain(RetentionPeriod::Years(u32::MAX)) > created);
        let asked = Retention::new(RetentionMode::Governance, Timestamp::from_millis(5_001));
        assert_eq!(asked.until, Timestamp::from_seconds(6));
    }
}
