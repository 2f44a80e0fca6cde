//! Object lock: what keeps a version, and who may change that.
//!
//! Sources: AWS "Locking objects with Object Lock", "Managing Object Lock", "PutObjectRetention",
//! "PutObjectLockConfiguration".

use model::{RetentionMode, Versioning};

use crate::marks::{DefaultRetention, Hold, Retention};
use crate::operation::At;
use crate::store::{Bucket, Reference};
use crate::{Answer, Outcome, Refusal};

const DAY_SECONDS: i64 = 24 * 60 * 60;
const YEAR_DAYS: i64 = 365;
const YEARS_MAX: i64 = 100;

impl Hold {
    /// A legal hold yields to nobody, compliance to time, governance to time and to a bypass.
    fn keeps(&self, bypass: bool, now: i64) -> bool {
        if self.legal_hold == Some(true) {
            return true;
        }
        match self.retention {
            Some(retention) if retention.until > now => {
                retention.mode == RetentionMode::Compliance || !bypass
            }
            _ => false,
        }
    }

    /// Without a bypass an active retention only grows, in the mode that it has.
    pub fn may_become(&self, new: Option<Retention>, bypass: bool, now: i64) -> bool {
        let Some(old) = self.retention else { return true };
        if old.until <= now || (bypass && old.mode == RetentionMode::Governance) {
            return true;
        }
        match new {
            Some(new) => new.mode == old.mode && new.until >= old.until,
            None => false,
        }
    }
}

impl Bucket {
    /// What a new version is held by: the bucket's default, where the client asked for no retention.
    pub fn settle(&self, asked: Hold, now: i64) -> Hold {
        let default = self.lock.flatten().map(|default| {
            let days = default.days.map_or(0, i64::from) + default.years.map_or(0, i64::from) * YEAR_DAYS;
            Retention { mode: default.mode, until: now + days * DAY_SECONDS }
        });
        Hold { retention: asked.retention.or(default), ..asked }
    }

    fn require_lock(&self) -> Result<(), Refusal> {
        if self.lock.is_some() { Ok(()) } else { Err("InvalidRequest".into()) }
    }
}

impl Reference {
    /// Only a versioned bucket can have object lock, and it never loses it; without a rule it has no default.
    pub(crate) fn put_lock(&mut self, bucket: &str, default: Option<DefaultRetention>) -> Outcome {
        let bucket = self.bucket_mut(bucket)?;
        if let Some(default) = default {
            check_period(default)?;
        }
        if bucket.versioning != Versioning::Enabled {
            return Err("InvalidBucketState".into());
        }
        bucket.lock = Some(default);
        Ok(Answer::Done)
    }

    pub(crate) fn get_lock(&self, bucket: &str) -> Outcome {
        let lock = self.bucket(bucket)?.lock;
        lock.map(Answer::Lock).ok_or_else(|| "ObjectLockConfigurationNotFoundError".into())
    }

    /// What a client may ask for a new version.
    pub(crate) fn check_hold(&self, bucket: &str, asked: Hold) -> Result<(), Refusal> {
        let bucket = self.bucket(bucket)?;
        if asked != Hold::default() {
            bucket.require_lock()?;
        }
        self.check_until(asked.retention)
    }

    fn check_until(&self, asked: Option<Retention>) -> Result<(), Refusal> {
        match asked {
            Some(retention) if retention.until <= self.now => Err("InvalidArgument".into()),
            _ => Ok(()),
        }
    }

    /// Whether a version may be deleted for good.
    pub(crate) fn check_removal(&self, hold: Hold, bypass: bool) -> Result<(), Refusal> {
        if hold.keeps(bypass, self.now) { Err("AccessDenied".into()) } else { Ok(()) }
    }

    pub(crate) fn put_retention(&mut self, at: &At, new: Option<Retention>, bypass: bool) -> Outcome {
        self.bucket(&at.bucket)?.require_lock()?;
        self.check_until(new)?;
        let now = self.now;
        let (marks, _) = self.marks_mut(at)?;
        if !marks.hold.may_become(new, bypass, now) {
            return Err("AccessDenied".into());
        }
        marks.hold.retention = new;
        Ok(Answer::Done)
    }

    /// One that has run out is still shown.
    pub(crate) fn get_retention(&mut self, at: &At) -> Outcome {
        self.bucket(&at.bucket)?.require_lock()?;
        let standing = self.marks_mut(at)?.0.hold.retention;
        standing.map(Answer::Retention).ok_or_else(|| "NoSuchObjectLockConfiguration".into())
    }

    pub(crate) fn put_legal_hold(&mut self, at: &At, on: bool) -> Outcome {
        self.bucket(&at.bucket)?.require_lock()?;
        self.marks_mut(at)?.0.hold.legal_hold = Some(on);
        Ok(Answer::Done)
    }

    pub(crate) fn get_legal_hold(&mut self, at: &At) -> Outcome {
        self.bucket(&at.bucket)?.require_lock()?;
        let standing = self.marks_mut(at)?.0.hold.legal_hold;
        standing.map(Answer::LegalHold).ok_or_else(|| "NoSuchObjectLockConfiguration".into())
    }
}

fn check_period(default: DefaultRetention) -> Result<(), Refusal> {
    let (count, max) = match (default.days, default.years) {
        (Some(days), None) => (i64::from(days), YEARS_MAX * YEAR_DAYS),
        (None, Some(years)) => (i64::from(years), YEARS_MAX),
        _ => return Err("MalformedXML".into()),
    };
    if (1..=max).contains(&count) { Ok(()) } else { Err("InvalidArgument".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(mode: RetentionMode, until: i64) -> Hold {
        Hold { retention: Some(Retention { mode, until }), legal_hold: None }
    }

    #[test]
    fn time_ends_a_retention_and_a_bypass_only_governance() {
        let (governed, complied) = (hold(RetentionMode::Governance, 10), hold(RetentionMode::Compliance, 10));
        assert!(governed.keeps(false, 9) && !governed.keeps(false, 10) && !governed.keeps(true, 9));
        assert!(complied.keeps(true, 9) && !complied.keeps(false, 10));
        assert!(Hold { legal_hold: Some(true), ..governed }.keeps(true, 99));
    }

    #[test]
    fn an_active_retention_only_grows() {
        let (governed, complied) = (hold(RetentionMode::Governance, 10), hold(RetentionMode::Compliance, 10));
        let later = |mode| Some(Retention { mode, until: 11 });
        assert!(governed.may_become(later(RetentionMode::Governance), false, 5));
        assert!(!governed.may_become(later(RetentionMode::Compliance), false, 5));
        assert!(governed.may_become(None, true, 5) && !governed.may_become(None, false, 5));
        assert!(complied.may_become(later(RetentionMode::Compliance), false, 5));
        assert!(!complied.may_become(None, true, 5) && complied.may_become(None, false, 10));
    }
}
