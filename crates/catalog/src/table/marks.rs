//! What may be put on a version after it was made, and on an upload for the version to come: tags, object lock, ACL.

use model::{Acl, DefaultRetention, Hold, Retention, RetentionMode, RetentionPeriod};

use super::bytes::{RowError, RowReader, RowWriter};

/// The first format of a row with marks.
pub(super) const FORMAT_MARKS: u8 = 2;
/// The first format of a row with ACLs.
pub(super) const FORMAT_ACL: u8 = 4;

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Marks {
    /// Keys and values, in the order of their keys.
    pub tags: Vec<(String, String)>,
    pub hold: Hold,
    /// `None`: all to the owner, nothing to others.
    pub acl: Option<Acl>,
}

impl RowWriter {
    pub(super) fn marks(&mut self, marks: &Marks) {
        self.pairs(&marks.tags);
        self.option(marks.hold.retention, |w, retention| {
            w.retention_mode(retention.mode);
            w.timestamp(retention.until);
        });
        self.option(marks.hold.legal_hold, |w, on| w.u8(u8::from(on)));
        self.option(marks.acl.as_ref(), RowWriter::acl);
    }

    pub(super) fn default_retention(&mut self, default: DefaultRetention) {
        self.retention_mode(default.mode);
        match default.period {
            RetentionPeriod::Days(days) => {
                self.u8(0);
                self.varint(u64::from(days));
            }
            RetentionPeriod::Years(years) => {
                self.u8(1);
                self.varint(u64::from(years));
            }
        }
    }

    fn retention_mode(&mut self, mode: RetentionMode) {
        self.u8(u8::from(mode == RetentionMode::Compliance));
    }
}

impl RowReader {
    /// None at all in a row of an older format.
    pub(super) fn marks(&mut self) -> Result<Marks, RowError> {
        if self.format() < FORMAT_MARKS {
            return Ok(Marks::default());
        }
        let tags = self.pairs()?;
        let retention =
            self.option(|r| Ok(Retention { mode: r.retention_mode()?, until: r.timestamp()? }))?;
        let hold = Hold { retention, legal_hold: self.option(Self::bool)? };
        let acl = if self.format() < FORMAT_ACL { None } else { self.option(Self::acl)? };
        Ok(Marks { tags, hold, acl })
    }

    pub(super) fn default_retention(&mut self) -> Result<DefaultRetention, RowError> {
        let mode = self.retention_mode()?;
        let in_years = self.bool()?;
        let count = self.varint()?;
        let count = self.legal(u32::try_from(count).ok())?;
        let period = if in_years { RetentionPeriod::Years(count) } else { RetentionPeriod::Days(count) };
        Ok(DefaultRetention { mode, period })
    }

    fn retention_mode(&mut self) -> Result<RetentionMode, RowError> {
        Ok(if self.bool()? { RetentionMode::Compliance } else { RetentionMode::Governance })
    }
}
